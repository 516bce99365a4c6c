"""Ways to make a subject token: each returns a function from a `Server` to the token's text."""

import base64
import hashlib
import hmac
import json
import time

from cryptography.hazmat.primitives.serialization import PublicFormat

from support import jws
from support.issuer import KID, github_claims


def now():
    return int(time.time())


def claims(**changes):
    """Claims that differ; one may be a function of the server."""

    def make(server):
        return server.mint({name: new(server) if callable(new) else new for name, new in changes.items()})

    return make


def headers(**changes):
    return lambda server: server.mint(headers=changes)


def issuer(change):
    return claims(iss=lambda server: change(server.issuer.url))


def audience(change):
    return claims(aud=lambda server: change(server.url))


def later(seconds):
    return lambda _: now() + seconds


def altered(change):
    """A good token, changed as text."""
    return lambda server: change(server.mint())


def segments(change):
    """A good token whose segments are changed one by one."""
    return altered(lambda token: ".".join(change(*token.split("."))))


def rewritten(header=lambda text: text, payload=lambda text: text):
    """JSON text changed before it is signed."""

    def make(server):
        old_header, old_payload, _ = server.mint().split(".")
        new_header = header(jws.unb64(old_header).decode())
        new_payload = payload(jws.unb64(old_payload).decode())
        return server.issuer.sign(new_header.encode(), new_payload.encode())

    return make


def member(name, value):
    """Puts one more member first."""
    return lambda text: "{" + f"{name}:{json.dumps(value)}," + text[1:]


def with_mac(secret):
    """HS256 keyed with what is public."""

    def make(server):
        header = jws.b64(jws.encode({"typ": "JWT", "alg": "HS256", "kid": KID}))
        payload = server.mint().split(".")[1]
        key = secret(server.issuer.key)
        return jws.join(header, payload, lambda text: hmac.digest(key, text.encode(), hashlib.sha256))

    return make


def public(encoding):
    return lambda key: key.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def unsigned(alg):
    def make(server):
        header = jws.b64(jws.encode({"typ": "JWT", "alg": alg, "kid": KID}))
        return f"{header}.{server.mint().split('.')[1]}."

    return make


def padded(server):
    """A payload that base64 must pad, padded, under a signature over just that."""
    payload = jws.encode(github_claims(server.issuer.url, server.url))
    payload += b" " * (1 if len(payload) % 3 == 0 else 0)
    header = jws.b64(jws.encode({"typ": "JWT", "alg": "RS256", "kid": KID}))
    text = base64.urlsafe_b64encode(payload).decode()
    return jws.join(header, text, lambda signed: jws.rs256(server.issuer.key, signed))


def swapped(server):
    """The payload of one good token under the signature of another."""
    first, second = server.mint().split("."), server.mint().split(".")
    return f"{first[0]}.{second[1]}.{first[2]}"


def embedded_key(server):
    key = jws.new_key()
    return server.mint(headers={"jwk": jws.public_jwk(key, KID)}, key=key)
