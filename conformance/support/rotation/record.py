"""What a run has shown, as one JSON document. Times in it are seconds since the first exchange."""

import os
import platform
from collections import Counter
from datetime import UTC, datetime

from support.process import run
from support.rotation.judge import EXAMPLES
from support.rotation.plan import VERIFIERS_A_KIND


def percentile(ordered, part):
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None


def in_ms(seconds):
    return None if seconds is None else round(seconds * 1000, 2)


class Record:
    """Built when all is over."""

    def __init__(self, plan, traffic, panel, judge, orders, ledger):
        self._plan, self._traffic, self._panel, self._judge = plan, traffic, panel, judge
        self._orders, self._ledger, self._keys = orders, ledger, orders.listed()
        self._start = min(exchange.begin for exchange in traffic.exchanges)
        self._end = max(exchange.end for exchange in traffic.exchanges)
        told = {kind.name for kind in plan.kinds()}
        self._failures = [one for one in judge.failures if one["verifier"] in told]

    def members(self):
        too_long = self._plan.too_long()
        return {
            "proof": "rotation under load",
            "at": datetime.fromtimestamp(self._start, UTC).isoformat(timespec="seconds"),
            "subject": run("--version").stdout.strip(),
            "host": host(),
            "plan": {**self._plan.members(), "verifiers_a_kind": VERIFIERS_A_KIND},
            "failures": sum(self._judge.tallies[kind].faults.total() for kind in self._plan.kinds()),
            "verifiers": {kind.name: self._verifier(kind) for kind in self._plan.kinds()},
            "counter_proof": {too_long.name: self._verifier(too_long)},
            "failed_checks": [{**one, "at": self._since(one["at"])} for one in self._failures[:EXAMPLES]],
            "exchanges": self._exchanges(),
            "rotations": self._rotations(),
            "compromise": self._compromise(),
            "keys": [self._key(key) for key in self._keys if self._since(key["created_at"]) < self._since(self._end)],
            "per_second": self._per_second(),
        }

    def _since(self, moment):
        """A time of ours, or one that the server wrote."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment).timestamp()
        return None if moment is None else round(moment - self._start, 3)

    def _verifier(self, kind):
        tally, verifiers = self._judge.tallies[kind], self._panel.of[kind]
        slowest = max(verifier.longest_fetch_s for verifier in verifiers)
        return {
            "accepted": dict(tally.accepted),
            "failed": tally.faults.total(),
            "faults": dict(tally.faults),
            "key_set_fetches": sum(verifier.fetches for verifier in verifiers),
            "compromised_key": {
                "refused": tally.compromised_refused,
                "accepted": tally.compromised_accepted,
                "accepted_for_s": round(tally.compromised_accepted_for_s, 3),
                "bound_s": round(kind.longest_s + self._plan.replica_delay + slowest, 3),
                "ended_by": self._orders.ended_by.get(kind),
            },
        }

    def _exchanges(self):
        made = self._traffic.exchanges
        times = sorted(one.end - one.begin for one in made)
        return {
            "answered": sum(one.kid is not None for one in made),
            "refused": dict(Counter(one.refusal for one in made if one.refusal)),
            "latency_ms": {
                "p50": in_ms(percentile(times, 0.5)),
                "p99": in_ms(percentile(times, 0.99)),
                "max": in_ms(times[-1]),
            },
            "sent_late_ms_max": in_ms(max(one.late_s for one in made)),
            "second_checks_after_exp": self._traffic.too_late,
        }

    def _rotations(self):
        """Every time another key began to sign during the load, and why."""
        ordered = {entry["kid"] for entry in self._ledger if entry.get("event") == "rotated"}
        replaced = {
            change["kid"]
            for entry in self._ledger
            if entry.get("event") == "compromised"
            for change in entry["changes"]
            if "signs_from" in change
        }
        rows = []
        for key in self._keys:
            at = self._since(key["signs_from"])
            if key["slot"] > 0 and at <= self._since(self._end):
                why = "compromise" if key["kid"] in replaced else "order" if key["kid"] in ordered else "schedule"
                rows.append({"at": at, "kid": key["kid"], "why": why})
        return rows

    def _compromise(self):
        """`signed_after` counts tokens of the key whose exchange began after the order was answered."""
        (given,) = [one for one in self._orders.given if one["order"] == "compromise"]
        after = [one for one in self._traffic.exchanges if one.kid == given["kid"] and one.begin > given["at"]]
        members = {name: given[name] for name in ("kid", "live_tokens")}
        return {"at": self._since(given["at"]), **members, "signed_after": len(after)}

    def _key(self, key):
        signed = sum(one.kid == key["kid"] for one in self._traffic.exchanges)
        names = {"created_at": "published_from"}
        times = ("created_at", "signs_from", "signs_until", "published_until", "revoked_at")
        return {"kid": key["kid"], "signed": signed, **{names.get(name, name): self._since(key[name]) for name in times}}

    def _per_second(self):
        """Answers and failed checks in each second of the run."""
        answers = Counter(int(self._since(one.end)) for one in self._traffic.exchanges if one.kid)
        failed = Counter(int(self._since(one["at"])) for one in self._failures)
        seconds = range(max([*answers, *failed]) + 1)
        series = {"exchanges": answers, "failures": failed}
        return {name: [counted[second] for second in seconds] for name, counted in series.items()}


def host():
    """What figures of time depend on."""
    return {
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "cpus": os.cpu_count(),
        "load_average_at_end": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
    }
