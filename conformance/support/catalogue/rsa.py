"""ALG-6 and ALG-7: RSA signatures that only a lenient verifier takes.

The key is ours, so whatever is written before it is padded can really be signed.
"""

import hashlib

from support import jws
from support.catalogue.line import Line
from support.catalogue.tenant import all_at
from support.forge import claims
from support.signers import HASHES, rsa_pss

SIZE = 256
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
NO_NULL = bytes.fromhex("302f300b0609608648016503040201" + "0420")
LONG_FORM = bytes.fromhex("308131300d060960864801650304020105000420")
PARAMETERS = bytes.fromhex("3033300f060960864801650304020105020101" + "0420")
SHA1 = bytes.fromhex("3021300906052b0e03021a05000414")


def signed(change):
    """`change` makes what is signed, or its number, from the digest."""

    def make(server):
        text, _, _ = server.mint().rpartition(".")
        numbers = server.issuer.key.private_numbers()
        message = change(hashlib.sha256(text.encode()).digest())
        root = pow(int.from_bytes(message), numbers.d, numbers.public_numbers.n)
        return f"{text}.{jws.b64(root.to_bytes(SIZE))}"

    return make


def filled(end, first=b"\0\1", byte=b"\xff"):
    return first + byte * (SIZE - len(first) - 1 - len(end)) + b"\0" + end


def spaced(end, count):
    """Too little padding, and the rest of the space after the hash: the shape of forgeries for exponent 3."""
    start = b"\0\1" + b"\xff" * count + b"\0" + end
    return start + b"\xaa" * (SIZE - len(start))


def with_signature(change):
    """The signature's bytes, from the right ones and the modulus."""

    def make(server):
        text, _, signature = server.mint().rpartition(".")
        modulus = server.issuer.key.public_key().public_numbers().n
        return f"{text}.{jws.b64(change(jws.unb64(signature), modulus))}"

    return make


def short(server):
    """A good signature whose first byte is zero, without that byte."""
    while True:
        text, _, signature = server.mint().rpartition(".")
        data = jws.unb64(signature)
        if data[0] == 0:
            return f"{text}.{jws.b64(data[1:])}"


def pss(**how):
    def make(server):
        header, payload, _ = server.mint().split(".")
        return jws.join(header, payload, lambda text: rsa_pss(server.issuer.key, text.encode(), **how))

    return make


def digest(name):
    return {"mask": HASHES[name]}


LINES = {
    "ALG-6": Line(
        {
            "0": with_signature(lambda *_: bytes(SIZE)),
            "1": with_signature(lambda *_: (1).to_bytes(SIZE)),
            "n-1": with_signature(lambda _, n: (n - 1).to_bytes(SIZE)),
            "n": with_signature(lambda _, n: n.to_bytes(SIZE)),
            "the signature plus n": with_signature(lambda data, n: (int.from_bytes(data) + n).to_bytes(SIZE + 1)),
            "n minus the signature": with_signature(lambda data, n: (n - int.from_bytes(data)).to_bytes(SIZE)),
            "a leading zero": with_signature(lambda data, _: b"\0" + data),
            "a trailing zero": with_signature(lambda data, _: data + b"\0"),
            "twice": with_signature(lambda data, _: data * 2),
            "half": with_signature(lambda data, _: data[: SIZE // 2]),
            "its first byte is zero and left out": short,
            "garbage after the hash, eight bytes of padding": signed(lambda hash: spaced(PREFIX + hash, 8)),
            "garbage after the hash, one byte of padding": signed(lambda hash: spaced(PREFIX + hash, 1)),
            "garbage within the padding": signed(lambda hash: filled(PREFIX + hash, byte=b"\xfe")),
            "no padding": signed(lambda hash: bytes(SIZE - 51) + PREFIX + hash),
            "NULL is missing": signed(lambda hash: filled(NO_NULL + hash)),
            "other parameters": signed(lambda hash: filled(PARAMETERS + hash)),
            "a length in the long form": signed(lambda hash: filled(LONG_FORM + hash)),
            "the hash alone": signed(filled),
            "block type 2": signed(lambda hash: filled(PREFIX + hash, b"\0\2")),
            "block type 0": signed(lambda hash: filled(PREFIX + hash, b"\0\0", b"\0")),
            "a SHA-1 of it": signed(lambda hash: filled(SHA1 + hash[:20])),
            "a byte of the hash is missing": signed(lambda hash: filled(PREFIX + hash[:-1])),
            "PKCS #1 v1.5 named RS256, made by PSS": pss(),
        },
        {"made by hand": signed(lambda hash: filled(PREFIX + hash)), "as signed": claims()},
    ),
    "ALG-7": Line(
        all_at(
            "ps256",
            {
                "no salt": pss(salt=0),
                "a salt of 31 bytes": pss(salt=31),
                "a salt of 33 bytes": pss(salt=33),
                "the longest salt": pss(salt=SIZE - 34),
                "a mask by SHA-384": pss(**digest("384")),
                "SHA-384": pss(digest=HASHES["384"]),
                "SHA-512": pss(digest=HASHES["512"]),
                "named PS256, made by PKCS #1 v1.5": signed(lambda hash: filled(PREFIX + hash)),
            },
        ),
        all_at("ps256", {"a salt of 32 bytes": pss(salt=32), "as signed": claims()}),
    ),
}
