"""What operators do during a run, by the commands that they have."""

import json
import time
from threading import Event, Thread

from support import jws
from support.process import run, wait_until
from support.rotation.judge import Compromise
from support.rotation.plan import BOUND_ON_ORDER_S, ORDERS

PROBE_EVERY_S = 0.05
TOO_SHORT = "the load ended before every order was given: make it longer"


class Orders(Thread):
    """Gives each order when its time has come and verifiers know the next key."""

    def __init__(self, plan, server, traffic, panel, judge):
        super().__init__()
        self._plan, self._server, self._traffic = plan, server, traffic
        self._panel, self._judge, self._over = panel, judge, Event()
        self.given, self.ended_by, self.fault = [], {}, None
        self._probing = None

    def keys(self, *arguments):
        return run("keys", *arguments, "--json", "--config", self._server.config)

    def listed(self):
        """Every key that there was."""
        done = self.keys("list", "--all")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def finish(self):
        """Waits for what is under way, and raises what went wrong."""
        self._over.set()
        self.join()
        if self._probing:
            self._probing.join()
        if self.fault:
            raise self.fault
        assert len(self.given) == len(ORDERS), TOO_SHORT

    def run(self):
        start = time.monotonic()
        try:
            for order, part in ORDERS:
                if self._over.wait(start + part * self._plan.seconds - time.monotonic()):
                    return
                getattr(self, f"_{order}")()
        except Exception as fault:  # raised by `finish`
            self.fault = fault

    def _until(self, possible):
        def now():
            assert not self._over.is_set(), TOO_SHORT
            return possible()

        return wait_until(now, BOUND_ON_ORDER_S, "verifiers know the next key")

    def _rotate(self):
        def rotated():
            return self.keys("rotate", "--reason", "drill", "--yes").returncode == 0

        self._until(rotated)
        self.given.append({"order": "rotate", "at": time.time()})

    def _compromise(self):
        kid = self._until(self._replaceable)
        self._judge.compromise = Compromise(kid, time.time())
        done = self.keys("compromise", kid, "--reason", "drill", "--yes")
        assert done.returncode == 0, done.stderr
        answered = time.time()
        self._judge.compromise.answered = answered
        told = json.loads(done.stdout)
        live = len(told["live_tokens"])
        self.given.append({"order": "compromise", "at": answered, "kid": kid, "live_tokens": live})
        self._probing = Thread(target=self._probe, args=[self._traffic.last[kid]])
        self._probing.start()

    def _replaceable(self):
        """The key that signs, once it did and verifiers know the one that would take its place."""
        (kid,) = [key["kid"] for key in self.listed() if key["state"] == "active"]
        shown = self.keys("compromise", kid, "--reason", "drill")
        told = json.loads(shown.stdout) if shown.stdout else {"unknown_until": True}
        replaces = [change for change in told.get("changes", []) if "signs_from" in change]
        return kid if kid in self._traffic.last and replaces and told["unknown_until"] is None else None

    def _probe(self, token):
        """Shows a token of the key that was taken out to every verifier until each refuses it."""
        exp, left, pause = jws.decode(token)[1]["exp"], self._panel.all(), Event()
        while left and time.time() < exp:
            left = [verifier for verifier in left if not self._judge.check(verifier, token, "probe")]
            pause.wait(PROBE_EVERY_S)
        for kind, verifiers in self._panel.of.items():
            self.ended_by[kind] = "the end of the token" if set(verifiers) & set(left) else "a fresh key set"
