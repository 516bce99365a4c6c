"""One issuer that says nothing delays nobody but those who wait for it."""

import statistics
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from support import faults, jws
from support.answers import assert_unavailable
from support.federation import Federation, Member
from support.hostile_issuer import HostileIssuer
from support.issuer import DISCOVERY
from support.process import wait_until

PENDING = 30
SILENT = 10
# A lock that is shared would make some wait for three seconds, and all for the slowest of them.
P95_MAX, SLOWEST_MAX = 0.25, 1.0


@pytest.fixture(scope="module")
def federation(issuer, tmp_path_factory):
    key = jws.new_key()
    members = {"healthy": Member(HostileIssuer(key))}
    # One that many wait for, and many that a few wait for each.
    for name in ["silent", *range(SILENT)]:
        members[name] = Member(HostileIssuer(key, {DISCOVERY: faults.SILENCE}))
    members |= {f"cold {name}": Member(HostileIssuer(key)) for name in ("one", "many")}
    with Federation(tmp_path_factory.mktemp("bulkhead"), issuer, members) as running:
        yield running


@pytest.mark.parametrize(
    "silent, cold",
    [(["silent"] * PENDING, "cold one"), ([*range(SILENT)] * 3, "cold many")],
    ids=["one silent issuer", "ten silent issuers"],
)
def test_a_silent_issuer_delays_nobody_else(federation, silent, cold, capsys):
    assert federation.ask("healthy").status == 200
    tokens, own = [federation.token(name) for name in silent], []
    done = Event()

    def keep_asking():
        while not done.is_set():
            own.append(federation.try_token(federation.token("healthy")))

    with ThreadPoolExecutor(len(tokens)) as crowd, ThreadPoolExecutor(2) as others:
        pending = [crowd.submit(federation.try_token, token) for token in tokens]
        wait_until(lambda: all(federation.members[name].issuer.requests for name in silent), 2, "all are asked")
        asking = [others.submit(keep_asking) for _ in range(2)]
        first, first_seconds = federation.try_token(federation.token(cold))
        waited = [future.result() for future in pending]
        done.set()
        assert all(future.result() is None for future in asking)

    show(capsys, own, waited, first_seconds)
    assert {answer.status for answer, _ in own} == {200}
    assert quantile95(own) < P95_MAX
    assert max(seconds for _, seconds in own) < SLOWEST_MAX
    assert (first.status, first_seconds < SLOWEST_MAX) == (200, True), "another's first fetch is no slower"
    for answer, seconds in waited:
        assert_unavailable(answer)
        assert 2 < seconds < 3.8
    for name in silent:
        assert federation.members[name].issuer.requests == [DISCOVERY]
        assert federation.members[name].issuer.connections() == 1


def quantile95(answers):
    return statistics.quantiles([seconds for _, seconds in answers], n=20)[-1]


def show(capsys, own, waited, first):
    slowest, longest = (max(seconds for _, seconds in some) for some in (own, waited))
    with capsys.disabled():
        print(f"\n  {len(own)} healthy: p95 {quantile95(own) * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms;")
        print(f"  a first fetch {first * 1000:.0f} ms; {len(waited)} pending, longest {longest:.2f} s")
