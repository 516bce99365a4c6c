"""JWS-12 and JWS-17 to JWS-19: tokens that are long, deep or wide."""

from support.catalogue.json_text import deep, of_both
from support.catalogue.line import Line
from support.forge import claims, number, rewritten

TOKEN_BYTES_MAX = 16 * 1024
DEPTH_MAX = 32
TWICE = '{"AaAa":0,"BBBB":0,"AaBB":0,"AaAa":0,'


def of_size(size, filled="payload"):
    """A good token of exactly this many bytes, most of them in its header or its payload."""

    def make(server):
        def fill(count, more):
            """Which sizes a part can have depends on the other."""
            counts = {"header": more, "payload": more, filled: count}
            return server.mint({"filler": "x" * counts["payload"]}, {"x": "x" * counts["header"]})

        count = (size - len(fill(0, 0))) * 3 // 4
        tokens = (fill(count + off, more) for more in range(4) for off in range(-8, 5))
        return next(token for token in tokens if len(token) == size)

    return make


def lists(depth):
    return "[" * depth + "]" * depth


def objects(depth):
    return '{"x":' * depth + "0" + "}" * depth


def nested(depth):
    """A header or payload that has this depth."""
    return {f"{form.__name__} {depth} deep": deep(form(depth - 1)) for form in (lists, objects)}


def collide(count):
    """Names that many a simple hash maps to one value."""
    pairs = ("Aa", "BB")
    return {"".join(pairs[index >> bit & 1] for bit in range(8)): 0 for index in range(count)}


BOMBS = {
    "2,000 lists": deep(lists(2000)),
    "1,500 objects": deep(objects(1500)),
    "lists that never end": deep("[" * 4000),
}
LINES = {
    "JWS-12": Line(
        {"a token cut short": lambda server: server.mint()[:100]},
        {
            "exactly 16 KiB": of_size(TOKEN_BYTES_MAX),
            "a byte less": of_size(TOKEN_BYTES_MAX - 1),
            "a header of 8 KiB": of_size(12 * 1024, "header"),
        },
        {
            "too_large": {
                "a byte more than 16 KiB": of_size(TOKEN_BYTES_MAX + 1),
                "32 KiB": of_size(2 * TOKEN_BYTES_MAX),
            }
        },
    ),
    "JWS-17": Line(
        of_both({**nested(33), **nested(64), **nested(128), **nested(129), **BOMBS}),
        of_both(nested(DEPTH_MAX)),
        {"too_large": of_both({"100,000 lists": deep(lists(100_000))})},
    ),
    "JWS-18": Line(
        {
            "a list of 1,000 audiences": claims(aud=lambda _: ["x"] * 1000),
            "a repository of 8 KiB": claims(repository="x" * 8192),
            "a number of 9,000 digits": number("x", "9" * 9000),
        },
        {
            "1,000 claims that nobody named": claims(**{f"x{index}": 0 for index in range(1000)}),
            "a claim of 8 KiB that nobody named": claims(x="x" * 8192),
            "a repository of 4 KiB": claims(repository="x" * 4096),
        },
        {
            "too_large": {
                "4,000 claims": claims(**{f"x{index}": 0 for index in range(4000)}),
                "8,000 audiences": claims(aud=lambda _: ["x"] * 8000),
                "a number of 30,000 digits": number("x", "9" * 30_000),
            }
        },
    ),
    "JWS-19": Line(
        {"names that collide, one of them twice": rewritten(payload=lambda text: TWICE + text[1:])},
        {"256 names that collide": claims(**collide(256))},
    ),
}
