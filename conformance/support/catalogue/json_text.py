"""JWS-13 to JWS-16: JSON that has one meaning, or none."""

from support.catalogue.line import Line
from support.forge import member, resigned, rewritten
from support.issuer import KID

REGISTERED = ["iss", "sub", "aud", "exp", "jti"]


def of_both(cases):
    """Header and payload alike."""
    return {f"{name} in the {part}": make(part) for name, make in cases.items() for part in ("header", "payload")}


def deep(text):
    return lambda part: with_member(part, text)


def with_member(part, text):
    return rewritten(**{part: lambda old: "{" + f'"deep":{text},' + old[1:]})


def instead(part, text):
    """Something else than the header or the payload, signed."""
    return resigned(**{part: lambda _: text})


def around(change):
    return lambda part: resigned(**{part: change})


TWICE_WITHIN = {
    "twice within an object": deep('{"x":1,"x":1}'),
    "twice within a list": deep('[{"x":1,"\\u0078":1}]'),
}
ONCE_EACH = {
    "one name in two objects": deep('[{"x":1},{"x":1}]'),
    "names that differ by case": deep('{"x":1,"X":1}'),
}
OBJECTS = {"a list": b"[]", "a list of it": b'[{"alg":"RS256"}]', "text": b'"x"', "a number": b"7", "null": b"null"}
LINES = {
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
        of_both(
            {"characters beyond ASCII": deep('"å\U0001f600"'), "a pair of surrogates": deep('"\\ud83d\\ude00"')}
        ),
    ),
    "JWS-16": Line(
        {
            **{f"alg twice, {alg} first": rewritten(header=member('"alg"', alg)) for alg in ("RS256", "none")},
            "alg twice, none last": rewritten(header=lambda text: text[:-1] + ',"alg":"none"}'),
            "kid twice": rewritten(header=member('"kid"', KID)),
            "alg twice, once escaped": rewritten(header=member('"\\u0061lg"', "RS256")),
            **{f"{name} twice": rewritten(payload=member(f'"{name}"', "x")) for name in REGISTERED},
            "sub twice, once escaped": rewritten(payload=member('"\\u0073ub"', "x")),
            "a claim twice that nobody named": rewritten(payload=lambda text: '{"x":1,"x":1,' + text[1:]),
            **of_both(TWICE_WITHIN),
        },
        of_both(ONCE_EACH),
    ),
}
