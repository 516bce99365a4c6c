"""Signatures of every algorithm, and keys as a key set shows them."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support import jws

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp256k1": "secp256k1"}
OKP = {
    ed25519.Ed25519PrivateKey: "Ed25519",
    ed448.Ed448PrivateKey: "Ed448",
    x25519.X25519PrivateKey: "X25519",
}
NEW = {
    "RSA": jws.new_key,
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
    "X25519": x25519.X25519PrivateKey.generate,
}


def pss(digest, salt=None, mask=None):
    return padding.PSS(padding.MGF1(mask or digest), digest.digest_size if salt is None else salt)


def rsa_pss(key, data, digest=HASHES["256"], salt=None, mask=None):
    return key.sign(data, pss(digest, salt, mask), digest)


def ecdsa(key, data, digest):
    """r and s in full width (RFC 7518 §3.4)."""
    return joined(*decode_dss_signature(key.sign(data, ec.ECDSA(digest))), width(key))


def joined(r, s, size):
    return r.to_bytes(size) + s.to_bytes(size)


def width(key):
    return (key.key_size + 7) // 8


def sign(alg, key, text):
    """What `alg` says, as far as the key can do it: a key of another size keeps its size."""
    data, digest = text.encode(), HASHES.get(alg[2:5])
    if isinstance(key, rsa.RSAPrivateKey):
        return rsa_pss(key, data, digest) if alg.startswith("PS") else key.sign(data, padding.PKCS1v15(), digest)
    return ecdsa(key, data, digest) if isinstance(key, ec.EllipticCurvePrivateKey) else key.sign(data)


def jwk(key, kid, /, **more):
    """The public half, as it would be published; None leaves a member out."""
    members = {"kid": kid, **numbers(key), **more}
    return {name: value for name, value in members.items() if value is not None}


def numbers(key):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        return {name: value for name, value in jws.public_jwk(key, "").items() if name in ("kty", "n", "e")}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        point, size = public.public_numbers(), width(key)
        x, y = (jws.b64(value.to_bytes(size)) for value in (point.x, point.y))
        return {"kty": "EC", "crv": CURVES[key.curve.name], "x": x, "y": y}
    crv = next(name for kind, name in OKP.items() if isinstance(key, kind))
    return {"kty": "OKP", "crv": crv, "x": jws.b64(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}
