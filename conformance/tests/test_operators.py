"""Operators and the key ring of a running server: what they see, and what verifiers never notice."""

import json
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from support import http
from support.http import DEPLOY
from support.process import run, wait_until
from support.server import Server
from support.verifier import verify_with_pyjwt

# Short enough to watch: a key is published for three seconds before it signs.
KEYS = "keys: {rotation_period: 1h, publish_ahead: 1s, verifier_cache: 2s}\ntokens: {ttl_max: 20s, leeway: 1s}\n"


@pytest.fixture
def server(issuer, tmp_path):
    server = Server(tmp_path, issuer)
    text = server.config.read_text()
    kept = [line for line in text.splitlines() if not line.startswith(("keys:", "tokens:"))]
    server.config.write_text("\n".join(kept) + "\n" + KEYS)
    with server:
        yield server


def keys(server, *arguments, code=0):
    done = run("keys", *arguments, "--config", server.config)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def states(server):
    lines = keys(server, "list", "--all", "--json").stdout.splitlines()
    return {key["kid"]: key["state"] for key in map(json.loads, lines)}


def kid_of(server, state):
    (kid,) = [kid for kid, found in states(server).items() if found == state]
    return kid


def published(server):
    return [key["kid"] for key in server.keys()]


def token(server):
    answer = server.exchange()
    assert answer.status == 200, answer.body
    return answer.json()["access_token"]


def until_known(server):
    """Until the next key was published for long enough: the refusal of a rotation says when."""
    wait_until(lambda: run("keys", "rotate", "--config", server.config).returncode == 0, 10, "the next key is known")


def test_a_person_reads_what_each_key_is_and_what_happens_next(server):
    shown = keys(server, "list").stdout
    assert shown.startswith("ES256\n")
    for words in ("active", "signs since", "next", "published since", "signs from", "what happens next"):
        assert words in shown
    assert [entry["action"] for entry in server.ledger() if entry["kind"] == "admin"][0] == "keys.list"


def test_a_rotation_is_refused_until_verifiers_know_the_next_key_and_says_until_when(server):
    refused = keys(server, "rotate", "--yes", code=1).stderr
    assert "has not been published for long enough" in refused and "before 20" in refused
    old, following = kid_of(server, "active"), kid_of(server, "next")
    until_known(server)
    assert states(server)[old] == "active", "without --yes nothing is done"
    done = keys(server, "rotate", "--reason", "drill", "--yes")
    assert f"{following} signs from" in done.stdout
    wait_until(lambda: states(server)[following] == "active", 15, "the next key signs")
    assert states(server)[old] == "retired" and old in published(server)
    assert verify_with_pyjwt(server, token(server), DEPLOY)
    wait_until(lambda: "next" in states(server).values(), 2, "a key to follow it is made as it begins to sign")
    (entry,) = [entry for entry in server.ledger() if entry.get("event") == "rotated"]
    assert entry["reason"] == "drill" and entry["caller"]["uid"] >= 0


def test_a_compromise_replaces_the_key_at_once_and_names_every_token_that_lives(server):
    old, following = kid_of(server, "active"), kid_of(server, "next")
    live = token(server)
    shown = keys(server, "compromise", old, "--reason", "drill")
    assert "would be revoked" in shown.stdout and "nothing was done" in shown.stderr
    assert old in published(server)
    done = json.loads(keys(server, "compromise", old, "--reason", "drill", "--yes", "--json").stdout)
    assert done["done"] and [one["audience"] for one in done["live_tokens"]] == [DEPLOY]
    assert old not in published(server) and published(server)[0] == following
    fresh = token(server)
    assert verify_with_pyjwt(server, fresh, DEPLOY)
    with pytest.raises(jwt.PyJWKClientError):
        verify_with_pyjwt(server, live, DEPLOY)
    assert states(server)[old] == "revoked"
    again = keys(server, "compromise", old, "--reason", "drill", "--yes", code=1)
    assert "is revoked already" in again.stderr
    (entry,) = [entry for entry in server.ledger() if entry.get("event") == "compromised"]
    assert (entry["kid"], entry["reason"]) == (old, "drill")


