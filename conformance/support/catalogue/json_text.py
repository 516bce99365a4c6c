"""JWS-12 to JWS-21: sizes, and JSON that has one meaning or none."""

from support import jws
from support.answers import CANARY
from support.catalogue.line import Line
from support.catalogue.tenant import all_at
from support.forge import claims, each, headers, member, named, number, replaced, resigned, rewritten
from support.issuer import KID

TOKEN_BYTES_MAX = 16 * 1024
DEPTH_MAX = 32
FILLED = {"sub twice": '"sub"', "sub twice, once escaped": '"\\u0073ub"'}


def of_size(size, filled="payload"):
    """A good token of exactly this many bytes, most of them in its header or its payload."""

    def make(server):
        for more in range(4):
            def fill(count, more=more):
                header = {"x": "x" * (count if filled == "header" else more)}
                return server.mint({"filler": "x" * (count if filled == "payload" else more)}, header)

            count = (size - len(fill(0))) * 3 // 4
            for token in map(fill, range(count - 4, count + 4)):
                if len(token) == size:
                    return token
        raise AssertionError(f"no token has {size} bytes")

    return make


def instead(part, text):
    """Something else than the header or the payload, signed."""
    return resigned(**{part: lambda _: text})


def lists(depth):
    return "[" * depth + "]" * depth


def objects(depth):
    return '{"x":' * depth + "0" + "}" * depth


def with_member(part, text):
    return rewritten(**{part: lambda old: "{" + f'"deep":{text},' + old[1:]})


def of_both(cases):
    """Header and payload alike."""
    return {f"{name} in the {part}": make(part) for name, make in cases.items() for part in ("header", "payload")}


def around(change):
    return lambda part: resigned(**{part: change})


def deep(text):
    return lambda part: with_member(part, text)


def collide(count):
    """Names that many a simple hash maps to one value."""
    pairs = ("Aa", "BB")
    return {"".join(pairs[index >> bit & 1] for bit in range(8)): 0 for index in range(count)}


OBJECTS = {"a list": b"[]", "a list of it": b'[{"alg":"RS256"}]', "text": b'"x"', "a number": b"7", "null": b"null"}
STRANGE = {"NUL": "\0", "CR LF": "\r\n", "ESC": "\x1b[31m", "bidi": "\u202e", "a line separator": "\u2028", "DEL": "\x7f"}
NO_CONTROLS = ["bidi", "a line separator"]
CONTROLS = {f"{name} in sub": text for name, text in STRANGE.items() if name not in NO_CONTROLS}
SEEN = ["repository", "actor", "run_id", "jti"]
# What a number is may be judged by its claim; these are none in any.
NO_NUMBERS = ["1E400", "1e308", "NaN", "Infinity", "-Infinity", "01", "+1", "0x1", "1.", ".5", str(2**64), str(-(2**63) - 1)]
NO_INTEGERS = ["0.1e1", "1.5", str(2**63), "-0", "1e3", '"1"', "true", "null"]
INTEGERS = ["0", "-1", str(2**53 + 1), str(2**63 - 1), str(-(2**63))]


def strange(names, make):
    return {f"{what} in {name}": make(name, f"a{text}b") for name in names for what, text in STRANGE.items()}


