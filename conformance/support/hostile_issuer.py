"""An issuer that answers as wrongly as it is told to, down to single bytes, and counts who comes.

A fault is a function of the issuer and of the document that is right; it returns the pieces of
what is sent instead. `faults` has them by path; HANDSHAKE is what comes before any request.
"""

import socket
import threading
from contextlib import closing

from support import jws
from support.issuer import KEYS, KID, Identity
from support.process import wait_until

HANDSHAKE = "handshake"
# A document is found here too: where a redirect to it leads, nobody should be seen.
MOVED = "/moved"


def response(body, status=200, length=None, more=""):
    """An answer as bytes; `length` is what it says that its length is."""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n{more}"
    length = len(body) if length is None else length
    return f"{head}Content-Length: {length}\r\n\r\n".encode() + body


def right(_, document):
    yield response(jws.encode(document)) if document else response(b"", 404)


class HostileIssuer(Identity):
    """Listens on a free port from the start; ends with its context."""

    def __init__(self, key, faults=None, host="127.0.0.1", tls=None, address="127.0.0.1"):
        self._listener = socket.create_server((address, 0), backlog=256)
        self._place = self._listener.getsockname()
        super().__init__(f"{'https' if tls else 'http'}://{host}:{self._place[1]}", key)
        self.faults, self.requests, self.published = dict(faults or {}), [], [jws.public_jwk(key, KID)]
        self.canary, self.file = None, None
        self.ended = threading.Event()
        self._tls, self._peers, self._open = tls, [], []
        self._acceptor = threading.Thread(target=self._accept)

    def __enter__(self):
        self._acceptor.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for stream, thread in self._open:
            hang_up(stream)
            thread.join()

    @property
    def port(self):
        return self._place[1]

    def behave(self):
        self.faults = {}

    def documents(self):
        return {**super().documents(), KEYS: {"keys": self.published}}

    def connections(self):
        """How many came. We come last ourselves, so that whoever came before was counted."""
        with socket.create_connection(self._place) as probe:
            name = probe.getsockname()
            wait_until(lambda: name in self._peers, 5, "the issuer accepts")
            self._peers.remove(name)
        return len(self._peers)

    def _accept(self):
        while not self.ended.is_set():
            try:
                stream, address = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._converse, args=(stream,))
            self._open.append((stream, thread))
            self._peers.append(address)
            thread.start()

    def _converse(self, stream):
        try:
            with closing(stream):
                stream.settimeout(10)
                if HANDSHAKE in self.faults:
                    send(stream, self.faults[HANDSHAKE](self, None))
                else:
                    self._answer(stream)
        except OSError:
            pass  # The other side has hung up, as it may.

    def _answer(self, plain):
        wrapped = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
        with closing(wrapped) as stream:
            path = path_of(stream)
            if path:
                self.requests.append(path)
                document = self.documents().get(path.removeprefix(MOVED))
                send(stream, self.faults.get(path, right)(self, document))


def send(stream, pieces):
    for piece in pieces:
        stream.sendall(piece)


def path_of(stream):
    """The path of a request that was read to its end, or None."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        more = stream.recv(4096)
        if not more:
            return None
        head += more
    return head.split(b" ")[1].decode()


def hang_up(stream):
    try:
        stream.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It has ended already.