def test_a_key_that_signs_is_not_revoked_and_one_that_waits_is(server):
    active, following = kid_of(server, "active"), kid_of(server, "next")
    assert "signs now" in keys(server, "revoke", active, "--reason", "drill", "--yes", code=1).stderr
    for unknown in ("nobody", "-nobody"):
        shown = keys(server, "revoke", unknown, "--reason", "drill", code=1).stderr
        assert f"there is no key {unknown}" in shown, "a thumbprint may begin with a hyphen"
    keys(server, "revoke", following, "--reason", "drill", "--yes")
    assert following not in published(server) and active in published(server)
    assert kid_of(server, "next") != following, "another one waits already"
    assert token(server)


def test_a_revoked_key_stays_revoked_after_a_restart(server):
    old = kid_of(server, "active")
    keys(server, "compromise", old, "--reason", "drill", "--yes")
    server.process.stop()
    assert states(server)[old] == "revoked", "with no server running the store is read"
    server.start()
    assert old not in published(server) and token(server)


def test_keys_rotate_without_a_server_and_the_server_takes_it_over(server):
    until_known(server)
    following = kid_of(server, "next")
    server.process.stop()
    keys(server, "rotate", "--yes")
    server.start()
    wait_until(lambda: states(server)[following] == "active", 15, "the next key signs")


def block(server, *arguments, code=0):
    done = run("block", *arguments, "--config", server.config)
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.mark.parametrize(
    ("target", "other"),
    [
        (["--bundle", "github-actions"], ["--bundle", "gitlab"]),
        (["--tenant", "65"], ["--tenant", "66"]),
        (["--subject", "gha:74:production"], ["--subject", "gha:75:production"]),
        (["--policy", "shop-deploy-prod"], ["--policy", "shop"]),
        (["--audience", DEPLOY], ["--audience", DEPLOY + "/"]),
        (["--bundle", "github-actions", "--tenant", "65"], ["--bundle", "gitlab", "--tenant", "65"]),
    ],
)
def test_a_block_stops_what_it_names_at_once_until_it_is_removed(server, target, other):
    block(server, "add", *other, "--reason", "drill", "--yes")
    assert server.exchange().status == 200
    shown = block(server, "add", *target, "--reason", "drill")
    assert "nothing was done" in shown.stderr and server.exchange().status == 200
    put_up = json.loads(block(server, "add", *target, "--reason", "drill", "--yes", "--json").stdout)["block"]
    refused = server.exchange()
    assert (refused.status, refused.json()["reason"]) == (400, "blocked")
    denied = [entry for entry in server.ledger() if entry.get("reason") == "blocked"]
    assert [entry["block"] for entry in denied] == [put_up["id"]]
    assert put_up["id"] in block(server, "list").stdout
    block(server, "remove", put_up["id"], "--yes")
    assert server.exchange().status == 200
    events = [entry["event"] for entry in server.ledger() if entry["kind"] == "block"]
    assert events == ["added", "added", "removed"]


def test_a_block_that_names_what_no_document_knows_says_so(server):
    careful = "careful: no document in force knows the"
    for target, near in [
        (["--bundle", "github-action"], "did you mean github-actions?"),
        (["--policy", "shop-deploy-prod "], "did you mean shop-deploy-prod?"),
        (["--audience", DEPLOY + "/"], "did you mean https://deploy.example.com?"),
        (["--tenant", "octo-org"], careful),
    ]:
        shown = block(server, "add", *target, "--reason", "drill", "--yes").stderr
        assert careful in shown and near in shown, shown
    assert server.exchange().status == 200
    assert careful not in block(server, "add", "--tenant", "65", "--reason", "drill").stderr


