"""Where the key-encryption key may be: what holds for every kind, and the bad luck of each."""

import json
import re
import sqlite3
from contextlib import ExitStack

import pytest

from support import http
from support.keepers import KEEPERS
from support.process import run, wait_until
from support.server import Server

REMOTE = [kind for kind in KEEPERS if kind != "file"]
FILE_SEAL = "kind: file, key_file: kek"
# A key is due every 4 s, and is looked for every second.
ROTATION = """\
keys: {rotation_period: 4s, publish_ahead: 2s, verifier_cache: 1s}
tokens: {ttl_max: 2s, leeway: 1s}
"""


@pytest.fixture(scope="module")
def keepers(tmp_path_factory):
    """Each is started when it is first asked for."""
    with ExitStack() as stack:
        running = {}

        def get(kind):
            if kind not in running:
                folder = tmp_path_factory.mktemp("keepers") / kind
                running[kind] = stack.enter_context(KEEPERS[kind](folder))
            return running[kind]

        yield get


@pytest.fixture
def make(issuer, tmp_path):
    """Makes servers that are not started, with this `seal`."""
    with ExitStack() as stack:
        made = []

        def make(keeper, seal=None, name="own"):
            server = Server(tmp_path / name, issuer, **keeper.environment)
            set_seal(server, seal or keeper.seal())
            made.append(server)
            return server

        stack.callback(lambda: [server.process.kill() for server in made if server.process])
        yield make


def change(server, pattern, new):
    text, count = re.subn(pattern, lambda _: new, server.config.read_text(), flags=re.MULTILINE)
    assert count == 1
    server.config.write_text(text)


def set_seal(server, seal):
    change(server, "^seal: .*$", f"seal: {{{seal}}}")


def start_refused(server, code):
    """What it says instead of starting, once."""
    process = server.launch()
    assert process.wait(20) == code, process.output()
    told = process.output()
    assert "help: " in told
    assert "panicked" not in told
    return told


def metric(server, name):
    """The value of the one series of this name."""
    text = http.get(server.metrics + "/metrics").body.decode()
    [value] = re.findall(rf"^{name}(?:{{[^}}]*}})? (-?\d+)$", text, flags=re.MULTILINE)
    return int(value)


def kids(server):
    return {key["kid"] for key in server.keys()}


@pytest.mark.parametrize("kind", KEEPERS)
def test_keys_open_again_after_a_restart(keepers, make, kind):
    server = make(keepers(kind)).start()
    assert server.exchange().status == 200
    before = kids(server)
    assert metric(server, "sts_seal_up") == 1
    server.process.stop()
    server.start()
    assert kids(server) == before
    assert server.exchange().status == 200
    server.process.stop()
    assert not [secret for secret in keepers(kind).secrets if secret in server.process.output()]


@pytest.mark.parametrize("kind", KEEPERS)
def test_what_one_environment_sealed_another_cannot_open_and_says_so(keepers, make, kind):
    server = make(keepers(kind)).start()
    before = kids(server)
    server.process.stop()
    change(server, "^environment: test$", "environment: prod")
    told = start_refused(server, 2)
    assert "sealed for the environment test, and this is prod" in told
    change(server, "^environment: prod$", "environment: test")
    server.start()
    assert kids(server) == before
    server.process.stop()


def rewrite(server, new):
    """Changes what is sealed of every key, behind the server's back."""
    with sqlite3.connect(server.folder / "state/sts.db") as store:
        rows = store.execute("SELECT kid, sealed FROM keys").fetchall()
        for kid, sealed in rows:
            store.execute("UPDATE keys SET sealed = ? WHERE kid = ?", (new(sealed), kid))
    store.close()
    return rows


@pytest.mark.parametrize("kind", KEEPERS)
def test_an_environment_is_bound_into_what_is_sealed_and_not_only_written_beside_it(keepers, make, kind):
    server = make(keepers(kind)).start()
    server.process.stop()
    change(server, "^environment: test$", "environment: prod")
    rewrite(server, lambda sealed: sealed.replace(b"\x04test", b"\x04prod", 1))
    told = start_refused(server, 2)
    assert "cannot be unsealed with" in told
    assert "for another environment than prod, or was altered" in told


