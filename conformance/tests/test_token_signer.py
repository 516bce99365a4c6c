"""Signing keys that a PKCS #11 token generates, and that never leave it."""

import struct

import jwt
import pytest

from support.http import DEPLOY
from support.keepers import MODULE, SoftHsm
from support.process import wait_until
from support.server import Server

SCHEDULE = "rotation_period: 4s, publish_ahead: 2s, verifier_cache: 1s"
TOKENS = "tokens: {ttl_max: 2s, leeway: 1s}\n"
# Of PKCS #11: classes, and attributes.
PRIVATE_KEY, SECRET_KEY = 3, 4
CLASS, SENSITIVE, EXTRACTABLE, NEVER_EXTRACTABLE = 0x0, 0x103, 0x162, 0x164


@pytest.fixture
def token(tmp_path):
    with SoftHsm(tmp_path / "token") as token:
        yield token


@pytest.fixture
def make(token, issuer, tmp_path):
    """Makes servers that are not started, whose keys are in the token."""
    made = []

    def make(name="own", algorithms="ES256", schedule=SCHEDULE):
        server = Server(tmp_path / name, issuer, **token.environment)
        signer = f"{{kind: pkcs11, module: {MODULE}, token: hsm, pin_file: {token.pin_file}}}"
        with server.config.open("a") as config:
            config.write(f"keys: {{algorithms: [{algorithms}], {schedule}, signer: {signer}}}\n{TOKENS}")
        made.append(server)
        return server

    yield make
    for server in made:
        if server.process:
            server.process.kill()


def verified(server, token):
    kid = jwt.get_unverified_header(token)["kid"]
    key = next(jwt.PyJWK(key) for key in server.keys() if key["kid"] == kid)
    jwt.decode(token, key, [jwt.get_unverified_header(token)["alg"]], audience=DEPLOY, leeway=1)
    return kid


def attribute(stored, kind, form):
    """An attribute as SoftHSM stores it: its type, how it is stored, its value."""
    head = struct.pack(">QQ", kind, {"?": 1, "Q": 2}[form])
    at = stored.index(head) + len(head)
    return struct.unpack_from(">" + form, stored, at)[0]


def objects(token):
    """The objects that the token stores, as bytes."""
    return [path.read_bytes() for path in token.tokens.glob("*/*.object") if path.name != "token.object"]


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_the_token_signs_with_keys_that_cannot_leave_it(token, make, algorithm):
    server = make(algorithms="ES256, RS256", schedule="rotation_period: 7d")
    audiences = server.folder / "policies/audiences.yaml"
    audiences.write_text(audiences.read_text().replace("algorithm: ES256", f"algorithm: {algorithm}"))
    server.start()
    kid = verified(server, server.exchange().token)
    server.process.stop()
    kept = [key for key in objects(token) if attribute(key, CLASS, "Q") in (PRIVATE_KEY, SECRET_KEY)]
    assert len(kept) == 4, "the active key and the next one, of two algorithms"
    for key in kept:
        flags = [attribute(key, kind, "?") for kind in (SENSITIVE, EXTRACTABLE, NEVER_EXTRACTABLE)]
        assert flags == [True, False, True]
    server.start()
    assert verified(server, server.exchange().token) == kid
    server.process.stop()
    assert token.pin not in server.process.output()


def test_a_key_made_in_the_token_takes_over_in_its_turn(token, make):
    server = make().start()
    seen = set()

    def two_have_signed():
        seen.add(verified(server, server.exchange().token))
        return len(seen) == 2

    wait_until(two_have_signed, 15, "two keys have signed")
    server.process.stop()


def test_keys_of_before_sign_until_those_of_the_token_take_over(token, make):
    server = make()
    with_token = server.config.read_text()
    server.config.write_text(with_token.split(", signer: ")[0] + "}\n" + TOKENS)
    server.start()
    before = {key["kid"] for key in server.keys()}
    server.process.stop()
    assert not objects(token)
    server.config.write_text(with_token)
    server.start()
    assert before & {key["kid"] for key in server.keys()}
    wait_until(lambda: verified(server, server.exchange().token) not in before, 20, "the token signs")
    server.process.stop()
    server.config.write_text(with_token.split(", signer: ")[0] + "}\n" + TOKENS)
    process = server.launch()
    assert process.wait() == 2
    assert "keys.signer names the token" in process.output()


def test_an_outage_of_the_token_is_ours_and_ends_with_it(token, make):
    server = make(schedule="rotation_period: 7d").start()
    before = verified(server, server.exchange().token)
    with token.outage():
        answer = server.exchange()
        assert (answer.status, answer.reason, answer.json()["retryable"]) == (503, "unavailable", True)
        assert server.keys(), "the key set is published"
    wait_until(lambda: server.exchange().status == 200, 10, "it signs again")
    assert verified(server, server.exchange().token) == before
    server.process.stop()


def test_a_wrong_pin_is_told(token, make):
    server = make()
    token.pin_file.write_text("999999\n")
    process = server.launch()
    assert process.wait() == 2
    assert "is wrong" in process.output()
    token.pin_file.write_text(token.pin + "\n")
    server.start().process.stop()


def test_keys_of_the_token_that_the_store_does_not_have_are_named(token, make):
    one = make("one", schedule="rotation_period: 7d").start()
    kids = {key["kid"] for key in one.keys()}
    one.process.stop()
    assert "the token holds a key" not in one.process.output()
    two = make("two", schedule="rotation_period: 7d").start()
    two.process.stop()
    named = [line for line in two.process.output().splitlines() if "the token holds a key" in line]
    assert len(named) == 2
    assert all(any(kid in line for line in named) for kid in kids)
