"""KEY-4 to KEY-7: what an entry says of itself."""

from support.catalogue.entries import beside, changed, odd, second, signed_as, without
from support.catalogue.line import Line
from support.signers import jwk

USES = {
    "enc": "enc",
    "SIG": "SIG",
    "Sig": "Sig",
    "jwt-svid": "jwt-svid",
    "x509-svid": "x509-svid",
    "empty": "",
    "a list": ["sig"],
}
OPERATIONS = {
    "sign": ["sign"],
    "encrypt": ["encrypt"],
    "none": [],
    "text": "verify",
    "VERIFY": ["VERIFY"],
    "null in a list": [None],
}
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
            **{
                f"the key's alg {alg}": odd(alg=alg)
                for alg in ("RS512", "RS384", "PS256", "ES256", "RSA-OAEP", "rs256", "", 7)
            },
            "the key's alg RS512, and signed so": signed_as("RS512"),
            "the key's alg PS256, and signed so": signed_as("PS256"),
        },
        {"the key's alg RS256": odd(alg="RS256"), "the key names no alg": odd()},
    ),
}