@pytest.mark.parametrize("kind", KEEPERS)
def test_a_damaged_row_is_named_and_no_new_key_takes_its_place(keepers, make, kind):
    server = make(keepers(kind)).start()
    before = kids(server)
    server.process.stop()
    rows = rewrite(server, lambda sealed: sealed[:-3] + bytes(b ^ 1 for b in sealed[-3:]))
    told = start_refused(server, 2)
    assert any(kid in told for kid in before)
    whole = {damaged: sealed for (_, sealed), damaged in zip(rows, rewritten(server), strict=True)}
    rewrite(server, whole.get)
    server.start()
    assert kids(server) == before
    server.process.stop()


def rewritten(server):
    return [sealed for _, sealed in rewrite(server, lambda sealed: sealed)]


@pytest.mark.parametrize("kind", KEEPERS)
def test_another_key_of_the_same_kind_is_named_and_replaces_nothing(keepers, make, kind):
    keeper = keepers(kind)
    other = make(keeper, keeper.seal("other"), name="other").start()
    other.process.stop()  # that key exists now
    server = make(keeper).start()
    before = kids(server)
    server.process.stop()
    set_seal(server, keeper.seal("other"))
    told = start_refused(server, 2)
    assert f"was sealed under the {kind} key" in told
    set_seal(server, keeper.seal())
    server.start()
    assert kids(server) == before
    server.process.stop()


@pytest.mark.parametrize("kind", REMOTE)
def test_a_key_of_another_kind_opens_as_the_previous_one(keepers, make, kind):
    keeper = keepers(kind)
    server = make(keeper, FILE_SEAL).start()
    before = kids(server)
    server.process.stop()
    set_seal(server, keeper.seal())
    assert "was sealed under the file key" in start_refused(server, 2)
    set_seal(server, f"{keeper.seal()}, previous: {{{FILE_SEAL}}}")
    server.start()
    assert kids(server) == before
    assert server.exchange().status == 200
    server.process.stop()


def rewrap(server, *arguments, keeper, code=0):
    done = run("keys", "rewrap", "--config", server.config, *arguments, **keeper.environment)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("kind", KEEPERS)
def test_everything_moves_to_another_key_with_the_server_running_or_not(keepers, make, kind, running):
    keeper = keepers(kind)
    server = make(keeper, FILE_SEAL).start()
    before = kids(server)
    server.process.stop()
    set_seal(server, f"{keeper.seal('moved' if kind == 'file' else 'sts')}, previous: {{{FILE_SEAL}}}")
    if running:
        server.start()
    shown = rewrap(server, keeper=keeper)
    assert "is sealed under the file key" in shown.stdout
    assert "nothing was done" in shown.stderr
    told = json.loads(rewrap(server, "--yes", "--json", keeper=keeper).stdout)
    assert told["done"]
    assert {one["what"] for one in told["before"]} == {f"the signing key {kid}" for kid in before} | {"ledger-hash"}
    if running:
        assert server.exchange().status == 200
        server.process.stop()
    change(server, ", previous: {[^}]*}", "")
    (server.folder / "kek").unlink()
    server.start()
    assert kids(server) == before
    assert server.exchange().status == 200
    (entry,) = [entry for entry in server.ledger() if entry.get("event") == "rewrapped"]
    assert entry["before"] == told["before"]
    assert entry["caller"]["uid"] >= 0
    server.process.stop()


@pytest.mark.parametrize("kind", REMOTE)
def test_a_rewrap_in_an_outage_changes_nothing_and_can_be_done_after_it(keepers, make, kind):
    keeper = keepers(kind)
    server = make(keeper, FILE_SEAL).start()
    server.process.stop()
    set_seal(server, f"{keeper.seal()}, previous: {{{FILE_SEAL}}}")
    rows = rewritten(server)
    server.start()
    with keeper.outage():
        rewrap(server, "--yes", keeper=keeper, code=3)
        assert server.exchange().status == 200
    server.process.stop()
    assert rewritten(server) == rows
    server.start()
    rewrap(server, "--yes", keeper=keeper)
    server.process.stop()
    assert not set(rewritten(server)) & set(rows)


