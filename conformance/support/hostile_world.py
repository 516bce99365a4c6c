"""Everything an issuer can do wrongly, done to one server at once.

A failed fetch is followed by a cool-down of ten seconds, so all that is hostile happens before
one wait and all that must be well again is asked after it: the waiting is done once.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from support import jws
from support.answers import assert_token_rejected, assert_unavailable
from support.federation import BY_DISCOVERY, Federation, Member, Outcome
from support.hostile_cases import ACCEPTED, BOTH_LATE, LISTED, REDIRECTS, REFUSED
from support.hostile_cases import SLOW, TURNED_SECRET, TURNS, UNLISTED, WRONG
from support.hostile_issuer import HostileIssuer
from support.issuer import KEYS
from support.process import wait_until
from support.weak_keys import SOUND, WEAK


@dataclass(frozen=True)
class Turn:
    """An unknown kid made the server ask an issuer that had turned: what else it answered."""

    unknown: Outcome
    meanwhile: Outcome
    afterwards: Outcome


class HostileWorld(Federation):
    """The hostile phase is over once it runs; `cool_down` ends the wait and begins the next."""

    def __init__(self, folder, issuer):
        self.key = jws.new_key()
        self.canary, self.publisher = HostileIssuer(self.key), HostileIssuer(self.key)
        self.canary.file = folder / "keys.json"
        self.odd_keys = {name: make() for name, make in {**WEAK, **SOUND}.items()}
        self.turning = [*TURNS, *TURNED_SECRET]
        self.steady = [f"then {name}" for name in self.turning] + ["rotating", "missed", "storm"]
        self.outcomes, self.turns, self.early = {}, {}, {}
        super().__init__(folder, issuer, self._members())
        self.bystanders = [self.canary, self.publisher]
        self.canary.file.write_bytes(jws.encode(self.canary.documents()[KEYS]))

    def _members(self):
        cases = {**SLOW, "both late": BOTH_LATE, **REFUSED, **ACCEPTED, **dict.fromkeys(self.steady)}
        cases["clock"] = WRONG["discovery: status 500"]
        members = {name: self._member(case) for name, case in cases.items()}
        for name, (lie, more) in {**LISTED, **UNLISTED}.items():
            keys = f"{{discovery: true, {more}}}"
            members[name] = self._member(REFUSED[f"discovery: {lie}"], keys, self.publisher)
        for name, key in self.odd_keys.items():
            members[name] = self._member()
            members[name].issuer.published += [key.jwk("odd")]
        return members

    def _member(self, case=None, keys=BY_DISCOVERY, canary=None):
        issuer = HostileIssuer(self.key, case)
        issuer.canary = canary or self.canary
        return Member(issuer, keys)

    def __enter__(self):
        super().__enter__()
        try:
            self._be_hostile()
        except BaseException as failure:
            self.__exit__(type(failure), failure, None)
            raise
        return self

    def _be_hostile(self):
        slow = [*SLOW, "both late"]
        swift = [*WRONG, *REDIRECTS, *ACCEPTED, *LISTED, *UNLISTED]
        with ThreadPoolExecutor(len(slow)) as pool:
            running = {name: pool.submit(self.observe, name) for name in slow}
            self.outcomes = {name: self.observe(name) for name in swift}
            self.outcomes |= {name: outcome.result() for name, outcome in running.items()}
        # Before the clock is set: whoever is asked again unbidden is good by then.
        for name in [*REFUSED, "both late"]:
            self.issuer_of(name).behave()
        for name in self.steady:
            assert self.ask(name).status == 200, name
        self._rotate()
        # Last of all, so that its cool-down is the last to end.
        assert_unavailable(self.ask("clock"))
        self.issuer_of("clock").behave()

    def _rotate(self):
        """One issuer signs with a new key at once; of another, junk was asked for before that."""
        assert_token_rejected(self.ask("missed", headers={"kid": "junk"}))
        for name in ("rotating", "missed"):
            self.issuer_of(name).published = [jws.public_jwk(self.key, "new")]
            self.early[name] = self.observe(name, headers={"kid": "new"})

    def issuer_of(self, name):
        return self.members[name].issuer

    def cool_down(self):
        """Waits until the issuer that was asked last may be asked again; then all others may."""
        for name in self.turning:
            self.issuer_of(f"then {name}").faults = REFUSED[name]
        wait_until(self._clock_has_struck, 15, "an issuer that failed is asked again")
        with ThreadPoolExecutor(4) as pool:
            self.turns = dict(zip(self.turning, pool.map(self._turn, self.turning), strict=True))

    def _clock_has_struck(self):
        return self.ask("clock").status == 200

    def _turn(self, name):
        name = f"then {name}"
        with ThreadPoolExecutor(1) as pool:
            unknown = pool.submit(self.observe, name, headers={"kid": "unknown"})
            meanwhile = self.observe(name)
            return Turn(unknown.result(), meanwhile, self.observe(name))
