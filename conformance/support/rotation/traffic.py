"""Exchanges at a steady rate, whose tokens are checked at once and shortly before they end."""

import heapq
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from threading import Condition, Event, Thread

from support import jws

WORKERS = 16
BEFORE_EXP_S = 0.1
SPREAD = 10  # tokens of one second end at once: so many different moments before that
SPREAD_S = 0.05


@dataclass(frozen=True)
class Exchange:
    """`begin` and `end` by the clock; `late_s` is how long after it was due it was sent."""

    begin: float
    end: float
    late_s: float
    kid: str | None
    refusal: str | None


class SecondChecks(Thread):
    """Checks each token again when it is about to end."""

    def __init__(self, check):
        super().__init__()
        self._check, self._changed, self._waiting, self._closed = check, Condition(), [], False
        self.too_late = 0  # that ended before their turn came: they prove nothing

    def add(self, token, number):
        exp = jws.decode(token)[1]["exp"]
        with self._changed:
            heapq.heappush(self._waiting, (exp - BEFORE_EXP_S - number % SPREAD * SPREAD_S, number, exp, token))
            self._changed.notify()

    def close(self):
        """No more will come; those that wait are still checked."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.join()

    def run(self):
        while (item := self._next()) is not None:
            _, number, exp, token = item
            self.too_late += time.time() > exp
            self._check(token, number + 1, "before exp")

    def _next(self):
        with self._changed:
            while not self._closed or self._waiting:
                left = self._waiting[0][0] - time.time() if self._waiting else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._waiting)
                self._changed.wait(left)
        return None


class Traffic:
    """The load. `last` is the newest token of each key."""

    def __init__(self, plan, servers, panel, judge):
        self._plan, self._servers, self._panel, self._judge = plan, servers, panel, judge
        self._second = SecondChecks(self._check)
        self.exchanges, self.last = [], {}

    @property
    def too_late(self):
        return self._second.too_late

    def run(self):
        """All of it; returns when the last token was checked for the second time."""
        self._second.start()
        pause, start = Event(), time.monotonic()
        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                done = []
                for number in range(self._plan.rate * self._plan.seconds):
                    due = start + number / self._plan.rate
                    pause.wait(max(0.0, due - time.monotonic()))
                    done.append(pool.submit(self._one, number, due))
            self.exchanges = [future.result() for future in done]
        finally:
            self._second.close()

    def _check(self, token, number, when):
        for verifier in self._panel.some(number):
            self._judge.check(verifier, token, when)

    def _one(self, number, due):
        server = self._servers[number % len(self._servers)]
        subject = server.mint()
        late_s, begin = time.monotonic() - due, time.time()
        try:
            answer = server.exchange(subject)
        except (OSError, HTTPException) as fault:
            return Exchange(begin, time.time(), late_s, None, repr(fault))
        end = time.time()
        if answer.status != 200:
            return Exchange(begin, end, late_s, None, f"{answer.status} {answer.reason}")
        kid = jws.decode(answer.token)[0]["kid"]
        self.last[kid] = answer.token
        self._check(answer.token, number, "at once")
        self._second.add(answer.token, number)
        return Exchange(begin, end, late_s, kid, None)
