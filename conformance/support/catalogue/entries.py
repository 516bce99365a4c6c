"""KEY-1 to KEY-7: ways to publish an entry of a key set, beside one that is good.

A case says what is published as `odd` and which of the world's keys signs with it; the token names `odd`.
"""

from support.jws import b64, unb64
from support.signers import jwk, numbers

ALGORITHMS = {"RSA": "RS256", "P-256": "ES256", "P-384": "ES384", "secp256k1": "ES256", "Ed25519": "EdDSA"}
ALGORITHMS |= {"Ed448": "EdDSA", "X25519": "EdDSA"}


def odd(kind="RSA", **more):
    """What else an entry says; None leaves a member out."""
    return lambda keys: ([jwk(keys[kind], "odd", **more)], keys[kind], ALGORITHMS[kind])


def changed(kind, change):
    """One number of the key is another."""
    return lambda keys: ([{**jwk(keys[kind], "odd"), **change(numbers(keys[kind]))}], keys[kind], ALGORITHMS[kind])


def beside(*others, kind="RSA"):
    """An entry that would be good, and others."""
    return lambda keys: ([jwk(keys[kind], "odd"), *(other(keys) for other in others)], keys[kind], ALGORITHMS[kind])


def made(make):
    """An RSA key of a shape that no library makes."""

    def publish(_):
        key = make()
        return [key.jwk("odd")], key, "RS256"

    return publish


def wide(name, by):
    """A coordinate with a zero more, or a byte less."""
    return lambda old: {name: b64(bytes(1) + unb64(old[name]) if by > 0 else unb64(old[name])[1:])}


def without(*names):
    return lambda keys: (
        [{name: value for name, value in jwk(keys["RSA"], "odd").items() if name not in names}],
        keys["RSA"],
        "RS256",
    )


def second(kind):
    return lambda keys: jwk(keys[kind], "odd")


def signed_as(alg):
    """What the entry and the header name alike is not among the bundle's algorithms."""
    return lambda keys: ([jwk(keys["RSA"], "odd", alg=alg)], keys["RSA"], alg)
