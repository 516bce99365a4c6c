"""Ed25519 by the book (RFC 8032 §5.1), so that a signature can be special."""

import hashlib

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P


def number(data):
    return int.from_bytes(data, "little")


def little(value):
    return value.to_bytes(32, "little")


def x_of(y, sign=0):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == sign else P - x


def add(one, other):
    (x1, y1), (x2, y2) = one, other
    cross = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P)
    return x % P, (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P) % P


def times(scalar, point):
    result = (0, 1)
    while scalar:
        result = add(result, point) if scalar & 1 else result
        point, scalar = add(point, point), scalar >> 1
    return result


def encode(point):
    return little(point[1] | (point[0] & 1) << 255)


BASE = (x_of(BASE_Y), BASE_Y)
# The point of order two, and the neutral one: canonical, and as y + p.
TWO = (0, P - 1)
IDENTITY, ODD_IDENTITY = little(1), little(P + 1)


class Secret:
    def __init__(self, key):
        seed = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        half = number(hashlib.sha512(seed).digest()[:32])
        self.scalar = half & (1 << 254) - 8 | 1 << 254

    def sign(self, text, twisted=False):
        """With `twisted`, R has a part of order two that only a sloppy equation loses."""
        nonce = number(hashlib.sha512(text).digest()) % L
        point = times(nonce, BASE)
        return self._finish(encode(add(point, TWO) if twisted else point), nonce, text)

    def sign_without_nonce(self, text, point):
        return self._finish(point, 0, text)

    def _finish(self, point, nonce, text):
        challenge = number(hashlib.sha512(point + self.public + text).digest())
        return point + little((nonce + challenge * self.scalar) % L)