@pytest.mark.parametrize("kind", REMOTE)
def test_an_outage_after_the_start_stops_no_exchange_and_is_shown(keepers, make, kind):
    keeper = keepers(kind)
    server = make(keeper)
    with server.config.open("a") as config:
        config.write(ROTATION)
    server.start()
    before = kids(server)
    assert metric(server, "sts_keys_run_out_seconds") > 0
    with keeper.outage():
        wait_until(lambda: metric(server, "sts_seal_up") == 0, 15, "the outage is shown")
        wait_until(lambda: metric(server, "sts_keys_run_out_seconds") <= -2, 30, "a key is overdue")
        assert kids(server) <= before, "none was made, and every one that signs is published"
        assert server.exchange().status == 200
    wait_until(lambda: metric(server, "sts_seal_up") == 1, 15, "the end of the outage is shown")
    wait_until(lambda: not kids(server) <= before, 15, "the key that was due is made")
    assert server.exchange().status == 200
    server.process.stop()
    assert "the seal fails; keys that are unsealed go on signing" in server.process.output()


@pytest.mark.parametrize("kind", REMOTE)
def test_a_start_in_an_outage_is_unavailable_and_makes_no_new_key(keepers, make, kind):
    keeper = keepers(kind)
    server = make(keeper).start()
    before = kids(server)
    server.process.stop()
    with keeper.outage():
        told = start_refused(server, 3)
        assert "does not answer" in told
    server.start()
    assert kids(server) == before
    server.process.stop()


def test_a_wrong_pin_is_told_and_the_right_one_still_works(keepers, make):
    token = keepers("pkcs11")
    server = make(token)
    token.pin_file.write_text("999999\n")
    try:
        for _ in range(3):
            told = start_refused(server, 2)
            assert "is wrong" in told
            assert "999999" not in told
    finally:
        token.pin_file.write_text(token.pin + "\n")
    server.start()
    assert server.exchange().status == 200
    server.process.stop()


def test_a_pin_that_others_can_read_is_not_used(keepers, make):
    token = keepers("pkcs11")
    server = make(token)
    token.pin_file.chmod(0o644)
    try:
        assert "can be read by others" in start_refused(server, 2)
    finally:
        token.pin_file.chmod(0o600)
    server.start().process.stop()


def test_a_module_that_is_none_is_told(keepers, make):
    server = make(keepers("pkcs11"))
    change(server, r"module: \S+", "module: /etc/passwd,")
    assert "the PKCS #11 module /etc/passwd cannot be loaded" in start_refused(server, 2)


def test_a_token_that_is_not_permitted_is_told_and_a_new_one_needs_no_restart(keepers, make):
    transit = keepers("transit")
    server = make(transit)
    with server.config.open("a") as config:
        config.write(ROTATION)
    server.start()
    good = transit.token_file.read_text()
    transit.token_file.write_text("s.expired\n")
    try:
        wait_until(lambda: metric(server, "sts_seal_up") == 0, 15, "the refusal is shown")
        refused = make(transit, name="second")
        assert "403 permission denied" in start_refused(refused, 2)
    finally:
        transit.token_file.write_text(good)
    wait_until(lambda: metric(server, "sts_seal_up") == 1, 15, "the new token is used")
    server.process.stop()


def test_a_signature_that_kms_refuses_is_told_and_new_credentials_need_no_restart(keepers, make):
    kms = keepers("aws_kms")
    server = make(kms)
    kms.write_credentials("wrong" * 8)
    try:
        told = start_refused(server, 2)
        assert "kms:Encrypt and kms:Decrypt" in told
    finally:
        kms.write_credentials(kms.secret)
    server.start()
    assert server.exchange().status == 200
    server.process.stop()
