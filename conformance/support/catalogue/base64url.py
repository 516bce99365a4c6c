"""JWS-4 to JWS-7: base64url has one spelling for the same bytes."""

import json

from support import jws
from support.catalogue.line import Line
from support.forge import altered, each, fitted, padded, segments, spelled, unpadded

LOOK_ALIKES = {"a Cyrillic letter": ("a", "а"), "a minus sign": ("-", "−"), "a full-width letter": ("e", "ｅ")}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
BLANKS = {"a blank": " ", "a tab": "\t", "a line feed": "\n", "a carriage return": "\r"}
PARTS = ["header", "payload", "signature"]


def within(index, change):
    """One segment of three changed."""
    return segments(lambda *parts: [change(part) if at == index else part for at, part in enumerate(parts)])


def of_each(name, change):
    return {f"{name} in the {part}": within(index, change) for index, part in enumerate(PARTS)}


def look_alike(old, new):
    return altered(lambda token: token[:40] + token[40:].replace(old, new, 1))


def last_bit(segment):
    """The same bytes in another spelling: the bits after them are not zero."""
    assert len(segment) % 4
    return segment[:-1] + ALPHABET[ALPHABET.index(segment[-1]) ^ 1]


def uneven(change):
    """Header and payload whose last characters have bits to spare; spelled anew before it is signed."""

    def make(server):
        header = jws.encode({"typ": "JWT", "alg": server.issuer.algorithm, "kid": "conformance-1"})
        parts = [jws.b64(header + b" " * ((1 - len(header)) % 3)), jws.b64(fitted(server, 1, bytes))]
        return spelled(lambda *_: change(*parts))(server)

    return make


def standard(server):
    """A payload with characters that the two alphabets write differently."""
    return spelled(lambda header, _: (header, odd_payload(server).replace("-", "+").replace("_", "/")))(server)


def url_safe(server):
    return spelled(lambda header, _: (header, odd_payload(server)))(server)


def odd_payload(server):
    claims = {"odd": "¾¿~>?", "even": "?>~¾¿", **jws.decode(server.mint())[1]}
    text = jws.b64(json.dumps(claims, ensure_ascii=False).encode())
    assert "-" in text or "_" in text
    return text


LINES = {
    "JWS-4": Line(
        {
            **of_each("one = at the end", "{}=".format),
            **of_each("two = at the end", "{}==".format),
            **of_each("%3D at the end", "{}%3D".format),
            "a padded payload": padded,
            "a payload in the standard alphabet": standard,
            "a signature in the standard alphabet": within(2, lambda text: "+/" + text[2:]),
        },
        {"the same payload without padding": unpadded, "the same payload in the alphabet for URLs": url_safe},
    ),
    "JWS-5": Line(
        {
            **{
                case: make
                for name, blank in BLANKS.items()
                for case, make in of_each(name, lambda part, blank=blank: part[:9] + blank + part[9:]).items()
            },
            **each(LOOK_ALIKES, lambda pair: look_alike(*pair)),
            "a full-width dot": altered(lambda token: token.replace(".", "．", 1)),
            "a one-dot leader": altered(lambda token: token.replace(".", "․", 1)),
        },
        {"unmodified": altered(str)},
    ),
    "JWS-6": Line(
        {
            "last bits of the header": uneven(lambda header, payload: (last_bit(header), payload)),
            "last bits of the payload": uneven(lambda header, payload: (header, last_bit(payload))),
            "last bits of the signature": within(2, last_bit),
        },
        {"the same bytes, canonical": uneven(lambda *parts: parts)},
    ),
    "JWS-7": Line(
        of_each("a length of one more than a multiple of four", lambda part: part[: len(part) // 4 * 4] + "A"),
        {"another length": unpadded},
    ),
}
