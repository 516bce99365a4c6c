"""TIM-1 to TIM-5: times. Our clock cannot be stopped from here, so bounds have five seconds to spare."""

from support.catalogue.line import Line
from support.catalogue.tenant import at
from support.forge import claims, later, named, now, nulled, replaced

LEEWAY, LIFETIME, SPARE = 30, 900, 5
NO_TIMES = ['""', "true", "[]", "{}", '"x"']


def in_text(seconds):
    return f'"{now() + seconds}"'


def expiring(seconds, life=300):
    """A token that has lived for a while, and ends so many seconds from now."""
    return claims(exp=later(seconds), iat=later(seconds - life), nbf=later(seconds - life))


def lasting(begin, seconds):
    """Its times come from one look at the clock."""
    return lambda server: server.mint({"iat": (start := now() + begin), "exp": start + seconds, "nbf": None})


FAR = {
    "0": "0",
    "negative": "-1",
    "a billion years": "1e308",
    "more than a double": "1e400",
    "2^31": str(2**31),
    "2^32": str(2**32),
    "2^53": str(2**53),
    "2^63": str(2**63),
    "2^64": str(2**64),
    "the year 10000": "253402300800",
    "the end of 9999": "253402300799",
    "milliseconds": lambda: str((now() + 300) * 1000),
    "a fraction past the leeway": lambda: f"{now() - LEEWAY - SPARE}.5",
}

LINES = {
    "TIM-1": Line(
        {
            "no exp": claims(exp=None),
            "exp null": nulled("exp"),
            **named("exp", [*NO_TIMES, "[1]"], lambda text: replaced("exp", text)),
            "exp in text": replaced("exp", lambda: in_text(300)),
        },
        {"exp a number": replaced("exp", lambda: str(now() + 300))},
    ),
    "TIM-2": Line(
        {f"exp {name}": replaced("exp", text) for name, text in FAR.items()},
        {
            "exp with a fraction": replaced("exp", lambda: f"{now() + 300}.5"),
            "exp with an exponent": replaced("exp", lambda: f"{now() + 300}e0"),
            "exp with an exponent and a fraction": replaced("exp", lambda: f"{(now() + 300) / 1000}e3"),
            "exp with .0": replaced("exp", lambda: f"{now() + 300}.0"),
            "iat with a fraction": replaced("iat", lambda: f"{now() - 1}.5"),
        },
    ),
    "TIM-3": Line(
        {
            "exp past, and the leeway too": expiring(-LEEWAY - SPARE),
            "exp long past": expiring(-86_400),
            "nbf future, beyond the leeway": claims(nbf=later(LEEWAY + SPARE)),
            "iat future, beyond the leeway": claims(iat=later(LEEWAY + SPARE), nbf=None),
            "iat after exp": lasting(20, -10),
            "iat equal to exp": lasting(10, 0),
            "nbf after exp": claims(nbf=later(20), exp=later(10)),
            **{
                f"{name} {text}": replaced(name, text)
                for name in ("nbf", "iat")
                for text in [*NO_TIMES, "null", "-1", str(2**63)]
            },
            **{f"{name} in text": replaced(name, lambda: in_text(0)) for name in ("nbf", "iat")},
        },
        {
            "exp past, within the leeway": expiring(-LEEWAY + SPARE),
            "exp in this second": expiring(0),
            "exp in the next second": expiring(1),
            "nbf now": claims(nbf=later(0)),
            "nbf future, within the leeway": claims(nbf=later(LEEWAY - SPARE)),
            "iat future, within the leeway": claims(iat=later(LEEWAY - SPARE), nbf=None),
            "no nbf": claims(nbf=None),
            "nbf long past": claims(nbf=later(-86_400)),
        },
    ),
    "TIM-4": Line(
        {
            "a life of a second more than the bundle permits": lasting(0, LIFETIME + 1),
            "a life of an hour": lasting(0, 3600),
            "no iat": claims(iat=None),
            "an old iat and an exp to come": claims(iat=later(-86_400), nbf=None),
        },
        {
            "a life of exactly what the bundle permits": lasting(0, LIFETIME),
            "no iat in an SVID": at("spiffe", claims(iat=None)),
        },
    ),
    "TIM-5": Line(
        {"exp past the leeway once": expiring(-LEEWAY - SPARE), "exp past the leeway twice": expiring(-2 * LEEWAY)},
        {"exp past, within the leeway once": expiring(-LEEWAY + SPARE)},
    ),
}
