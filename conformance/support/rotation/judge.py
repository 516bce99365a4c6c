"""What the checks of all verifiers add up to."""

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from support import jws
from support.rotation.verifiers import UNKNOWN_KEY

EXAMPLES = 20  # failures that a record spells out


@dataclass
class Compromise:
    """Times of this machine's clock, in seconds since the epoch."""

    kid: str
    ordered: float
    answered: float | None = None


@dataclass
class Tally:
    """Of one kind of verifier."""

    accepted: Counter = field(default_factory=Counter)  # by "at once", "before exp", "probe"
    faults: Counter = field(default_factory=Counter)  # by why the token was refused
    compromised_accepted: int = 0
    compromised_refused: int = 0
    compromised_accepted_for_s: float = 0.0


class Judge:
    """Tells failures from what must be refused. Any thread may call it."""

    def __init__(self, kinds):
        self._lock, self.compromise = Lock(), None
        self.tallies = {kind: Tally() for kind in kinds}
        self.failures = []

    def check(self, verifier, token, when):
        """Has one verifier check one token; says why that was refused."""
        begin = time.time()
        fault = verifier.check(token)
        kid = jws.decode(token)[0]["kid"]
        with self._lock:
            self._count(self.tallies[verifier.kind], verifier.kind, kid, when, begin, fault)
        return fault

    def _count(self, tally, kind, kid, when, begin, fault):
        compromise = self.compromise
        after = compromise is not None and kid == compromise.kid
        if fault is None:
            tally.accepted[when] += 1
            if after and compromise.answered is not None and begin > compromise.answered:
                tally.compromised_accepted += 1
                accepted_for = begin - compromise.answered
                tally.compromised_accepted_for_s = max(tally.compromised_accepted_for_s, accepted_for)
        elif after and fault == UNKNOWN_KEY:
            tally.compromised_refused += 1
        else:
            tally.faults[fault] += 1
            self.failures.append({"at": begin, "verifier": kind.name, "kid": kid, "when": when, "fault": fault})
