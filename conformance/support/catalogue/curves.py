"""ALG-5 and ALG-8: signatures over curves that are special, or written in another way."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from support import edwards
from support.catalogue.line import Line
from support.catalogue.tenant import all_at
from support.forge import claims, each
from support.jws import b64, unb64
from support.signers import joined

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def resigned(change):
    """A good token whose signature's bytes are changed."""

    def make(tenant):
        text, _, signature = tenant.mint().rpartition(".")
        return f"{text}.{b64(change(unb64(signature)))}"

    return make


def parts(change):
    """r and s changed."""
    return resigned(lambda data: joined(*change(int.from_bytes(data[:32]), int.from_bytes(data[32:])), 32))


def der(tenant):
    """As certificates write it (RFC 3279 §2.2.3)."""
    text = tenant.mint().rpartition(".")[0]
    return f"{text}.{b64(tenant.issuer.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))}"


def low(s):
    return min(s, N - s)


SPECIAL = {"0": 0, "1": 1, "n-1": N - 1, "n": N, "n+1": N + 1, "p": P, "2^256-1": 2**256 - 1}
ZERO = bytes(1)


def edwards_case(forge):
    return lambda tenant: forged(tenant, forge)


def forged(tenant, forge):
    """`forge` makes a signature from the key and the text."""
    text, _, _ = tenant.mint().rpartition(".")
    return f"{text}.{b64(forge(edwards.Secret(tenant.issuer.key), text.encode()))}"


LINES = {
    "ALG-5": Line(
        all_at(
            "es256",
            {
                "r and s 0": parts(lambda *_: (0, 0)),
                "r and s n": parts(lambda *_: (N, N)),
                **each(
                    {f"r {name}": value for name, value in SPECIAL.items()},
                    lambda value: parts(lambda _, s: (value, s)),
                ),
                **each(
                    {f"s {name}": value for name, value in SPECIAL.items()},
                    lambda value: parts(lambda r, _: (r, value)),
                ),
                "r and s swapped": parts(lambda r, s: (s, r)),
                "r negated": parts(lambda r, s: (N - r, s)),
                "DER": der,
                "63 bytes": resigned(lambda data: data[:-1]),
                "65 bytes": resigned(lambda data: data + ZERO),
                "65 bytes, a zero first": resigned(lambda data: ZERO + data),
                "66 bytes, each padded": resigned(lambda data: ZERO + data[:32] + ZERO + data[32:]),
                "128 bytes": resigned(lambda data: data * 2),
                "s plus n": resigned(lambda data: data[:32] + (int.from_bytes(data[32:]) + N).to_bytes(33)),
            },
        ),
        all_at(
            "es256",
            {
                "low s": parts(lambda r, s: (r, low(s))),
                "high s": parts(lambda r, s: (r, N - low(s))),
                "as signed": claims(),
            },
        ),
    ),
    "ALG-8": Line(
        all_at(
            "eddsa",
            {
                "S plus L": resigned(
                    lambda data: data[:32] + edwards.little(edwards.number(data[32:]) + edwards.L)
                ),
                "S 0": resigned(lambda data: data[:32] + bytes(32)),
                "S L": resigned(lambda data: data[:32] + edwards.little(edwards.L)),
                "R of small order": resigned(lambda data: edwards.IDENTITY + data[32:]),
                "R the identity, not canonical": edwards_case(
                    lambda key, text: key.sign_without_nonce(text, edwards.ODD_IDENTITY)
                ),
                "R with a small part": edwards_case(lambda key, text: key.sign(text, twisted=True)),
                "zeros": resigned(lambda _: bytes(64)),
                "63 bytes": resigned(lambda data: data[:-1]),
                "65 bytes": resigned(lambda data: data + ZERO),
                "Ed448's size": resigned(lambda data: data + bytes(50)),
            },
        ),
        all_at("eddsa", {"as signed": claims(), "signed by hand": edwards_case(lambda key, text: key.sign(text))}),
    ),
}
