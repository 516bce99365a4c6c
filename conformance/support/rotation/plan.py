"""What one run does, and the durations that the server is configured with."""

from dataclasses import asdict, dataclass

from support.rotation.verifiers import Kind

KEEPS_REFETCHING = 4  # times verifier_cache: such clients keep a set for long, as they fetch it when they must
KEEPS_TOO_LONG = 10
VERIFIERS_A_KIND = 4  # each with a copy of another age
BOUND_ON_ORDER_S = 20

# When operators give their orders, as parts of the run; all other rotations come by themselves.
ORDERS = [("rotate", 0.35), ("compromise", 0.6), ("rotate", 0.8)]


@dataclass(frozen=True)
class Plan:
    """All durations in seconds; `rate` is exchanges a second."""

    rate: int = 50
    seconds: int = 60
    replicas: int = 1
    rotation_period: int = 6
    publish_ahead: int = 3
    verifier_cache: int = 2
    leeway: int = 1

    @property
    def ttl_max(self):
        """So long that a token lives while each kind replaces its copy of the key set."""
        return KEEPS_REFETCHING * self.verifier_cache

    @property
    def replica_delay(self):
        """How long until a replica has looked at the key ring again, at most; a single server need not look."""
        return max(1, (self.verifier_cache + self.leeway) // 4) if self.replicas > 1 else 0

    def configuration(self):
        keys = {name: f"{getattr(self, name)}s" for name in ("rotation_period", "publish_ahead", "verifier_cache")}
        members = ", ".join(f"{name}: {value}" for name, value in keys.items())
        return f"keys: {{{members}}}\ntokens: {{ttl_max: {self.ttl_max}s, leeway: {self.leeway}s}}\n"

    def kinds(self):
        """The kinds of verifier that must never fail."""
        cache = self.verifier_cache
        return [
            Kind("honours max-age", keeps_s=None, longest_s=cache),
            Kind("refetches on an unknown kid", KEEPS_REFETCHING * cache, KEEPS_REFETCHING * cache, refetches_s=cache),
            Kind("fixed cache", cache, cache),
        ]

    def too_long(self):
        """The kind that breaks what it was told, and must fail: what shows that this run can."""
        keeps = KEEPS_TOO_LONG * self.verifier_cache
        return Kind("keeps the key set for longer than told", keeps, keeps)

    def members(self):
        return {**asdict(self), "ttl_max": self.ttl_max}
