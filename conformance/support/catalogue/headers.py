"""ALG-10 to ALG-14: what a header may say beside the algorithm."""

import base64
from datetime import datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from support import jws
from support.catalogue.line import Line
from support.catalogue.tenant import at
from support.forge import claims, each, embedded_key, headers, named, rewritten
from support.issuer import KEYS, KID

KINDS = [
    "at+jwt", "dpop+jwt", "secevent+jwt", "wit+jwt", "wpt+jwt", "txntoken+jwt", "oauth-id-jag+jwt", "logout+jwt",
    "entity-statement+jwt", "client-authentication+jwt", "kb+jwt", "application/at+jwt",
]  # fmt: skip
TYPES = [form(kind) for kind in KINDS for form in (str, str.upper, str.title)]
ODD_TYPES = [7, None, ["JWT"], {"typ": "JWT"}, True, "", " JWT", "JWT ", "x", "application/application/jwt", "jwt;x"]
PLAIN_TYPES = ["JWT", "jwt", "Jwt", "JOSE", "jose", "application/jwt", "application/JWT"]
CRITICAL = {
    "empty": ([], {}),
    "exp": (["exp"], {}),
    "alg": (["alg"], {}),
    "b64": (["b64"], {"b64": True}),
    "x, which is there": (["x"], {"x": 1}),
    "x, which is not": (["x"], {}),
    "text": ("x", {"x": 1}),
    "x twice": (["x", "x"], {"x": 1}),
    "a list within": ([["x"]], {"x": 1}),
    "an object": ({"x": 1}, {"x": 1}),
}
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


def header_text(name, text):
    """A member whose JSON is this."""
    return rewritten(header=lambda old: "{" + f'"{name}":{text},' + old[1:])


def typed(value):
    return rewritten(header=lambda text: text.replace('"JWT"', "null")) if value is None else headers(typ=value)


def led_astray(**urls):
    """Signed by a stranger's key, which is found where the header leads; or by the right one."""
    return lambda world: world.mint(headers={name: url(world) for name, url in urls.items()}, key=world.canary.key)


def led_nowhere(**urls):
    return lambda world: world.mint(headers={name: url(world) for name, url in urls.items()})


PLACES = {
    "a stranger": lambda world: world.canary.url + KEYS,
    "a stranger through the issuer": lambda world: f"{world.issuer.url}/go?to={world.canary.url}{KEYS}",
    "a stranger behind the issuer as a user": lambda world: f"{world.issuer.url}@127.0.0.1:{world.canary.url[-5:]}{KEYS}",
    "a file": lambda world: (world.folder / "trust-bundles/es256/keys.json").as_uri(),
    "a metadata service": lambda _: "http://169.254.169.254/latest/meta-data",
}


def self_signed(world):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger.example.com")])
    begin = datetime.now() - timedelta(days=2)
    builder = x509.CertificateBuilder(name, name, world.canary.key.public_key(), 1, begin, begin + timedelta(days=9))
    certificate = builder.sign(world.canary.key, hashes.SHA256())
    return [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]


def public_chain(_):
    """A certificate that everybody trusts; its key is not that of the token."""
    root = Path(certifi.where()).read_text().split("-----BEGIN CERTIFICATE-----")[1]
    return ["".join(root.split("-----END")[0].split())]


def elsewhere(make):
    return {f"{name} to {place}": make(**{name: url}) for name in ("jku", "x5u") for place, url in PLACES.items()}


LINES = {
    "ALG-10": Line(
        {
            **{f"crit {name}": headers(crit=value, **more) for name, (value, more) in CRITICAL.items()},
            "crit null": header_text("crit", "null"),
            "crit within an unknown member, and outside": headers(x={"crit": ["x"]}, crit=["x"]),
        },
        {"x, not critical": headers(x=1), "crit within an unknown member": headers(x={"crit": ["x"]})},
    ),
    "ALG-11": Line(
        named("typ", [*TYPES, *ODD_TYPES], typed),
        {"no typ": headers(typ=None), **named("typ", PLAIN_TYPES, typed)},
    ),
    "ALG-12": Line(
        {
            "a key of its own": embedded_key,
            "a key of its own, without kid": lambda world: world.mint(
                headers={"kid": None, "jwk": jws.public_jwk(world.canary.key, KID)}, key=world.canary.key
            ),
            **elsewhere(led_astray),
            "a certificate of its own": led_astray(x5c=self_signed),
            "a public certificate": led_astray(x5c=public_chain),
        },
        {**elsewhere(led_nowhere), "a certificate that nobody reads": led_nowhere(x5c=self_signed), "x5t": headers(x5t="AAAA")},
    ),
    "ALG-13": Line(
        {
            "no kid": headers(kid=None),
            **each({f"kid {name}": kid for name, kid in KIDS.items()}, lambda kid: headers(kid=kid)),
            "kid null": rewritten(header=lambda text: text.replace(f'"{KID}"', "null")),
            "kid of our own key": lambda world: world.mint(headers={"kid": world.keys()[0]["kid"]}),
            "signed by another issuer's key of that kid": lambda world: world.mint(key=world.keys_of["RSA"]),
        },
        {"the right kid": claims(), "the right kid, escaped": rewritten(header=lambda text: text.replace("conf", "\\u0063onf"))},
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
