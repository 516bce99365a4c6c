"""Adding an issuer, and pinning the keys of one that cannot be reached."""

import json

import pytest

from support import documents, jws
from support.issuer import KID, Issuer
from support.process import run
from support.server import Server


@pytest.fixture
def stopped(issuer, tmp_path):
    """A configuration folder without a server."""
    return Server(tmp_path, issuer)


def trust(server, *arguments, stdin=""):
    return run("trust", *arguments, "--config", server.config, stdin=stdin)


def bundle_file(server, name):
    return server.folder / "trust-bundles" / name / "bundle.yaml"


def is_sound(server):
    return run("policy", "check", "--config", server.config).returncode == 0


def test_an_issuer_is_added_after_its_own_keys_and_one_of_its_tokens(stopped):
    with Issuer() as other:
        sample = other.mint(stopped.url, {"groups": ["a"], "email": "a@b.example"})
        added = trust(stopped, "add", other.url, "--name", "own", "--token-sample", "-", stdin=sample)
        assert added.returncode == 0, added.stderr
        assert other.requests == ["/.well-known/openid-configuration", "/jwks"]
        assert "RS256    conformance-1" in added.stdout
        text = bundle_file(stopped, "own").read_text()
        assert f'issuer: "{other.url}"' in text and "algorithms: [RS256]" in text
        assert "repository_id: {type: string}" in text
        assert "groups: {type: list, items: string, max: 64}" in text
        assert "email: {type: string, sensitive: true}" in text
        assert is_sound(stopped)
        assert trust(stopped, "check", "own").returncode == 0


def test_a_token_of_an_added_issuer_is_exchanged(tmp_path):
    with Issuer() as first, Issuer() as other:
        server = Server(tmp_path, first)
        flags = ["--like", "github-actions", "--name", "own", "--admit", "repository_owner_id=65"]
        assert trust(server, "add", other.url, *flags).returncode == 0
        policy = documents.DEPLOY_PROD.replace("bundle: github-actions", "bundle: own")
        policy = policy.replace("name: shop-deploy-prod", "name: own").split("tests:")[0]
        documents.write(server.folder, {"policies/shop/own.yaml": policy})
        with server:
            assert server.exchange(other.mint(server.url)).status == 200
            stranger = other.mint(server.url, {"repository_owner_id": "66"})
            assert server.exchange(stranger).reason == "denied"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--like", "github-actions", "--name", "own"], "--admit repository_owner_id=…"),
        (["--like", "kubernetes-pinned", "--name", "own"], "--audience"),
        (["--like", "no-such"], "there is no platform no-such"),
        (["--name", "github-actions"], "exists"),
        (["--name", "Not A Name"], "--name: a name is made of"),
        (["--name", "own", "--admit", "x"], "it is CLAIM=VALUE"),
        (["--name", "own", "--admit", 'sub: ["x"]} #=65'], "it is CLAIM=VALUE"),
        (["--name", "schema"], "not read"),
        (["--like", "spiffe", "--jwks-uri", "https://a.example"], "spiffe://trust-domain"),
        (["--name", "own", "--admit", "no_such_claim=1"], "no_such_claim"),
        (["--name", "own", "--network", "10.0.0.0/99"], "it is a network like 10.0.0.0/8"),
    ],
)
def test_what_cannot_be_added_is_said_before_anybody_is_asked(stopped, flags, said):
    with Issuer() as other:
        added = trust(stopped, "add", other.url, *flags)
        assert (added.returncode, other.connections) == (2, 0), added.stderr
        assert said in added.stderr
        assert not bundle_file(stopped, "own").exists()


def test_an_issuer_that_has_a_bundle_is_not_added_again(stopped, issuer):
    added = trust(stopped, "add", issuer.url, "--name", "own")
    assert added.returncode == 2
    assert "one token must belong to one bundle" in added.stderr and not bundle_file(stopped, "own").exists()
    other_audience = ["--audience", "https://other.example.com"]
    assert trust(stopped, "add", issuer.url, "--name", "own", *other_audience).returncode == 0


def test_a_token_of_another_issuer_is_no_sample(stopped):
    with Issuer() as other, Issuer() as stranger:
        flags = ["--name", "own", "--token-sample", "-"]
        added = trust(stopped, "add", other.url, *flags, stdin=stranger.mint(stopped.url))
        assert added.returncode == 2 and "another iss" in added.stderr
        assert not bundle_file(stopped, "own").exists()


