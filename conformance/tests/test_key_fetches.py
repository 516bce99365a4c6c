"""Many ask at once, and issuers share what they can: each is asked once, and vouches for itself."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from threading import Barrier

import pytest

from support import faults, jws
from support.answers import assert_token_rejected, assert_unavailable
from support.federation import Federation, Member
from support.hostile_issuer import HostileIssuer
from support.issuer import DISCOVERY, KEYS

CROWD = 100
# Who is named, and whose key signs. Issuer, kid, audience and claims are alike in all else.
ARRIVALS = [("A", "A"), ("A", "B"), ("B", "B"), ("B", "A")]
ORDERS = list(permutations(ARRIVALS))


@pytest.fixture(scope="module")
def issuers(issuer, tmp_path_factory):
    """For each order of arrival two issuers whose keys have one kid, and some for crowds."""
    keys = {"A": jws.new_key(), "B": jws.new_key()}
    orders = [*ORDERS, "at once"]
    members = {(name, order): Member(HostileIssuer(key)) for order in orders for name, key in keys.items()}
    late = {DISCOVERY: faults.late(0.3), KEYS: faults.late(0.3)}
    members |= {"late": Member(HostileIssuer(keys["A"], late)), "swift": Member(HostileIssuer(keys["A"]))}
    members["failing"] = Member(HostileIssuer(keys["A"], {DISCOVERY: faults.says(status=500)}))
    with Federation(tmp_path_factory.mktemp("issuers"), issuer, members) as running:
        yield running, keys


def judge(issuers, order, named, signs):
    """Each is believed under its own key, and refused under the other's."""
    federation, keys = issuers
    answer = federation.ask((named, order), key=keys[signs])
    if named == signs:
        assert answer.status == 200, answer.body
    else:
        assert_token_rejected(answer)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join("".join(pair) for pair in order))
def test_an_issuer_vouches_for_itself_alone_whoever_comes_first(issuers, order):
    for named, signs in order:
        judge(issuers, order, named, signs)
    federation, _ = issuers
    for name in "AB":
        assert federation.members[name, order].issuer.requests == [DISCOVERY, KEYS]


def test_an_issuer_vouches_for_itself_alone_when_all_come_at_once(issuers):
    crowd = ARRIVALS * 10
    together = Barrier(len(crowd))

    def arrive(pair):
        together.wait(10)
        judge(issuers, "at once", *pair)

    with ThreadPoolExecutor(len(crowd)) as pool:
        assert len(list(pool.map(arrive, crowd))) == len(crowd)


def crowd_answers(federation, name):
    together = Barrier(CROWD)
    tokens = [federation.token(name) for _ in range(CROWD)]

    def arrive(token):
        together.wait(10)
        return federation.try_token(token)

    with ThreadPoolExecutor(CROWD) as pool:
        return [answer for answer, _ in pool.map(arrive, tokens)]


@pytest.mark.parametrize("name", ["late", "swift"])
def test_a_crowd_at_a_cold_start_causes_one_request_for_each_document(issuers, name):
    federation, _ = issuers
    assert {answer.status for answer in crowd_answers(federation, name)} == {200}
    issuer = federation.members[name].issuer
    assert issuer.requests == [DISCOVERY, KEYS]
    assert issuer.connections() == 2


def test_a_crowd_at_an_issuer_that_fails_does_not_keep_asking_it(issuers):
    federation, _ = issuers
    for answer in crowd_answers(federation, "failing"):
        assert_unavailable(answer)
    assert federation.members["failing"].issuer.connections() == 1
