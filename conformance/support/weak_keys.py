"""RSA by the book, so that a key can be of any size and shape and still sign."""

import hashlib
from dataclasses import dataclass
from math import prod

from cryptography.hazmat.primitives.asymmetric import rsa

from support import jws

DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
E = 65537


@dataclass(frozen=True)
class RsaKey:
    primes: tuple
    e: int = E

    @property
    def n(self):
        return prod(self.primes)

    def sign(self, data, *_):
        """PKCS #1 v1.5 with SHA-256, one prime at a time (RFC 8017 §5.1.2 and §9.2)."""
        size = (self.n.bit_length() + 7) // 8
        digest = DIGEST_INFO + hashlib.sha256(data).digest()
        message = int.from_bytes(b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest)
        signature = self._root(message)
        assert pow(signature, self.e, self.n) == message
        return signature.to_bytes(size)

    def _root(self, message):
        first, *others = self.primes
        if others == [first]:
            return pow(message, pow(self.e, -1, first * (first - 1)), self.n)
        return sum(self._share(message, prime) for prime in self.primes) % self.n

    def _share(self, message, prime):
        root = pow(message % prime, pow(self.e, -1, prime - 1) if prime > 2 else 1, prime)
        rest = self.n // prime
        return root * rest * pow(rest, -1, prime)

    def jwk(self, kid):
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": number(self.n), "e": number(self.e)}


def number(value):
    return jws.b64(value.to_bytes((value.bit_length() + 7) // 8))


def primes(count, bits=1024, e=E):
    found = []
    while len(found) < count:
        pair = rsa.generate_private_key(e, 2 * bits).private_numbers()
        found += [pair.p, pair.q]
    return tuple(found[:count])


# Each signs what any verifier that takes it would believe.
WEAK = {
    "1024 bits": lambda: RsaKey(primes(2, bits=512)),
    "2047 bits": lambda: RsaKey(primes(1) + primes(1, bits=1023)),
    "16384 bits": lambda: RsaKey(primes(16)),
    "an even modulus": lambda: RsaKey((2, *primes(2))),
    "a small factor": lambda: RsaKey((101, *primes(2))),
    "one prime twice": lambda: RsaKey(primes(1) * 2),
    "exponent 1": lambda: RsaKey(primes(2), e=1),
    "exponent 3": lambda: RsaKey(primes(2, e=3), e=3),
    "an exponent of 33 bits": lambda: RsaKey(primes(2), e=2**32 + 1),
}
SOUND = {
    "2048 bits": lambda: RsaKey(primes(2)),
    "8192 bits": lambda: RsaKey(primes(8)),
}