def test_an_issuer_that_does_not_answer_is_not_added(stopped):
    with Issuer() as other:
        added = trust(stopped, "add", other.url + "/", "--name", "own")
        assert added.returncode == 1
        assert "names another issuer" in added.stderr and "letter by letter" in added.stderr
    added = trust(stopped, "add", other.url, "--name", "own")
    assert added.returncode == 1 and "nothing was written" in added.stderr
    assert not bundle_file(stopped, "own").exists()


def test_a_cluster_that_cannot_be_reached_is_added_and_then_pinned(stopped, issuer):
    flags = ["--like", "kubernetes-pinned", "--name", "own", "--audience", stopped.url + "/own"]
    added = trust(stopped, "add", "https://cluster.local", *flags)
    assert added.returncode == 0 and "sts trust pin own --from -" in added.stderr
    assert trust(stopped, "check", "own").returncode == 1
    shown = trust(stopped, "pin", "own", "--from", "-", stdin=key_set((KID, issuer.key)))
    assert shown.returncode == 0, shown.stderr
    assert trust(stopped, "check", "own").returncode == 0


def key_set(*keys):
    return json.dumps({"keys": [jws.public_jwk(key, kid) for kid, key in keys]})


def pinned(server, text):
    """The server's one bundle reads a file."""
    bundle = bundle_file(server, "github-actions")
    bundle.write_text(bundle.read_text().replace("{discovery: true}", "{file: keys.json}"))
    return trust(server, "pin", "github-actions", "--from", "-", stdin=text)


def test_a_pinned_issuer_is_never_contacted(tmp_path):
    with Issuer() as issuer:
        server = Server(tmp_path, issuer)
        shown = pinned(server, key_set((KID, issuer.key)))
        assert shown.returncode == 0 and f"+ {KID}" in shown.stdout, shown.stderr
        with server:
            assert server.exchange().status == 200
            assert server.exchange(server.mint(key=jws.new_key())).status == 400
        assert issuer.connections == 0


def test_a_pinned_set_is_replaced_only_when_that_is_asked_for(stopped, issuer):
    first = key_set((KID, issuer.key))
    assert pinned(stopped, first).returncode == 0
    file = bundle_file(stopped, "github-actions").with_name("keys.json")
    before = file.read_bytes()
    again = ["pin", "github-actions", "--from", "-"]
    shown = trust(stopped, *again, stdin=key_set((KID, jws.new_key())))
    assert "--yes" in shown.stderr and file.read_bytes() == before, "another key under the same kid"
    assert shown.returncode == 1, "what was asked for was not done"
    second = key_set(("next", jws.new_key()))
    shown = trust(stopped, *again, stdin=second)
    assert "+ next" in shown.stdout and f"- {KID}" in shown.stdout
    assert file.read_bytes() == before
    assert trust(stopped, *again, stdin=first).stderr.startswith("written"), "nothing changes"
    assert trust(stopped, *again, "--yes", stdin=second).returncode == 0
    assert json.loads(file.read_bytes()) == json.loads(second)


def test_pinning_replaces_nothing_but_a_key_set(stopped, issuer):
    bundle = bundle_file(stopped, "github-actions")
    bundle.write_text(bundle.read_text().replace("{discovery: true}", "{file: bundle.yaml}"))
    before = bundle.read_bytes()
    flags = ["pin", "github-actions", "--from", "-", "--yes"]
    shown = trust(stopped, *flags, stdin=key_set((KID, issuer.key)))
    assert shown.returncode == 1 and "is no key set" in shown.stderr
    assert bundle.read_bytes() == before


def test_a_page_that_is_there_is_left_alone(stopped):
    page = bundle_file(stopped, "own").with_name("claims.md")
    page.parent.mkdir()
    page.write_text("mine")
    flags = ["--like", "kubernetes-pinned", "--name", "own", "--audience", stopped.url + "/own"]
    assert trust(stopped, "add", "https://cluster.local", *flags).returncode == 0
    assert page.read_text() == "mine"


def test_a_set_that_could_verify_nothing_is_not_pinned(stopped, issuer):
    private = json.loads(key_set((KID, issuer.key)))
    private["keys"][0]["d"] = "AQ"
    for text in ('{"keys":[]}', "<html>", json.dumps(private)):
        shown = pinned(stopped, text)
        assert shown.returncode == 1 and "nothing was written" in shown.stderr
    assert not bundle_file(stopped, "github-actions").with_name("keys.json").exists()


def test_a_live_key_set_is_pinned_from_where_the_bundle_finds_it(stopped, issuer):
    shown = trust(stopped, "pin", "github-actions", "--json")
    row = json.loads(shown.stdout)
    assert (row["keys"], row["written"], row["read"]) == ([KID], True, False)
