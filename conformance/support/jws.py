"""JOSE by hand, so that a token can be wrong in any way."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(value):
    """JSON as issuers write it: compact."""
    return json.dumps(value, separators=(",", ":")).encode()


def decode(token):
    """Header and claims of a compact JWS, unverified."""
    header, payload, _ = token.split(".")
    return json.loads(unb64(header)), json.loads(unb64(payload))


def new_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(key, kid):
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes(256, "big")
    exponent = numbers.e.to_bytes(3, "big")
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": b64(modulus), "e": b64(exponent)}


def rs256(key, text):
    return key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())


def join(header, payload, sign):
    """A compact JWS of two encoded segments; `sign` maps the signing input to bytes."""
    text = f"{header}.{payload}"
    return f"{text}.{b64(sign(text))}"


def assert_absent(tokens, text):
    """Neither the claims nor the signature of a token are in this text."""
    for token in tokens:
        _, payload, signature = token.split(".")
        assert payload not in text, "claims of a token"
        assert signature not in text, "signature of a token"
