"""Outside development: which addresses an issuer and its keys may have."""

import pytest

from support import production as cases
from support.answers import assert_unavailable
from support.federation import Federation
from support.issuer import DISCOVERY, KEYS, Identity


@pytest.mark.parametrize("name", cases.HOSTS)
def test_an_issuer_within_our_network_is_reached_only_where_its_bundle_lists_the_network(production, name):
    refused = production.observe(name)
    assert_unavailable(refused.answer)
    assert (refused.connections, refused.seconds < 1) == (0, True)
    accepted = production.observe(f"{name}, opened")
    assert accepted.answer.status == 200, accepted.answer.body
    assert (accepted.connections, accepted.requests) == (2, [DISCOVERY, KEYS])


def test_keys_lie_within_the_listed_network_too(production):
    elsewhere = production.elsewhere
    assert_unavailable(production.ask("keys elsewhere"))
    assert elsewhere.connections() == 0
    assert production.ask("keys elsewhere, opened").status == 200
    assert elsewhere.requests == [KEYS]


def test_keys_are_not_fetched_in_the_clear(production):
    assert_unavailable(production.ask("keys by plain http"))
    assert production.plain.connections() == 0


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://192.0.2.1"])
def test_an_issuer_in_the_clear_is_refused_at_load(tmp_path, url):
    """In development, which all other tests run in, loopback may be in the clear."""
    refused = Federation(tmp_path, Identity(url, None), {}).in_production().launch()
    assert refused.wait() == 2
    assert "the issuer is plain http" in refused.output()


def test_in_development_an_issuer_in_the_clear_is_on_loopback(tmp_path):
    refused = Federation(tmp_path, Identity("http://192.0.2.1", None), {}).launch()
    assert refused.wait() == 2
    assert "the issuer is plain http" in refused.output()
