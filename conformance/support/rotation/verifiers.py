"""Verifiers that keep a copy of the key set, each kind in its own way."""

import re
import time
from dataclasses import dataclass
from threading import Lock

import jwt

from support import http

REQUIRED = {"require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]}
UNKNOWN_KEY = "unknown key"


@dataclass(frozen=True)
class Kind:
    """How long a copy is kept (none: as its max-age says), at most how long, and whether an unknown kid
    makes it fetch another one, with at least so many seconds between two."""

    name: str
    keeps_s: float | None
    longest_s: float
    refetches_s: float | None = None


class Verifier:
    """One relying party. `check` may be called by any thread."""

    def __init__(self, kind, url, issuer, leeway_s, first_part=1.0):
        """`first_part` of the usual time is how long the first copy is kept."""
        self.kind, self._url, self._issuer, self._leeway_s = kind, url, issuer, leeway_s
        self._part = first_part
        self._lock, self._keys, self._fetched, self._until = Lock(), {}, 0.0, 0.0
        self.fetches, self.longest_fetch_s = 0, 0.0

    def check(self, token):
        """None, or why the token is refused."""
        kid = jwt.get_unverified_header(token)["kid"]
        try:
            with self._lock:
                key = self._key(kid)
            if key is None:
                return UNKNOWN_KEY
            jwt.decode(
                token, key, ["ES256"], REQUIRED, audience=http.DEPLOY, issuer=self._issuer, leeway=self._leeway_s
            )
        except (jwt.PyJWTError, OSError) as fault:
            return repr(fault)
        return None

    def _key(self, kid):
        now = time.monotonic()
        if now >= self._until or (kid not in self._keys and self._may_refetch(now)):
            self._fetch()
        return self._keys.get(kid)

    def _may_refetch(self, now):
        return self.kind.refetches_s is not None and now >= self._fetched + self.kind.refetches_s

    def _fetch(self):
        """The copy's age counts from when it arrived: who counts so keeps it longest."""
        begin = time.monotonic()
        answer = http.get(self._url + "/jwks")
        self._keys = {key["kid"]: jwt.PyJWK(key) for key in answer.json()["keys"]}
        told = int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"]).group(1))
        self._fetched = time.monotonic()
        keeps_s = told if self.kind.keeps_s is None else self.kind.keeps_s
        self._until, self._part = self._fetched + keeps_s * self._part, 1.0
        self.fetches += 1
        self.longest_fetch_s = max(self.longest_fetch_s, self._fetched - begin)


class Panel:
    """Some verifiers of each kind, whose copies differ in age; each token is checked by one of every kind."""

    def __init__(self, kinds, urls, issuer, leeway_s, each):
        self.kinds = kinds
        self.of = {
            kind: [
                Verifier(kind, urls[number % len(urls)], issuer, leeway_s, (number + 1) / each)
                for number in range(each)
            ]
            for kind in kinds
        }

    def some(self, number):
        """One of each kind, by turns."""
        return [verifiers[number % len(verifiers)] for verifiers in self.of.values()]

    def all(self):
        return [verifier for verifiers in self.of.values() for verifier in verifiers]
