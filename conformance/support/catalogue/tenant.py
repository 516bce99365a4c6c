"""An issuer beside the sample's, seen as a `Server` sees its own: `mint`, `url`, `issuer`."""

import time
import uuid

from support.issuer import Identity


class Quiet(Identity):
    """Signs with one algorithm and serves nothing; its claims are what its platform would say."""

    def __init__(self, url, key, algorithm="RS256", claims=None):
        super().__init__(url, key)
        self.algorithm, self.claims = algorithm, claims or {}

    def usual(self, audience):
        now = int(time.time())
        return {
            "iss": self.url,
            "aud": audience,
            "sub": "repo:octo-org/octo-repo",
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + 300,
            "workload": "74",
            **self.claims,
        }


class Tenant:
    def __init__(self, url, issuer):
        self.url, self.issuer = url, issuer

    def mint(self, claims=None, headers=None, key=None):
        return self.issuer.mint(self.url, claims, headers, key)


def at(name, make):
    """The same way to make a token, with another issuer of the world."""
    return lambda world: make(world.tenants[name])


def all_at(name, cases):
    return {case: at(name, make) for case, make in cases.items()}
