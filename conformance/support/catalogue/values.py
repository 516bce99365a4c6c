"""JWS-20 and JWS-21: numbers that would be rounded, and text that steers."""

from support.catalogue.line import Line
from support.catalogue.tenant import all_at
from support.forge import claims, headers, named, number

STRANGE = {
    "NUL": "\0",
    "CR LF": "\r\n",
    "ESC": "\x1b[31m",
    "bidi": "\u202e",
    "a line separator": "\u2028",
    "DEL": "\x7f",
}
NO_CONTROLS = ["bidi", "a line separator"]
CONTROLS = {f"{name} in sub": text for name, text in STRANGE.items() if name not in NO_CONTROLS}
SEEN = ["repository", "actor", "run_id", "jti"]
# What a number is may be judged by its claim; these are none in any.
NO_NUMBERS = ["1E400", "1e308", "NaN", "Infinity", "-Infinity", "01", "+1", "0x1", "1.", ".5"]
NO_NUMBERS += [str(2**64), str(-(2**63) - 1)]
NO_INTEGERS = ["0.1e1", "1.5", str(2**63), "-0", "1e3", '"1"', "true", "null"]
INTEGERS = ["0", "-1", str(2**53 + 1), str(2**63 - 1), str(-(2**63))]


def within(digits):
    return number("nested", f'{{"count":{digits}}}')


def strange(names, make):
    return {f"{what} in {name}": make(name, f"a{text}b") for name in names for what, text in STRANGE.items()}


LINES = {
    "JWS-20": Line(
        {
            **named("a claim nobody named,", NO_NUMBERS, lambda digits: number("x", digits)),
            **all_at(
                "typed", named("an integer,", NO_NUMBERS + NO_INTEGERS, lambda digits: number("count", digits))
            ),
            **all_at("typed", named("an integer within,", NO_INTEGERS, within)),
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
            **strange(SEEN, lambda name, text: claims(**{name: text})),
            **strange(["x"], lambda name, text: claims(**{name: text})),
            **strange(["x"], lambda name, text: headers(**{name: text})),
            **{f"{what} in sub": claims(sub=f"a{STRANGE[what]}b") for what in NO_CONTROLS},
        },
    ),
}
