"""ALG-13 and ALG-14: which key a token names, and whose it is."""

from support.catalogue.line import Line
from support.catalogue.tenant import at
from support.forge import claims, each, headers, rewritten
from support.issuer import KID

KIDS = {
    "empty": "",
    "a number": 1,
    "a list": [KID],
    "an object": {"kid": KID},
    "true": True,
    "8 KiB": "x" * 8192,
    "257 bytes": "x" * 257,
    "a path": "../../../../dev/null",
    "an absolute path": "/dev/null",
    "a command": "|sleep 10",
    "a statement": "x' UNION SELECT '1';--",
    "a lookup": "${jndi:ldap://127.0.0.1/x}",
    "%00": "%00",
    "a NUL": KID + "\0",
    "a line break": KID + "\r\n",
    "percent-encoded": KID.replace("-", "%2D"),
    "another case": KID.upper(),
    "a trailing blank": KID + " ",
    "a prefix": KID[:-1],
    "unknown": "conformance-2",
    "the key of another issuer": "P-256",
}

LINES = {
    "ALG-13": Line(
        {
            "no kid": headers(kid=None),
            **each({f"kid {name}": kid for name, kid in KIDS.items()}, lambda kid: headers(kid=kid)),
            "kid null": rewritten(header=lambda text: text.replace(f'"{KID}"', "null")),
            "kid of our own key": lambda world: world.mint(headers={"kid": world.keys()[0]["kid"]}),
            "signed by another issuer's key of that kid": lambda world: world.mint(key=world.keys_of["RSA"]),
        },
        {
            "the right kid": claims(),
            "the right kid, escaped": rewritten(header=lambda text: text.replace("conf", "\\u0063onf")),
        },
    ),
    "ALG-14": Line(
        {
            "named A, signed by B": lambda world: world.mint(key=world.tenants["rsa"].issuer.key),
            "named B, signed by A": lambda world: world.tenants["rsa"].mint(key=world.issuer.key),
            "claims of B under A's key": lambda world: world.mint({"iss": world.tenants["rsa"].issuer.url}),
        },
        {"named A, signed by A": claims(), "named B, signed by B": at("rsa", claims())},
    ),
}
