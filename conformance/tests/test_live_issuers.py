"""Real issuers, found through discovery: their tokens, the rotation of their keys, their outages."""

import jwt
import pytest

from support.answers import assert_refused
from support.http import DEPLOY
from support.keycloak import Keycloak
from support.live import OTHER, trusting
from support.openbao import OpenBao
from support.process import wait_until
from support.verifier import verify_with_pyjwt

COOL_DOWN = 10  # seconds after a fetch that failed before the next
REJECTED = (400, "invalid_request", "subject_token_rejected")


@pytest.fixture(scope="module", autouse=True)
def launched_keycloak(tmp_path_factory):
    """It takes its time to start, which the tests over OpenBao use."""
    with Keycloak(tmp_path_factory.mktemp("keycloak")) as launched:
        yield launched


@pytest.fixture(scope="module")
def keycloak(launched_keycloak):
    launched_keycloak.ready()
    return launched_keycloak


@pytest.fixture(scope="module")
def openbao(tmp_path_factory):
    with OpenBao(tmp_path_factory.mktemp("openbao")) as launched:
        launched.ready()
        yield launched


@pytest.fixture(scope="module", params=["openbao", "keycloak"])
def live(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def other(live, keycloak, openbao):
    """The live issuer that the server does not trust."""
    return openbao if live is keycloak else keycloak


@pytest.fixture
def server(live, issuer, tmp_path):
    with trusting(live, tmp_path / "sts", issuer) as running:
        yield running


def kid(token):
    return jwt.get_unverified_header(token)["kid"]


def assert_exchanged(server, *tokens):
    for token in tokens:
        answer = server.exchange(token)
        assert answer.status == 200, answer.body


def test_a_token_made_for_us_is_exchanged_and_one_made_for_others_is_not(live, server):
    minted = server.exchange(live.mint(server.url)).token
    assert verify_with_pyjwt(server, minted, DEPLOY)["sub"] == f"live:{live.workload}"
    assert_refused(server.exchange(live.mint(OTHER)), *REJECTED)


def test_no_exchange_fails_while_the_issuer_rotates_its_key(live, server):
    before = [live.mint(server.url), live.mint(server.url)]
    assert_exchanged(server, live.mint(server.url))
    live.rotate()
    after = [live.mint(server.url), live.mint(server.url)]
    assert {kid(token) for token in before}.isdisjoint(kid(token) for token in after)
    assert_exchanged(server, before[0], after[0], before[1], after[1])


def test_an_outage_of_the_issuer_ends_no_exchange_by_known_keys_and_needs_no_restart(live, server):
    known = [live.mint(server.url), live.mint(server.url)]
    assert_exchanged(server, live.mint(server.url))
    live.rotate()
    live.rotate()  # twice: the first of these keys may have been published ahead
    unknown = live.mint(server.url)
    assert kid(unknown) not in {kid(token) for token in known}
    with live.outage():
        assert_exchanged(server, known[0])
        refused = server.exchange(unknown)
        assert (refused.status, refused.reason) == (503, "unavailable")
        assert refused.json()["retryable"] is True and int(refused.headers["Retry-After"]) > 0
        assert_exchanged(server, known[1])

    def known_at_last():
        answer = server.exchange(unknown)
        assert answer.status == 200 or answer.reason == "unavailable", answer.body
        return answer.status == 200

    wait_until(known_at_last, COOL_DOWN + 5, "the key set is fetched again")
    assert_exchanged(server, live.mint(server.url))


def test_a_token_of_an_issuer_that_no_bundle_names_is_refused(live, other, server):
    assert_refused(server.exchange(other.mint(server.url)), *REJECTED)
    assert_exchanged(server, live.mint(server.url))


@pytest.mark.parametrize("whose", ["own", "other"])
def test_a_token_verifies_by_the_key_set_of_its_own_issuer_only(live, other, whose, issuer, tmp_path):
    source = {"own": live, "other": other}[whose].jwks_uri()
    with trusting(live, tmp_path / whose, issuer, f'jwks_uri: "{source}"') as server:
        answer = server.exchange(live.mint(server.url))
        if whose == "own":
            assert answer.status == 200, answer.body
        else:
            assert_refused(answer, *REJECTED)