def test_two_orders_that_each_make_sense_alone_leave_a_key_that_signs(server):
    """One takes away the key that the other one counts on."""
    for _ in range(6):
        active, following = kid_of(server, "active"), kid_of(server, "next")
        orders = [("compromise", active), ("revoke", following)]
        with ThreadPoolExecutor() as pool:
            done = list(pool.map(lambda order: run("keys", *order, "--reason", "drill", "--yes", "--config", server.config), orders))
        assert {one.returncode for one in done} <= {0, 1}
        assert token(server), [one.stderr for one in done]
        wait_until(lambda: "next" in states(server).values(), 5, "a key follows")


def test_when_no_key_signs_the_next_one_can_be_made_to(server):
    active = kid_of(server, "active")
    keys(server, "compromise", active, "--reason", "drill", "--yes")
    refused = keys(server, "rotate", "--yes", code=1).stderr
    assert "has not been published for long enough" in refused
    done = keys(server, "rotate", "--now", "--reason", "drill", "--yes")
    assert "careful: verifiers that keep our key set may not know" in done.stderr
    assert token(server)


def test_a_block_ends_by_itself(server):
    block(server, "add", "--tenant", "65", "--reason", "drill", "--for", "2s", "--yes")
    assert server.exchange().json()["reason"] == "blocked"
    wait_until(lambda: server.exchange().status == 200, 10, "the block ended")
    assert "ended" in block(server, "list").stdout


def test_a_block_survives_a_restart_and_is_put_up_without_a_server(server):
    server.process.stop()
    block(server, "add", "--policy", "shop-deploy-prod", "--reason", "drill", "--yes")
    server.start()
    assert server.exchange().json()["reason"] == "blocked"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["add", "--reason", "x"], 1, "say what to stop"),
        (["add", "--tenant", "", "--reason", "x"], 1, "would stop nothing"),
        (["add", "--tenant", "65", "--reason", " "], 1, "--reason is empty"),
        (["add", "--tenant", "65"], 2, "--reason"),
        (["add", "--tenant", "65", "--reason", "x", "--for", "1 hour"], 2, "30s, 15m, 12h or 7d"),
        (["remove", "nothing", "--yes"], 1, "there is no block nothing"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_what_to_do(server, arguments, code, words):
    assert words in block(server, *arguments, code=code).stderr
    assert server.exchange().status == 200


def test_verifiers_are_served_from_exported_files_and_read_why_keys_are_gone(server, tmp_path):
    old = kid_of(server, "active")
    keys(server, "compromise", old, "--reason", "drill", "--yes")
    shown = keys(server, "export", tmp_path / "public")
    assert "max-age=" in shown.stderr and "export again by 20" in shown.stderr
    exported = {path.relative_to(tmp_path / "public").as_posix(): path.read_text() for path in (tmp_path / "public").rglob("*") if path.is_file()}
    well_known = [".well-known/openid-configuration", ".well-known/oauth-authorization-server"]
    assert sorted(exported) == sorted(["jwks", "historical-keys.jwt", *well_known])
    assert json.loads(exported["jwks"])["keys"] == server.keys()
    for path in well_known:
        assert json.loads(exported[path]) == http.get(f"{server.url}/{path}").json()
    history = exported["historical-keys.jwt"]
    header = jwt.get_unverified_header(history)
    key = next(jwt.PyJWK(key) for key in server.keys() if key["kid"] == header["kid"])
    claims = jwt.decode(history, key, ["ES256"])
    assert header["typ"] == "jwk-set+jwt" and claims["iss"] == server.url
    (gone,) = claims["keys"]
    assert (gone["kid"], gone["revoked"]["reason"]) == (old, "compromised")
    assert gone["exp"] == gone["revoked"]["revoked_at"] >= gone["nbf"] >= gone["iat"]
    assert "d" not in gone


def test_keys_are_exported_without_a_server(server, tmp_path):
    served = server.keys()
    server.process.stop()
    keys(server, "export", tmp_path / "public")
    assert json.loads((tmp_path / "public/jwks").read_text())["keys"] == served
    server.start()
