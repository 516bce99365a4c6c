"""Signing keys as a verifier sees them."""

import re
import time

import jwt
import pytest

from support.http import DEPLOY, get, request
from support.process import wait_until
from support.server import Server


@pytest.fixture
def own(issuer, tmp_path):
    """A server that is not started yet, so that its files can be changed."""
    return Server(tmp_path / "own", issuer)


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def configure(server, lines):
    with server.config.open("a") as config:
        config.write(lines)


def key_of(key_set, token):
    kid = jwt.get_unverified_header(token)["kid"]
    return next(jwt.PyJWK(key) for key in key_set if key["kid"] == kid)


def test_an_audience_that_asks_for_rs256_gets_it(own):
    configure(own, "keys: {algorithms: [ES256, RS256]}\n")
    change(own.folder / "policies/audiences.yaml", "algorithm: ES256", "algorithm: RS256")
    with own:
        token = own.exchange().token
        assert jwt.get_unverified_header(token)["alg"] == "RS256"
        key = key_of(own.keys(), token)
        assert jwt.decode(token, key, ["RS256"], audience=DEPLOY)["sub"] == "gha:74:production"


def test_an_algorithm_without_keys_is_a_fault_of_the_documents(own):
    change(own.folder / "policies/audiences.yaml", "algorithm: ES256", "algorithm: RS256")
    process = own.launch()
    assert process.wait() == 2
    assert "no key signs with RS256" in process.output()


class Verifier:
    """Keeps the key set for exactly as long as it was told, and asks for nothing in between."""

    def __init__(self, server):
        self.server, self.keys, self.until = server, [], 0.0

    def verify(self, token):
        if time.monotonic() >= self.until:
            answer = get(self.server.url + "/jwks")
            age = int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"]).group(1))
            self.keys, self.until = answer.json()["keys"], time.monotonic() + age
        jwt.decode(token, key_of(self.keys, token), ["ES256"], audience=DEPLOY, leeway=1)


def test_a_verifier_that_honours_max_age_never_meets_an_unknown_key(own):
    configure(
        own,
        "keys: {rotation_period: 3s, publish_ahead: 2s, verifier_cache: 1s}\n"
        "tokens: {ttl_max: 2s, leeway: 1s}\n",
    )
    with own:
        verifier, signed_by, sizes = Verifier(own), [], []

        def three_keys_have_signed():
            token = own.exchange().token
            verifier.verify(token)
            sizes.append(len(verifier.keys))
            kid = jwt.get_unverified_header(token)["kid"]
            if kid not in signed_by:
                signed_by.append(kid)
            return len(signed_by) == 3

        wait_until(three_keys_have_signed, 15, "three keys have signed")
        assert min(sizes) >= 2, "there is always a next key"
        assert max(sizes) <= 5


@pytest.mark.parametrize("path", ["/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])
def test_who_has_what_is_served_already_is_told_so_and_anybody_else_gets_it(server, path):
    whole = get(server.url + path)
    tag = whole.headers["ETag"]
    assert whole.status == 200 and tag.startswith('"')
    assert re.fullmatch(r"public, max-age=\d+(, stale-if-error=\d+)?", whole.headers["Cache-Control"])
    for asked in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = request("GET", server.url + path, headers={"If-None-Match": asked})
        assert (answer.status, answer.body) == (304, b""), asked
        assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (tag, whole.headers["Cache-Control"])
    for asked in ('"other"', "", '"'):
        answer = request("GET", server.url + path, headers={"If-None-Match": asked})
        assert (answer.status, answer.body) == (200, whole.body), asked
