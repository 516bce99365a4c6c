"""KEY-1 and KEY-2: numbers that make no sound key."""

from support.catalogue.entries import changed, made, odd, wide
from support.catalogue.line import Line
from support.jws import b64, unb64
from support.signers import jwk
from support.weak_keys import RsaKey, primes

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1

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
            "a point off the curve": changed(
                "P-256", lambda old: {"y": b64((int.from_bytes(unb64(old["y"])) ^ 1).to_bytes(32))}
            ),
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
}
