"""Ways to make a subject token: each returns a function from a `Server` to the token's text."""

import base64
import json
import time

from support import jws
from support.issuer import KID

# No text, whatever claim it is.
ODD = {"a number": 7, "true": True, "an object": {}, "an empty list": [], "a list of lists": [["x"]]}


def now():
    return int(time.time())


def claims(**changes):
    """Claims that differ; one may be a function of the server."""

    def make(server):
        return server.mint({name: new(server) if callable(new) else new for name, new in changes.items()})

    return make


def headers(**changes):
    return lambda server: server.mint(headers=changes)


def issuer(change):
    return claims(iss=lambda server: change(server.issuer.url))


def audience(change):
    return claims(aud=lambda server: change(server.url))


def later(seconds):
    return lambda _: now() + seconds


def altered(change):
    """A good token, changed as text."""
    return lambda server: change(server.mint())


def segments(change):
    """A good token whose segments are changed one by one."""
    return altered(lambda token: ".".join(change(*token.split("."))))


def rewritten(header=lambda text: text, payload=lambda text: text):
    """JSON text changed before it is signed."""
    return resigned(*(lambda data, change=change: change(data.decode()).encode() for change in (header, payload)))


def resigned(header=lambda data: data, payload=lambda data: data):
    """Its bytes changed before they are signed."""

    def make(server):
        old_header, old_payload, _ = server.mint().split(".")
        return server.issuer.sign(header(jws.unb64(old_header)), payload(jws.unb64(old_payload)))

    return make


def number(name, digits):
    """A claim that is a number written just so."""
    return rewritten(payload=lambda text: "{" + f'"{name}":{digits},' + text[1:])


def replaced(name, text):
    """A claim whose JSON is replaced by this text."""

    def change(payload):
        members = json.loads(payload)
        del members[name]
        return "{" + f'"{name}":{text() if callable(text) else text},' + json.dumps(members)[1:]

    return rewritten(payload=change)


def spelled(change):
    """The text of each segment changed before it is signed: the signature is over what is sent."""

    def make(server):
        header, payload, _ = server.mint().split(".")
        return jws.join(*change(header, payload), lambda text: server.issuer.signature(text, server.issuer.key))

    return make


def nulled(name):
    """The claim is null, which the fake issuer otherwise reads as a claim to leave out."""

    def change(text):
        return json.dumps({**json.loads(text), name: None})

    return rewritten(payload=change)


def given(name, values):
    return {f"{name} {what}": claims(**{name: value}) for what, value in values.items()}


def given(name, values):
    return {f"{name} {what}": claims(**{name: value}) for what, value in values.items()}


def each(values, make):
    """A case for each value, by its name."""
    return {name: make(value) for name, value in values.items()}


def named(what, values, make):
    return {f"{what} {value!r}": make(value) for value in values}


def member(name, value):
    """Puts one more member first."""
    return lambda text: "{" + f"{name}:{json.dumps(value)}," + text[1:]


def padded(server):
    """A payload that base64 must pad, padded, under a signature over just that."""
    return spelled(lambda header, _: (header, fitted(server, 1, base64.urlsafe_b64encode).decode()))(server)


def unpadded(server):
    return spelled(lambda header, _: (header, jws.b64(fitted(server, 1, bytes))))(server)


def fitted(server, rest, encode):
    """A payload whose size leaves `rest` when it is divided by three, encoded."""
    payload = jws.decode(server.mint())[1]
    data = jws.encode(payload)
    return encode(data + b" " * ((rest - len(data)) % 3))


def embedded_key(server):
    key = jws.new_key()
    return server.mint(headers={"jwk": jws.public_jwk(key, KID)}, key=key)
