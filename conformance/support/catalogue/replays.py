"""RPL-1 and RPL-2: ids that cannot be kept, and other spellings of a token that was used."""

from support import jws
from support.catalogue import curves
from support.catalogue.line import Line
from support.catalogue.tenant import at
from support.forge import claims, given, nulled

IDS = {
    "empty": "",
    "257 bytes": "x" * 257,
    "10 KiB": "x" * 10_240,
    "a number": 7,
    "a list": ["x"],
    "true": True,
    "an object": {},
}


def high(token):
    """Another signature of the same key over the same text, which anybody can make from the first."""
    text, _, signature = token.rpartition(".")
    data = jws.unb64(signature)
    r, s = int.from_bytes(data[:32]), int.from_bytes(data[32:])
    return f"{text}.{jws.b64(curves.joined(r, curves.N - s, 32))}"


def with_id(make):
    """An id that no other token has, even where these run twice."""
    return lambda server: server.mint({"jti": make(jws.decode(server.mint())[1]["jti"])})


LINES = {
    "RPL-1": Line(
        {
            "no jti": claims(jti=None),
            "jti null": nulled("jti"),
            **given("jti", IDS),
        },
        {
            "a jti of 256 bytes": with_id(lambda id: id + "x" * (256 - len(id))),
            "no jti where the text signed is the id": at("es256-by-text", claims(jti=None)),
            "no jti where tokens may be used again": at("kubernetes", claims(jti=None)),
        },
    ),
}