LINES = {
    "JWS-12": Line(
        {"a token cut short": lambda server: server.mint()[:100]},
        {
            "exactly 16 KiB": of_size(TOKEN_BYTES_MAX),
            "a byte less": of_size(TOKEN_BYTES_MAX - 1),
            "a header of 8 KiB": of_size(12 * 1024, "header"),
        },
        {"too_large": {"a byte more than 16 KiB": of_size(TOKEN_BYTES_MAX + 1), "32 KiB": of_size(2 * TOKEN_BYTES_MAX)}},
    ),
    "JWS-13": Line(
        {
            **{f"a header that is {name}": instead("header", text) for name, text in OBJECTS.items()},
            **{f"a payload that is {name}": instead("payload", text) for name, text in OBJECTS.items()},
            "an empty header": instead("header", b"{}"),
            "an empty payload": instead("payload", b"{}"),
        },
        {"objects": rewritten()},
    ),
    "JWS-14": Line(
        of_both(
            {
                "text after it": around(lambda data: data + b"x"),
                "an object after it": around(lambda data: data + b"{}"),
                "a NUL after it": around(lambda data: data + b"\0"),
                "it twice": around(lambda data: data * 2),
                "a comment": around(lambda data: data + b"//"),
                "a comma too many": around(lambda data: data[:-1] + b",}"),
            }
        ),
        of_both({"white space after it": around(lambda data: data + b" \r\n\t")}),
    ),
    "JWS-15": Line(
        of_both(
            {
                "text that is not UTF-8": around(lambda data: b'{"x":"\xff",' + data[1:]),
                "an overlong character": around(lambda data: b'{"x":"\xc0\xaf",' + data[1:]),
                "an encoded surrogate": around(lambda data: b'{"x":"\xed\xa0\x80",' + data[1:]),
                "UTF-16": around(lambda data: data.decode().encode("utf-16")),
                "UTF-16 without a mark": around(lambda data: data.decode().encode("utf-16-le")),
                "UTF-32": around(lambda data: data.decode().encode("utf-32")),
                "a byte order mark": around(lambda data: b"\xef\xbb\xbf" + data),
                "a lone surrogate": deep('"\\ud800"'),
                "surrogates in the wrong order": deep('"\\udc00\\ud800"'),
                "a lone surrogate in a name": deep('{"\\ud800":0}'),
                "a raw control character": deep('"\x01"'),
            }
        ),
        of_both({"characters beyond ASCII": deep('"å\U0001f600"'), "a pair of surrogates": deep('"\\ud83d\\ude00"')}),
    ),
    "JWS-16": Line(
        {
            **{f"alg twice, {alg} first": rewritten(header=member('"alg"', alg)) for alg in ("RS256", "none")},
            "alg twice, none last": rewritten(header=lambda text: text[:-1] + ',"alg":"none"}'),
            "kid twice": rewritten(header=member('"kid"', KID)),
            "alg twice, once escaped": rewritten(header=member('"\\u0061lg"', "RS256")),
            **{f"{name} twice": rewritten(payload=member(f'"{name}"', "x")) for name in ("iss", "sub", "aud", "exp", "jti")},
            **{f"{name} with another value": rewritten(payload=member(text, "x")) for name, text in FILLED.items()},
            "a claim twice that nobody named": rewritten(payload=lambda text: '{"x":1,"x":1,' + text[1:]),
            **of_both({"twice within an object": deep('{"x":1,"x":1}'), "twice within a list": deep('[{"x":1,"\\u0078":1}]')}),
        },
        of_both({"one name in two objects": deep('[{"x":1},{"x":1}]'), "names that differ by case": deep('{"x":1,"X":1}')}),
    ),
    "JWS-17": Line(
        of_both({f"{name} {depth} deep": deep(make(depth - 1)) for depth in (33, 64, 128, 129) for name, make in (("lists", lists), ("objects", objects))}
                | {"2,000 lists": deep(lists(2000)), "lists that never end": deep("[" * 4000), "1,500 objects": deep(objects(1500))}),
        of_both({f"{name} {DEPTH_MAX} deep": deep(make(DEPTH_MAX - 1)) for name, make in (("lists", lists), ("objects", objects))}),
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
                "100,000 claims": claims(**{f"x{index}": 0 for index in range(4000)}),
                "20,000 audiences": claims(aud=lambda _: ["x"] * 8000),
                "a number of 30,000 digits": number("x", "9" * 30_000),
            }
        },
    ),
    "JWS-19": Line(
        {"names that collide, one of them twice": rewritten(payload=lambda text: '{"AaAa":0,"BBBB":0,"AaBB":0,"AaAa":0,' + text[1:])},
        {"256 names that collide": claims(**collide(256))},
    ),
    "JWS-20": Line(
        {
            **named("a claim nobody named,", NO_NUMBERS, lambda digits: number("x", digits)),
            **all_at("typed", named("an integer,", NO_NUMBERS + NO_INTEGERS, lambda digits: number("count", digits))),
            **all_at("typed", named("an integer within,", NO_INTEGERS, lambda digits: number("nested", f'{{"count":{digits}}}'))),
        },
        {
            **named("a claim nobody named,", [*NO_INTEGERS, *INTEGERS], lambda digits: number("x", digits)),
            **all_at("typed", named("an integer,", INTEGERS, lambda digits: number("count", digits))),
            **all_at("typed", {"no integer": claims()}),
        },
        {"conditions_failed": all_at("typed", {"2^53 itself": number("count", str(2**53))})},
    ),
    "JWS-21": Line(
        {
            **{name: claims(sub=f"a{text}b") for name, text in CONTROLS.items()},
            **strange(["kid", "typ", "alg"], lambda name, text: headers(**{name: text})),
        },
        {
            **strange(SEEN, lambda name, text: claims(**{name: text + str(id(text))})),
            **strange(["x"], lambda name, text: claims(**{name: text})),
            **strange(["x"], lambda name, text: headers(**{name: text})),
            **{f"{what} in sub": claims(sub=f"a{STRANGE[what]}b") for what in NO_CONTROLS},
        },
    ),
}
