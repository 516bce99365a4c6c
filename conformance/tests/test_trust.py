"""What operators see of other people's keys."""

import json

import pytest

from support import http
from support.issuer import Issuer
from support.process import run
from support.server import Server


def listed(server):
    shown = run("trust", "list", "--config", server.config, "--json")
    assert shown.returncode == 0, shown.stderr
    return {row["trust_bundle"]: row for row in map(json.loads, shown.stdout.splitlines())}


def metric(server, name):
    """The value of a series of the one trust bundle."""
    text = http.get(server.metrics + "/metrics").body.decode()
    line = f'sts_{name}{{trust_bundle="github-actions"'
    values = [row.rsplit(" ", 1)[1] for row in text.splitlines() if row.startswith(line)]
    return [float(value) for value in values]


def test_trust_list_follows_the_state_of_a_key_set(tmp_path):
    with Issuer() as issuer, Server(tmp_path, issuer) as server:
        before = listed(server)["github-actions"]
        assert (before["issuer"], before["key_set"]["state"]) == (issuer.url, "not_asked")
        assert issuer.connections == 0, "looking contacts nobody"
        assert metric(server, "key_set_keys") == []
        assert server.exchange().status == 200
        after = listed(server)["github-actions"]["key_set"]
        assert (after["state"], after["keys"]) == ("fresh", ["conformance-1"])
        assert after["source"] == issuer.url + "/jwks"
        assert 140 < after["refresh_in"] < 240
        assert (metric(server, "key_set_keys"), metric(server, "key_set_fetch_failing")) == ([1], [0])
        assert metric(server, "key_set_fetches_total") == [1, 0]


def test_a_failing_issuer_is_seen_before_its_tokens_fail(tmp_path):
    with Issuer() as issuer:
        gone = Server(tmp_path, issuer)
        token = issuer.mint(gone.url)
    with gone as server:
        assert server.exchange(token).status == 503
        state = listed(server)["github-actions"]["key_set"]
        assert (state["state"], state["failures"]) == ("unavailable", 1)
        assert issuer.url in state["fault"]
        assert metric(server, "key_set_fetch_failing") == [1]


def test_a_bundle_that_the_server_has_not_loaded_is_named(server):
    bundle = server.folder / "trust-bundles/github-actions/bundle.yaml"
    new = bundle.read_text().replace("name: github-actions", "name: later")
    new = new.replace(f"issuer: {server.issuer.url}", "issuer: http://127.0.0.1:1")
    later = server.folder / "trust-bundles/later.yaml"
    later.write_text(new)
    shown = run("trust", "list", "--config", server.config)
    later.unlink()
    assert "later is not loaded by the running server" in shown.stderr
    assert "later" not in run("trust", "list", "--config", server.config).stderr


def test_trust_list_is_an_entry_and_speaks_to_people(server):
    assert server.exchange().status == 200
    shown = run("trust", "list", "--config", server.config)
    assert "key set   fresh: 1 key, fetched" in shown.stdout, shown.stdout
    assert [row["action"] for row in server.ledger() if row["kind"] == "admin"][0] == "trust.list"


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["people", "json"])
def test_trust_list_without_a_server_shows_the_documents_and_says_so(issuer, tmp_path, form):
    stopped = Server(tmp_path, issuer)
    shown = run("trust", "list", "--config", stopped.config, *form)
    assert shown.returncode == 0
    assert issuer.url in shown.stdout
    assert "no server answers" in shown.stderr
