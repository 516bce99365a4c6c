"""JWS-1 to JWS-3, JWS-8 and JWS-9: how a token is cut."""

import json

from support import jws
from support.catalogue.line import Line
from support.forge import altered, each, headers, rewritten, segments, spelled

UNMODIFIED = {"unmodified": altered(str)}


def flattened(header, payload, signature):
    return {"protected": header, "payload": payload, "signature": signature}


def general(header, payload, signature):
    return {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}


def as_json(form):
    return altered(lambda token: json.dumps(form(*token.split("."))))


def unencoded(server):
    """RFC 7797 §3: the payload as it is; it has no dot, so the token has three segments."""
    header = jws.b64(jws.encode({"alg": "RS256", "kid": "conformance-1", "b64": False, "crit": ["b64"]}))
    return jws.join(header, "unencoded", lambda text: jws.rs256(server.issuer.key, text))


LINES = {
    "JWS-1": Line(
        {
            **each(
                {"not a token": "x", "one dot": ".", "two dots": "..", "three dots": "..."},
                lambda text: lambda _: text,
            ),
            "one segment": altered(lambda token: token.replace(".", "")),
            "four segments": altered(lambda token: token + ".AAAA"),
            "five segments": altered(lambda token: token + ".AAAA.AAAA"),
        },
        UNMODIFIED,
        {"malformed_request": {"an empty text": lambda _: ""}},
    ),
    "JWS-2": Line(
        {
            "no signature": segments(lambda header, payload, _: (header, payload, "")),
            "no signature and no dot": altered(lambda token: token.rsplit(".", 1)[0]),
            "no payload": segments(lambda header, _, signature: (header, "", signature)),
            "no payload, and signed so": spelled(lambda header, _: (header, "")),
            "no header": segments(lambda _, payload, signature: ("", payload, signature)),
        },
        UNMODIFIED,
    ),
    "JWS-3": Line(
        each(
            {
                "a trailing dot": "{}.",
                "a leading dot": ".{}",
                "a leading blank": " {}",
                "a leading line feed": "\n{}",
                "a byte order mark": "\ufeff{}",
                "a bearer prefix": "Bearer {}",
                "a trailing no-break space": "{}\u00a0",
            },
            lambda form: altered(form.format),
        ),
        # The HTTP layer drops white space at the end, as files and variables have it.
        {**UNMODIFIED, "a trailing line feed": altered("{}\n".format), "a trailing blank": altered("{} ".format)},
        {"malformed_request": {"a trailing NUL": altered("{}\0".format), "a leading NUL": altered("\0{}".format)}},
    ),
    "JWS-8": Line(
        {
            "flattened JSON": as_json(flattened),
            "general JSON": as_json(general),
            "flattened JSON with a compact token in it": altered(lambda token: json.dumps({"payload": token})),
            "JSON that is cut by two dots": altered(lambda token: '{"protected":"' + token + '","payload":"e30"}'),
            "a quoted token": altered(json.dumps),
        },
        UNMODIFIED,
    ),
    "JWS-9": Line(
        {
            "a detached payload": segments(lambda header, _, signature: (header, "", signature)),
            "b64 false": headers(b64=False),
            "b64 true": headers(b64=True),
            "b64 false and critical": headers(b64=False, crit=["b64"]),
            "a payload that is not encoded": unencoded,
        },
        {"attached and encoded": rewritten()},
    ),
}
