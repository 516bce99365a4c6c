"""JWS-10 and JWS-11: tokens that are encrypted, or wrapped in another."""

import hashlib
import secrets
import zlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from support import jws
from support.catalogue.line import Line
from support.forge import altered, headers, rewritten
from support.signers import NEW, numbers

DEFLATED = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB = DEFLATED.compress(bytes(8 * 1024 * 1024)) + DEFLATED.flush()


def jwe(header, wrapped, content, text):
    """RFC 7516 §7.1 with A256GCM."""
    head, nonce = jws.b64(jws.encode({"enc": "A256GCM", **header})), secrets.token_bytes(12)
    sealed = AESGCM(content).encrypt(nonce, text, head.encode())
    return ".".join([head, *(jws.b64(part) for part in (wrapped, nonce, sealed[:-16], sealed[-16:]))])


def by_rsa(server, text=None, **header):
    """To a public key that is really there."""
    key = secrets.token_bytes(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    wrapped = server.issuer.key.public_key().encrypt(key, oaep)
    return jwe({"alg": "RSA-OAEP", **header}, wrapped, key, text or server.mint().encode())


def by_agreement(server):
    """To the key that we sign with (RFC 7518 §4.6)."""
    ours, own = server.keys()[0], NEW["P-256"]()
    x, y = (int.from_bytes(jws.unb64(ours[name])) for name in "xy")
    shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    about = b"".join([size(7), b"A256GCM", size(0), size(0), size(256)])
    key = hashlib.sha256(size(1) + shared + about).digest()
    header = {"alg": "ECDH-ES", "epk": numbers(own), "kid": ours["kid"], "cty": "JWT"}
    return jwe(header, b"", key, server.mint().encode())


def size(number):
    return number.to_bytes(4)


def direct(key):
    return lambda server: jwe({"alg": "dir"}, b"", key, server.mint().encode())


def by_password(count):
    """Whoever derives the key is busy for minutes; nobody derives it here."""
    header = {"alg": "PBES2-HS256+A128KW", "p2s": jws.b64(bytes(16)), "p2c": count}
    return lambda server: jwe(header, bytes(40), bytes(32), server.mint().encode())


def nested(server):
    """Signed, and what is signed is a good token."""
    header = {"alg": "RS256", "kid": "conformance-1", "cty": "JWT"}
    return server.issuer.sign(jws.encode(header), server.mint().encode())


def wrapped_in(name):
    return lambda server: server.issuer.sign(
        b'{"alg":"RS256","kid":"conformance-1"}', jws.encode({name: server.mint()})
    )


LINES = {
    "JWS-10": Line(
        {
            "RSA-OAEP to the issuer's key": by_rsa,
            "ECDH-ES to our key": by_agreement,
            "dir with zeros": direct(bytes(32)),
            "dir with a guess": direct(hashlib.sha256(b"secret").digest()),
            "PBES2 with 2^31 rounds": by_password(2**31),
            "PBES2 with 1 round": by_password(1),
            "a bomb of eight million bytes": lambda server: by_rsa(server, BOMB, zip="DEF"),
            "enc in the header of a signed token": headers(enc="A256GCM"),
            "zip in the header of a signed token": headers(zip="DEF"),
        },
        {"signed alone": rewritten()},
    ),
    "JWS-11": Line(
        {
            "a token within a token": nested,
            "a token within a claim": wrapped_in("token"),
            "cty JWT": headers(cty="JWT"),
            "cty jwt": headers(cty="jwt"),
            "cty application/json": headers(cty="application/json"),
        },
        {"the inner token alone": altered(str)},
    ),
}
