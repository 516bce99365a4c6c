"""KEY-1 to KEY-7: an entry of a key set, beside one that is good.

A case says what is published as `odd` and which of the world's keys signs with it; the token names `odd`.
"""

from support.catalogue.line import Line
from support.jws import b64, unb64
from support.signers import jwk, numbers
from support.weak_keys import RsaKey, primes

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1


def odd(kind="RSA", **more):
    """What else an entry says; None leaves a member out."""
    return lambda keys: ([jwk(keys[kind], "odd", **more)], keys[kind], ALGORITHMS[kind])


ALGORITHMS = {"RSA": "RS256", "P-256": "ES256", "P-384": "ES384", "secp256k1": "ES256", "Ed25519": "EdDSA"}
ALGORITHMS |= {"Ed448": "EdDSA", "X25519": "EdDSA"}


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


USES = {"enc": "enc", "SIG": "SIG", "Sig": "Sig", "jwt-svid": "jwt-svid", "x509-svid": "x509-svid", "empty": "", "a list": ["sig"]}
OPERATIONS = {"sign": ["sign"], "encrypt": ["encrypt"], "none": [], "text": "verify", "VERIFY": ["VERIFY"], "null in a list": [None]}
JUNK = {
    "an unknown kty": {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "kid": "new"},
    "an unknown crv": {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA", "kid": "new"},
    "a key without numbers": {"kty": "RSA", "kid": "new"},
    "kty a number": {"kty": 7},
    "an empty object": {},
    "a number": 7,
    "null": None,
    "a list": [],
    "text": "x",
}

LINES = {
    "KEY-1": Line(
        {
            "an exponent with a zero before it": changed("RSA", lambda old: {"e": b64(b"\0\1\0\1")}),
            "a modulus with a zero before it": changed("RSA", lambda old: {"n": b64(bytes(1) + unb64(old["n"]))}),
            "exponent 0": changed("RSA", lambda old: {"e": b64(b"\0")}),
            "exponent 2": changed("RSA", lambda old: {"e": b64(b"\2")}),
            "an even exponent": changed("RSA", lambda old: {"e": b64(b"\1\0\0")}),
            "1536 bits": made(lambda: RsaKey(primes(2, bits=768))),
        },
        {"2048 bits": odd(), "3072 bits": made(lambda: RsaKey(primes(2, bits=1536)))},
    ),
    "KEY-2": Line(
        {
            "a point off the curve": changed("P-256", lambda old: {"y": b64((int.from_bytes(unb64(old["y"])) ^ 1).to_bytes(32))}),
            "the point 0, 0": changed("P-256", lambda _: {"x": b64(bytes(32)), "y": b64(bytes(32))}),
            "x and y swapped": changed("P-256", lambda old: {"x": old["y"], "y": old["x"]}),
            "x that is p": changed("P-256", lambda _: {"x": b64(P256.to_bytes(32))}),
            "x a byte longer": changed("P-256", wide("x", 1)),
            "x a byte shorter": changed("P-256", wide("x", -1)),
            "y a byte longer": changed("P-256", wide("y", 1)),
            "y null": changed("P-256", lambda _: {"y": None}),
            "crv of another size": changed("P-256", lambda _: {"crv": "P-384"}),
            "crv in lower case": changed("P-256", lambda _: {"crv": "p-256"}),
            "secp256k1": odd("secp256k1"),
            "secp256k1 that says P-256": odd("secp256k1", crv="P-256"),
            "Ed25519 of small order": changed("Ed25519", lambda _: {"x": b64(bytes(32))}),
            "Ed25519 that is y + p": changed("Ed25519", lambda _: {"x": b64((2**255 - 18).to_bytes(32, "little"))}),
            "Ed25519 of 31 bytes": changed("Ed25519", wide("x", -1)),
            "Ed448": odd("Ed448"),
            "X25519": lambda keys: ([jwk(keys["X25519"], "odd")], keys["Ed25519"], "EdDSA"),
        },
        {kind: odd(kind) for kind in ("P-256", "P-384", "Ed25519")},
    ),
    "KEY-4": Line(
        {
            "no n": without("n"),
            "no e": without("e"),
            "no kty": without("kty"),
            "kty in lower case": odd(kty="rsa"),
            "kty a number": odd(kty=7),
            "n in the standard alphabet": changed("RSA", lambda old: {"n": "+/" + old["n"][2:]}),
            "n padded": changed("RSA", lambda old: {"n": old["n"] + "=="}),
            "n a number": changed("RSA", lambda _: {"n": 7}),
        },
        {f"beside it {name}": beside(lambda _, entry=entry: entry) for name, entry in JUNK.items()},
    ),
    "KEY-5": Line(
        {
            "the same key twice": beside(second("RSA")),
            "another key of that kid": beside(lambda keys: jwk(keys["other RSA"], "odd")),
            "a key of another kind of that kid": beside(second("P-256")),
            "no kid": without("kid"),
            "a kid that is a number": odd(kid=7),
            "a kid that is empty": odd(kid=""),
            "a kid of 257 bytes": odd(kid="x" * 257),
            "a kid in another case": odd(kid="ODD"),
        },
        {
            "a kid in another case beside it": beside(lambda keys: jwk(keys["other RSA"], "ODD")),
            "one without kid beside it": beside(lambda keys: jwk(keys["other RSA"], None)),
        },
    ),
    "KEY-6": Line(
        {
            **{f"use {name}": odd(use=value) for name, value in USES.items()},
            **{f"key_ops {name}": odd(key_ops=value) for name, value in OPERATIONS.items()},
            "use sig, key_ops encrypt": odd(use="sig", key_ops=["encrypt"]),
            "use enc, key_ops verify": odd(use="enc", key_ops=["verify"]),
        },
        {
            "use sig": odd(use="sig"),
            "no use": odd(),
            "key_ops verify": odd(key_ops=["verify"]),
            "use sig, key_ops verify and sign": odd(use="sig", key_ops=["sign", "verify"]),
        },
    ),
    "KEY-7": Line(
        {
            **{f"the key's alg {alg}": odd(alg=alg) for alg in ("RS512", "RS384", "PS256", "ES256", "RSA-OAEP", "rs256", "", 7)},
            "the key's alg RS512, and signed so": signed_as("RS512"),
            "the key's alg PS256, and signed so": signed_as("PS256"),
        },
        {"the key's alg RS256": odd(alg="RS256"), "the key names no alg": odd()},
    ),
}
