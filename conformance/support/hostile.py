"""Subject tokens that must be refused, and their neighbours that must be accepted."""

import json

from cryptography.hazmat.primitives.serialization import Encoding

from support import jws
from support.forge import altered, audience, claims, embedded_key, headers, issuer, later, member, now
from support.forge import padded, public, rewritten, segments, swapped, unsigned, with_mac
from support.issuer import KID

FRAMING = {
    "not a token": lambda _: "x",
    "only dots": lambda _: "..",
    "four segments": altered(lambda token: token + ".AAAA"),
    "a trailing dot": altered(lambda token: token + "."),
    "a leading dot": altered(lambda token: "." + token),
    "no signature": segments(lambda header, payload, _: (header, payload, "")),
    "two segments": altered(lambda token: token.rsplit(".", 1)[0]),
    "a padded payload": padded,
    "a padded signature": altered(lambda token: token + "=="),
    "a leading blank": altered(lambda token: " " + token),
    "a bearer prefix": altered(lambda token: "Bearer " + token),
    "a blank inside": segments(lambda header, payload, mac: (header, payload, mac[:9] + " " + mac[9:])),
    "a header that is a list": rewritten(header=lambda text: f"[{text}]"),
    "text after the payload": rewritten(payload=lambda text: text + "{}"),
    "alg twice": rewritten(header=member('"alg"', "RS256")),
    "kid twice": rewritten(header=member('"kid"', KID)),
    "sub twice": rewritten(payload=member('"sub"', "repo:octo-org/octo-repo:environment:production")),
    "exp twice": rewritten(payload=member('"exp"', now() + 200)),
    "sub twice, once escaped": rewritten(payload=member('"\\u0073ub"', "repo:other")),
}

SIGNATURE = {
    "alg none without signature": unsigned("none"),
    "alg NONE without signature": unsigned("NONE"),
    "alg none over a signature": headers(alg="none"),
    "no alg": headers(alg=None),
    "alg RS512": headers(alg="RS512"),
    "alg PS256": headers(alg="PS256"),
    "HS256 keyed with the PEM": with_mac(public(Encoding.PEM)),
    "HS256 keyed with the DER": with_mac(public(Encoding.DER)),
    "HS256 keyed with the JWK": with_mac(lambda key: jws.encode(jws.public_jwk(key, KID))),
    "another key": lambda server: server.mint(key=jws.new_key()),
    "a key of its own in the header": embedded_key,
    "another token's payload": swapped,
    "an unknown critical header": headers(crit=["exp"]),
    "a critical header of ours": headers(crit=["b64"], b64=True),
    "b64 false": headers(b64=False),
    "type at+jwt": headers(typ="at+jwt"),
    "type dpop+jwt": headers(typ="dpop+jwt"),
    "type not a string": headers(typ=7),
    "no kid": headers(kid=None),
    "an unknown kid": headers(kid="conformance-2"),
    "a kid that is a path": headers(kid="../../../../dev/null"),
    "a kid that is a number": headers(kid=1),
}

CLAIMS = {
    "no exp": claims(exp=None),
    "exp a string": claims(exp=lambda _: str(now() + 300)),
    "exp past": claims(exp=later(-60), iat=later(-360), nbf=later(-360)),
    "exp in milliseconds": claims(exp=lambda _: (now() + 300) * 1000),
    "nbf future": claims(nbf=later(120)),
    "iat future": claims(iat=later(120), nbf=None),
    "a lifetime of an hour": claims(exp=later(3600)),
    "no iss": claims(iss=None),
    "iss with a slash": issuer(lambda url: url + "/"),
    "iss in upper case": issuer(str.upper),
    "iss under another name": issuer(lambda url: url.replace("127.0.0.1", "localhost")),
    "iss a list": issuer(lambda url: [url]),
    "no aud": claims(aud=None),
    "aud another": claims(aud="https://other.example.com"),
    "aud a prefix": audience(lambda url: url[:-1]),
    "aud with a slash": audience(lambda url: url + "/"),
    "aud the token endpoint": audience(lambda url: url + "/token"),
    "aud a number": claims(aud=7),
    "aud an empty list": claims(aud=lambda _: []),
    "aud ours and another": audience(lambda url: [url, "https://other.example.com"]),
    "no sub": claims(sub=None),
    "no jti": claims(jti=None),
    "no repository_id": claims(repository_id=None),
    "no event_name": claims(event_name=None),
    "repository_id a number": claims(repository_id=74),
    "ref a list": claims(ref=["refs/heads/main"]),
    "an unknown event": claims(event_name="schedule"),
}

REFUSED = {**FRAMING, **SIGNATURE, **CLAIMS}

ACCEPTED = {
    "unmodified": lambda server: server.mint(),
    "no type": headers(typ=None),
    "a header nobody reads": headers(x5t="AAAA"),
    "re-encoded": rewritten(),
    "members in another order": rewritten(payload=lambda text: json.dumps(json.loads(text), sort_keys=True)),
    "a claim nobody named": claims(repo_property_tier="one,two"),
    "exp past within the leeway": claims(exp=later(-10), iat=later(-310), nbf=later(-310)),
    "nbf future within the leeway": claims(nbf=later(10)),
    "iat future within the leeway": claims(iat=later(10), nbf=None),
    "a lifetime of fifteen minutes": claims(exp=later(900)),
    "no nbf": claims(nbf=None),
    "no environment but the pinned one": claims(actor=None, run_id=None),
    "another listed event": claims(event_name="workflow_dispatch"),
}
