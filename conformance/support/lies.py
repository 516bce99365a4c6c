"""What an issuer can say that must not be believed: in discovery, by redirects, in its key set."""

from support import jws
from support.hostile_issuer import MOVED, response
from support.issuer import DISCOVERY, KEYS


def lie(**changes):
    """A discovery document that says something else; None leaves a member out."""

    def fault(issuer, document):
        told = {name: new(issuer) if callable(new) else new for name, new in changes.items()}
        document = {name: value for name, value in {**document, **told}.items() if value is not None}
        yield response(jws.encode(document))

    return fault


def at(place):
    return lie(jwks_uri=place)


# The canary publishes the very key that signs, so whoever asks it believes the lie.
DISCOVERY_LIES = {
    "another issuer": lie(issuer="https://other.example.com"),
    "the issuer with a slash": lie(issuer=lambda issuer: issuer.url + "/"),
    "the issuer in upper case": lie(issuer=lambda issuer: issuer.url.upper()),
    "the issuer by another name": lie(issuer=lambda issuer: issuer.url.replace("127.0.0.1", "localhost")),
    "no issuer": lie(issuer=None),
    "a list of issuers": lie(issuer=lambda issuer: [issuer.url]),
    "keys on another port": at(lambda issuer: issuer.canary.url + KEYS),
    "keys on another host": at(lambda issuer: f"http://localhost:{issuer.canary.port}{KEYS}"),
    "keys on the same port of another host": at(lambda issuer: f"http://localhost:{issuer.port}{KEYS}"),
    "keys at a metadata service": at("http://169.254.169.254/jwks"),
    "keys behind a user": at(lambda issuer: f"http://user@127.0.0.1:{issuer.port}{KEYS}"),
    "keys behind a host that is a user": at(lambda issuer: f"{issuer.url}@127.0.0.1:{issuer.canary.port}{KEYS}"),
    "keys at a fragment": at(lambda issuer: f"{issuer.url}{KEYS}#x"),
    "keys behind a backslash": at(lambda issuer: f"{issuer.url}\\{KEYS}"),
    "keys behind a line break": at(lambda issuer: f"{issuer.url}/jw\nks"),
    "keys in a file": at(lambda issuer: issuer.canary.file.as_uri()),
    "keys by ftp": at(lambda issuer: f"ftp://127.0.0.1:{issuer.port}{KEYS}"),
    "keys within the URL": at("data:application/json,{}"),
    "keys at a path alone": at(KEYS),
    "keys without a scheme": at(lambda issuer: issuer.url.removeprefix("http:") + KEYS),
    "keys nowhere": at(None),
    "keys at null": lambda _, document: [response(jws.encode({**document, "jwks_uri": None}))],
    "keys at a number": at(7),
    "keys at a list": at(lambda issuer: [issuer.url + KEYS]),
}

TARGETS = {
    "the same host": lambda issuer, path: issuer.url + MOVED + path,
    "another host": lambda issuer, path: issuer.canary.url + path,
    "a metadata service": lambda *_: "http://169.254.169.254/latest/meta-data",
    "itself": lambda issuer, path: issuer.url + path,
    "a path": lambda _, path: MOVED + path,
}


def redirect(status, target, path):
    return lambda issuer, _: [response(b"", status, more=f"Location: {target(issuer, path)}\r\n")]


def redirects(path):
    return {
        f"status {status} to {name}": redirect(status, target, path)
        for status in (301, 302, 303, 307, 308)
        for name, target in TARGETS.items()
    }


def keys(change):
    """A key set that is made of the entry that is right."""
    return lambda _, document: [response(jws.encode({"keys": change(document["keys"][0])}))]


def entry_text(old, new):
    """The one entry changed as text: it says something twice."""
    return lambda _, document: [response(jws.encode(document).replace(old, new))]


def others(key, count):
    return [{**key, "kid": f"other-{index}"} for index in range(count)]


MAC = {"kty": "oct", "kid": "mac", "k": "AAAA"}

# Whoever publishes such a key has lost control of it: the trust ends at once.
SECRETS = {
    "a private RSA key": keys(lambda key: [{**key, "d": "AQ"}]),
    "a prime of an RSA key": keys(lambda key: [{**key, "p": "AQ"}]),
    "a private key beside the right one": keys(lambda key: [key, {**key, "kid": "other", "d": "AQ"}]),
    "a symmetric key": keys(lambda key: [key, MAC]),
}

KEY_SET_LIES = {
    "no list": keys(lambda key: key),
    "null": keys(lambda _: None),
    "no keys": keys(lambda _: []),
    "101 keys": keys(lambda key: [key, *others(key, 100)]),
    "two keys of one kid": keys(lambda key: [key, key]),
    "a kid twice": entry_text(b'"kid":', b'"kid":"x","kid":'),
    "a kid twice, once escaped": entry_text(b'"kid":', b'"\\u006bid":"x","kid":'),
    "a key for encryption": keys(lambda key: [{**key, "use": "enc"}]),
    "a key that may only sign": keys(lambda key: [{**key, "key_ops": ["sign"]}]),
    "a key of another algorithm": keys(lambda key: [{**key, "alg": "RS512"}]),
    "a key without a kid": keys(lambda key: [{name: key[name] for name in key if name != "kid"}]),
    "a kid that is a number": keys(lambda key: [{**key, "kid": 1}]),
    **SECRETS,
}

UNUSUAL_KEY_SETS = {
    "100 keys": keys(lambda key: [key, *others(key, 99)]),
    "a key of a kind that is new": keys(lambda key: [{"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}, key]),
    "entries that are no keys": keys(lambda key: [7, None, [], {}, key]),
    "a key for encryption beside it": keys(lambda key: [{**key, "use": "enc", "kid": "other"}, key]),
    "a key without use and algorithm": keys(lambda key: [{n: key[n] for n in ("kty", "kid", "n", "e")}]),
}
