"""More than anybody should send: it is refused early, and costs no memory."""

import select
import socket
import time
from itertools import chain, repeat
from urllib.parse import urlsplit

import pytest

from support.answers import assert_refused
from support.catalogue.sizes import lists, objects
from support.http import FORM, members, post, post_json

MIB = 1024 * 1024
# Some buffers may grow; a body that was kept would not fit.
GROWTH_MAX = 8 * MIB


def peak_memory(process):
    """The most that a process ever held, in bytes (proc(5))."""
    with open(f"/proc/{process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def flood(url, head, pieces):
    """Sends pieces until there is an answer."""
    parts = urlsplit(url)
    start = f"POST /token HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: {FORM}\r\n{head}\r\n\r\n".encode()
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as stream:
        stream.sendall(start)
        for piece in pieces:
            if select.select([stream], [], [], 0)[0]:
                break
            try:
                stream.sendall(piece)
            except ConnectionError:
                break
        return stream.recv(4096)


@pytest.mark.parametrize("size", [MIB, 100 * MIB], ids=["1 MiB", "100 MiB"])
@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_body_far_over_the_cap_is_refused_while_it_comes_and_is_not_kept(server, size, chunked):
    before = peak_memory(server.process)
    block = b"x" * 65_536
    head = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}"
    piece, end = (b"10000\r\n" + block + b"\r\n", b"0\r\n\r\n") if chunked else (block, b"")
    answer = flood(server.url, head, chain(repeat(piece, size // len(block)), [end]))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert peak_memory(server.process) - before < GROWTH_MAX
    assert server.exchange().status == 200


def test_a_body_over_the_cap_that_never_ends_is_too_large_and_not_waited_for(server):
    begin = time.monotonic()
    answer = flood(server.url, "Transfer-Encoding: chunked", [b"20000\r\n" + b"x" * 131_072])
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - begin < 5
    assert server.exchange().status == 200


@pytest.mark.parametrize(
    "text", [lists(30_000), objects(10_000), "[" * 60_000], ids=["lists", "objects", "open lists"]
)
def test_a_json_body_that_is_too_deep_is_malformed(server, text):
    usual = members(server.mint())
    deep = b'{"x":' + text.encode() + b"," + b'"audience":"x"}'
    assert_refused(post_json(server.url, deep), 400, "invalid_request", "malformed_request")
    assert post_json(server.url, {**usual, "x": [[]]}).status == 200


def test_many_parameters_are_malformed(server):
    usual = list(members(server.mint()).items())
    more = [(f"x{index}", "") for index in range(64)]
    assert_refused(post(server.url, usual + more), 400, "invalid_request", "malformed_request")
    assert post(server.url, usual + more[:8]).status == 200


def test_what_cannot_be_a_token_is_refused_at_once(server):
    """Bounded by what fits, not by what it says of itself."""
    assert server.exchange().status == 200
    begin = time.monotonic()
    for text in ("." * 16_000, "A" * 16_000, "eyJ" * 5_000 + ".e30.AAAA"):
        assert server.exchange(text).reason == "subject_token_rejected"
    assert time.monotonic() - begin < 1
