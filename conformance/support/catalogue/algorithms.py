"""ALG-1, ALG-2, ALG-4 and ALG-9: which algorithm a token may name, and for which key."""

import json

from support import jws
from support.catalogue.line import Line
from support.catalogue.tenant import at
from support.forge import altered, claims, headers, rewritten
from support.issuer import KID
from support.signers import sign

NONE = [
    '"none"',
    '"None"',
    '"NONE"',
    '"nOnE"',
    '"none "',
    '"\\u006eone"',
    '["none"]',
    '["RS256"]',
    "null",
    "0",
    '""',
    "{}",
]


def unsigned(alg):
    """The header's `alg` is this JSON text; the signature is empty."""

    def make(server):
        header = jws.b64(f'{{"typ":"JWT","alg":{alg},"kid":"{KID}"}}'.encode())
        return f"{header}.{server.mint().split('.')[1]}."

    return make


def over_a_signature(alg):
    return rewritten(header=lambda text: text.replace('"RS256"', alg))


def signed(alg, kid=KID, kind=None, named=None):
    """Really signed with this algorithm, by the issuer's key or by another kind of key of the world."""

    def make(tenant, world):
        key = world.keys_of[kind] if kind else tenant.issuer.key
        header = {"typ": "JWT", "alg": named or alg, "kid": kid}
        payload = jws.encode(jws.decode(tenant.mint())[1])
        return jws.join(jws.b64(jws.encode(header)), jws.b64(payload), lambda text: sign(alg, key, text))

    return make


def mixed(alg, kind, **how):
    """With the issuer whose keys are of every kind; the kid is that of the key."""
    kid = KID if kind == "RSA" else kind
    return lambda world: signed(alg, kid, kind, **how)(world.tenants["mixed"], world)


def at_sample(alg):
    return lambda world: signed(alg)(world, world)


def at_tenant(name, alg):
    return lambda world: signed(alg)(world.tenants[name], world)


def relabelled(name, alg):
    """The header changed after it was signed."""

    def change(token):
        header, payload, signature = token.split(".")
        new = {**json.loads(jws.unb64(header)), "alg": alg}
        return f"{jws.b64(jws.encode(new))}.{payload}.{signature}"

    return at(name, altered(change))


UNKNOWN = ["rs256", "RS256 ", "RS-256", "XX256", "ES256K", "EdDSA", "RSA1_5", "A256GCM", "dir", "RS1", "Ed25519"]
OTHER_RSA = ["RS384", "RS512", "PS256", "PS384", "PS512"]
LINES = {
    "ALG-1": Line(
        {
            **{f"alg {alg} without signature": unsigned(alg) for alg in NONE},
            **{f"alg {alg} over a signature": over_a_signature(alg) for alg in NONE},
            "no alg over a signature": headers(alg=None),
        },
        {
            'alg "RS256" over a signature': over_a_signature('"RS256"'),
            "alg escaped": over_a_signature('"\\u0052S256"'),
        },
    ),
    "ALG-2": Line(
        {
            **{f"alg {alg!r}": headers(alg=alg) for alg in UNKNOWN},
            **{f"a genuine {alg}, not listed": at_sample(alg) for alg in OTHER_RSA},
        },
        {"a genuine RS256, listed": at_sample("RS256"), "a genuine PS256, listed": at("ps256", claims())},
    ),
    "ALG-4": Line(
        {
            "RS256 named, a P-256 key": mixed("ES256", "P-256", named="RS256"),
            "ES256 named, an RSA key": mixed("RS256", "RSA", named="ES256"),
            "ES256 named, a P-384 key": mixed("ES256", "P-384"),
            "ES384 named, a P-256 key": mixed("ES384", "P-256"),
            "ES384 named, signed as ES256": mixed("ES256", "P-256", named="ES384"),
            "ES256K": mixed("ES256", "secp256k1", named="ES256K"),
            "ES256 named, a secp256k1 key": mixed("ES256", "secp256k1"),
            "EdDSA named, an Ed448 key": mixed("EdDSA", "Ed448"),
            "EdDSA named, an X25519 key": lambda world: signed("EdDSA", "X25519", "Ed25519")(
                world.tenants["mixed"], world
            ),
            "EdDSA named, a P-256 key": mixed("ES256", "P-256", named="EdDSA"),
            "Ed25519 named, an Ed25519 key": mixed("EdDSA", "Ed25519", named="Ed25519"),
        },
        {
            "RS256, an RSA key": mixed("RS256", "RSA"),
            "ES256, a P-256 key": mixed("ES256", "P-256"),
            "ES384, a P-384 key": mixed("ES384", "P-384"),
            "EdDSA, an Ed25519 key": mixed("EdDSA", "Ed25519"),
        },
    ),
    "ALG-9": Line(
        {
            **{
                f"the key's alg RS256, a genuine {alg}": at_tenant("rsa", alg)
                for alg in ("RS384", "RS512", "PS256")
            },
            **{
                f"signed as RS256, then named {alg}": relabelled("rsa", alg)
                for alg in ("RS384", "RS512", "PS256", "none")
            },
            **{
                f"signed as ES256, then named {alg}": relabelled("es256", alg)
                for alg in ("ES384", "HS256", "RS256")
            },
        },
        {
            "the key's alg RS256, a genuine RS256": at_tenant("rsa", "RS256"),
            "ES256 named again": relabelled("es256", "ES256"),
        },
    ),
}
