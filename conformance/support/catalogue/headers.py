"""ALG-10 to ALG-12: what a header may say beside algorithm and key."""

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
from support.forge import embedded_key, headers, named, rewritten
from support.issuer import KEYS, KID

KINDS = [
    "at+jwt", "dpop+jwt", "secevent+jwt", "wit+jwt", "wpt+jwt", "txntoken+jwt", "oauth-id-jag+jwt", "logout+jwt",
    "entity-statement+jwt", "client-authentication+jwt", "kb+jwt", "application/at+jwt",
]  # fmt: skip
TYPES = [form(kind) for kind in KINDS for form in (str, str.upper, str.title)]
ODD_TYPES = [
    7,
    None,
    ["JWT"],
    {"typ": "JWT"},
    True,
    "",
    " JWT",
    "JWT ",
    "x",
    "application/application/jwt",
    "jwt;x",
]
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


def header_text(name, text):
    """A member whose JSON is this."""
    return rewritten(header=lambda old: "{" + f'"{name}":{text},' + old[1:])


def typed(value):
    """null is written by hand: the fake issuer takes None for a member to leave out."""
    return rewritten(header=lambda text: text.replace('"JWT"', "null")) if value is None else headers(typ=value)


def led_astray(**urls):
    """Signed by a stranger's key, which is found where the header leads; or by the right one."""
    return lambda world: world.mint(headers={name: url(world) for name, url in urls.items()}, key=world.canary.key)


def led_nowhere(**urls):
    return lambda world: world.mint(headers={name: url(world) for name, url in urls.items()})


PLACES = {
    "a stranger": lambda world: world.canary.url + KEYS,
    "a stranger through the issuer": lambda world: f"{world.issuer.url}/go?to={world.canary.url}{KEYS}",
    "a stranger behind the issuer as a user": lambda world: world.canary.url.replace("//", "//issuer@") + KEYS,
    "a file": lambda world: (world.folder / "trust-bundles/es256/keys.json").as_uri(),
    "a metadata service": lambda _: "http://169.254.169.254/latest/meta-data",
}


def self_signed(world):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger.example.com")])
    begin = datetime.now() - timedelta(days=2)
    builder = x509.CertificateBuilder(
        name, name, world.canary.key.public_key(), 1, begin, begin + timedelta(days=9)
    )
    certificate = builder.sign(world.canary.key, hashes.SHA256())
    return [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]


def public_chain(_):
    """A certificate that everybody trusts; its key is not that of the token."""
    root = Path(certifi.where()).read_text().split("-----BEGIN CERTIFICATE-----")[1]
    return ["".join(root.split("-----END")[0].split())]


def elsewhere(signed, make):
    return {
        f"{signed}, {name} to {place}": make(**{name: url})
        for name in ("jku", "x5u")
        for place, url in PLACES.items()
    }


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
            **elsewhere("a stranger's key", led_astray),
            "a certificate of its own": led_astray(x5c=self_signed),
            "a public certificate": led_astray(x5c=public_chain),
        },
        {
            **elsewhere("the right key", led_nowhere),
            "a certificate that nobody reads": led_nowhere(x5c=self_signed),
            "x5t": headers(x5t="AAAA"),
        },
    ),
}
