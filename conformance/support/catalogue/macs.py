"""ALG-3: signatures by what is public, as if that were a secret."""

import hmac
import json

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support import jws
from support.catalogue.line import Line
from support.catalogue.tenant import all_at
from support.forge import claims
from support.issuer import KID
from support.signers import jwk, numbers

PKCS1 = PublicFormat.PKCS1


def with_mac(alg, secret):
    """Keyed with what is public."""

    def make(server):
        header = jws.b64(jws.encode({"typ": "JWT", "alg": alg, "kid": KID}))
        payload = server.mint().split(".")[1]
        key = secret(server.issuer.key)
        return jws.join(header, payload, lambda text: hmac.digest(key, text.encode(), f"sha{alg[2:]}"))

    return make


def public(encoding, form=PublicFormat.SubjectPublicKeyInfo):
    return lambda key: key.public_key().public_bytes(encoding, form)


def thumbprint_input(key):
    return json.dumps(numbers(key), sort_keys=True, separators=(",", ":")).encode()


SECRETS = {
    "the PEM": public(Encoding.PEM),
    "the PEM without its last line feed": lambda key: public(Encoding.PEM)(key).rstrip(),
    "the DER": public(Encoding.DER),
    "the PKCS #1 PEM": public(Encoding.PEM, PKCS1),
    "the PKCS #1 DER": public(Encoding.DER, PKCS1),
    "the JWK": lambda key: jws.encode(jws.public_jwk(key, KID)),
    "the JWK with blanks": lambda key: json.dumps(jws.public_jwk(key, KID)).encode(),
    "the thumbprint's input": thumbprint_input,
    "the modulus": lambda key: key.public_key().public_numbers().n.to_bytes(256),
    "the modulus as text": lambda key: jws.public_jwk(key, KID)["n"].encode(),
    "nothing": lambda _: b"",
    "a guess": lambda _: b"secret",
}
EC_SECRETS = {
    "the PEM of a curve": public(Encoding.PEM),
    "the DER of a curve": public(Encoding.DER),
    "the point": public(Encoding.X962, PublicFormat.UncompressedPoint),
    "x": lambda key: key.public_key().public_numbers().x.to_bytes(32),
    "x as text": lambda key: numbers(key)["x"].encode(),
    "the JWK of a curve": lambda key: jws.encode(jwk(key, KID)),
}


def keyed(secrets):
    return {
        f"HS{size} keyed with {name}": with_mac(f"HS{size}", secret)
        for size in (256, 384, 512)
        for name, secret in secrets.items()
    }


LINES = {
    "ALG-3": Line(
        {**keyed(SECRETS), **all_at("es256", keyed(EC_SECRETS))},
        {
            "signed with the private key": claims(),
            **all_at("es256", {"signed with the private key of a curve": claims()}),
        },
    ),
}
