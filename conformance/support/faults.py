"""How an issuer can send a document wrongly; most need not even know which document it is."""

import gzip
import json

from support import jws
from support.hostile_issuer import response

FETCH_BYTES_MAX = 128 * 1024
CHUNKED = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"


def says(change=lambda text: text, **how):
    """The text of the right document, changed, in an answer that may be odd."""
    return lambda _, document: [response(change(jws.encode(document)), **how)]


def sends(*pieces):
    return lambda *_: pieces


def lasting(piece, seconds, first=b""):
    """`piece` again and again, without an end."""

    def fault(issuer, _):
        yield first
        while not issuer.ended.wait(seconds):
            yield piece

    return fault


def trickling(seconds):
    """What is right, a byte at a time: the pace is at fault, not the text."""

    def fault(issuer, document):
        for byte in response(jws.encode(document)):
            yield bytes([byte])
            if issuer.ended.wait(seconds):
                return

    return fault


def late(seconds):
    """What is right, after so long."""

    def fault(issuer, document):
        issuer.ended.wait(seconds)
        yield response(jws.encode(document))

    return fault


def claiming(change):
    """An answer whose length is not what it says."""
    return lambda _, document: [response(body := jws.encode(document), length=len(body) + change)]


def again(name=lambda text: text):
    """The first member a second time with its own value, however its name is written."""

    def twice(text):
        key, value = next(iter(json.loads(text).items()))
        return b"{" + name(f'"{key}"').encode() + b":" + jws.encode(value) + b"," + text[1:]

    return says(twice)


def escaped(name):
    return f'"\\u{ord(name[1]):04x}{name[2:]}'


def chunk(text):
    return f"{len(text):x}\r\n".encode() + text + b"\r\n"


def within(size):
    """The right document, filled up to a size."""
    return says(lambda text: text[:-1] + b" " * (size - len(text)) + b"}")


def nested(depth):
    """With a member nobody reads, so deep that the document itself has this depth."""
    return says(lambda text: b'{"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"," + text[1:])


SILENCE = lasting(b"", 10)

SLOW = {
    "silence": SILENCE,
    "silence after the headers": lasting(b"", 10, first=CHUNKED),
    "a byte a second": trickling(1),
    "a header a second": lasting(b"x-more: x\r\n", 1, first=b"HTTP/1.1 200 OK\r\n"),
    "interim answers without end": lasting(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "a length that is never reached": lasting(b"", 10, first=response(b"{", length=2**40)),
}

WRONG = {
    "status 204": says(lambda _: b"", status=204),
    "status 206": says(status=206),
    "status 401": says(status=401),
    "status 404": says(status=404),
    "status 500": says(status=500),
    "a captive portal": sends(response(b"<!doctype html><title>Sign in</title>", more="X-Portal: x\r\n")),
    "an empty body": says(lambda _: b""),
    "a list": says(lambda text: b"[" + text + b"]"),
    "a byte order mark": says(lambda text: b"\xef\xbb\xbf" + text),
    "UTF-16": says(lambda text: text.decode().encode("utf-16")),
    "text that is not UTF-8": says(lambda text: b'{"x":"\xff",' + text[1:]),
    "text after it": says(lambda text: text + b"{}"),
    "a member twice": again(),
    "a member twice, once escaped": again(escaped),
    "nested 33 deep": nested(33),
    "nested 60,000 deep": nested(60_000),
    "compressed": says(gzip.compress, more="Content-Encoding: gzip\r\n"),
    "a compressed bomb": sends(response(gzip.compress(bytes(50_000_000)), more="Content-Encoding: gzip\r\n")),
    "a byte more than 128 KiB": within(FETCH_BYTES_MAX + 1),
    "chunks without end": lasting(b"8000\r\n" + b" " * 0x8000 + b"\r\n", 0, first=CHUNKED),
    "a chunk without a size": sends(CHUNKED, b"size\r\n{}\r\n0\r\n\r\n"),
    "headers without end": lasting(b"x-more: x\r\n" * 1000, 0, first=b"HTTP/1.1 200 OK\r\n"),
    "a length that is too large": claiming(10),
    "a length that is too small": claiming(-10),
    "two lengths": lambda _, document: [response(jws.encode(document), more="Content-Length: 5\r\n")],
    "no answer": sends(),
    "another protocol": sends(b"SSH-2.0-x\r\n"),
}

# What is odd, and yet right.
ODD = {
    "after a second": late(1),
    "in chunks": lambda _, document: [CHUNKED, chunk(jws.encode(document)), chunk(b"")],
    "without a length": lambda _, document: [b"HTTP/1.0 200 OK\r\n\r\n", jws.encode(document)],
    "as text/plain": says(more="Content-Type: text/plain\r\n"),
    "nested 32 deep": nested(32),
    "exactly 128 KiB": within(FETCH_BYTES_MAX),
    "an unknown member": says(lambda text: b'{"x":[{"y":null}],' + text[1:]),
}
