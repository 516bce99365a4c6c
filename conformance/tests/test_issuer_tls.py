"""Outside development: whom an issuer's certificate must come from, and what TLS it must speak."""

import pytest

from support import production as cases
from support.answers import assert_unavailable
from support.certificates import speaks


@pytest.fixture(scope="module")
def outcomes(production):
    production.ask_the_untrusted()
    return production.outcomes


@pytest.mark.parametrize("name", cases.UNTRUSTED)
def test_an_issuer_with_a_bad_certificate_is_asked_nothing(outcomes, name):
    assert_asked_nothing(outcomes[name])


@pytest.mark.parametrize("name", cases.NO_TLS)
def test_a_handshake_that_never_ends_ends_within_the_bound(outcomes, name):
    assert_asked_nothing(outcomes[name])


def assert_asked_nothing(outcome):
    assert_unavailable(outcome.answer)
    assert (outcome.connections, outcome.requests) == (1, [])
    assert outcome.seconds < 3.8


@pytest.mark.parametrize("authority", ["ours", "public"])
def test_only_the_authority_of_the_bundle_vouches_for_an_issuer(production, authority):
    issuer = production.members["authority theirs"].issuer
    asked = len(issuer.requests)
    assert_unavailable(production.ask(f"authority {authority}"))
    assert len(issuer.requests) == asked
    assert production.ask("authority theirs").status == 200


@pytest.mark.parametrize("version", cases.VERSIONS)
def test_tls_of_today_is_spoken(production, version):
    assert production.ask(version).status == 200


def test_tls_of_yesterday_is_not_spoken(production):
    issuer = production.members["1.1"].issuer
    if not speaks(("127.0.0.1", issuer.port), cases.OLD):
        pytest.skip("no TLS 1.1 is offered here")
    assert_unavailable(production.ask("1.1"))
    assert issuer.requests == []


