"""CLM-13 to CLM-17: other kinds of tokens, and claims that mean more than they look."""

from support import jws
from support.catalogue.line import Line
from support.forge import claims, headers

LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def ours(world):
    """What we issue ourselves."""
    return world.exchange().token


def ours_under(**changes):
    """Its claims as they are, but for these, signed by an issuer that we trust."""

    def make(world):
        payload = {**jws.decode(ours(world))[1], **changes}
        return world.issuer.sign(jws.encode({"alg": "RS256", "kid": "conformance-1"}), jws.encode(payload))

    return make


def nested(depth):
    actor = {"sub": "x"}
    for _ in range(depth):
        actor = {"sub": "x", "act": actor}
    return actor


ACTORS = {
    "text": "x",
    "a list": [{"sub": "x"}],
    "a number": 7,
    "empty": {},
    "true": True,
    "an actor": {"sub": "x"},
    "25 actors": nested(25),
}
CONFIRMATIONS = {
    "a thumbprint": {"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
    "a certificate's thumbprint": {"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"},
    "a private key": {"jwk": {"kty": "oct", "k": "AAAA"}},
    "empty": {},
    "text": "x",
}
REPLICAS = {
    "iss": "https://other.example.com",
    "sub": "repo:other/other",
    "aud": "https://other.example.com",
}


def replicated(name):
    """The very same value in the header."""

    def make(server):
        value = jws.decode(server.mint())[1][name]
        return server.mint({name: value}, {name: value})

    return make


LINES = {
    "CLM-13": Line(
        {
            "a token of ours": ours,
            "a token of ours, signed by the issuer": ours_under(),
            "a logout token": claims(events=LOGOUT, nonce=None, sid="x"),
            "a security event": claims(
                events={"https://schemas.openid.net/secevent/risc/event-type/account-disabled": {}}
            ),
            "a security event without type": claims(events={}),
            "an access token": headers(typ="at+jwt"),
            "an access token with client and scope": lambda server: server.mint(
                {"client_id": "x", "scope": "x"}, {"typ": "at+jwt"}
            ),
            "a refresh token": claims(aud="https://issuer.example.com/token", token_use="refresh"),
        },
        {
            "an ID token": claims(nonce="x", auth_time=1),
            "client and scope, of no type": claims(client_id="x", scope="x"),
        },
    ),
    "CLM-14": Line(
        {"act 200 deep": claims(act=nested(200))},
        # Nobody reads them, so nothing is granted because of them.
        {
            f"{name} {what}": claims(**{name: value})
            for name in ("act", "may_act")
            for what, value in ACTORS.items()
        },
    ),
    "CLM-15": Line(
        {f"cnf {name}": claims(cnf=value) for name, value in CONFIRMATIONS.items()}, {"no cnf": claims()}
    ),
    "CLM-16": Line(
        {
            **{f"another {name} in the header": headers(**{name: value}) for name, value in REPLICAS.items()},
            "aud in the header in a list": lambda server: server.mint(headers={"aud": [server.url]}),
        },
        {
            **{f"the same {name} in the header": replicated(name) for name in REPLICAS},
            "exp in the header": headers(exp=1),
        },
    ),
    "CLM-17": Line(
        {"a nonce, signed by another key": lambda server: server.mint({"nonce": "x"}, key=jws.new_key())},
        {
            "a nonce": claims(nonce="x"),
            "a nonce that is a number": claims(nonce=7),
            "an at_hash": claims(at_hash="x"),
            "an at_hash and a c_hash that are no text": claims(at_hash=[], c_hash={}),
        },
    ),
}
