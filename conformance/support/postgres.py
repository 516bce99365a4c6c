"""PostgreSQL, as a server that keeps its state in a folder of its own, and a way to cut somebody off from it."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread

from support.certificates import Authority
from support.process import Child, environment, free_port

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "max_connections": "100",
    "ssl": "on",
    "ssl_cert_file": "server.pem",
    "ssl_key_file": "server.pem",
}
PASSWORD = "correct horse battery staple"


def programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    assert found, "these tests need PostgreSQL's programs, which conformance/run installs"
    return found[-1].parent


class Postgres(Child):
    """Never runs as root: who is root starts it as somebody else. Asks for a password over TLS and without."""

    def __init__(self, folder):
        self.programs, self.port, self._count = programs(), free_port(), 0
        self._home = Path(tempfile.mkdtemp(prefix="sts-postgres-"))
        self._user = self._somebody()
        data = self._home / "data"
        (self._home / "password").write_text(PASSWORD)
        self._give(self._home, self._home / "password")
        how = ["-A", "scram-sha-256", f"--pwfile={self._home / 'password'}", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run([self.programs / "initdb", "-D", data, "-U", "tester", *how])
        authority = Authority(folder / "tls", "database")
        authority.server()
        self.ca_file = authority.ca_file
        shutil.copy(folder / "tls/database-1.pem", data / "server.pem")
        (data / "server.pem").chmod(0o600)
        self._give(data / "server.pem")
        settings = [f"-c{name}={value}" for name, value in {**SETTINGS, "port": self.port}.items()]
        super().__init__([*self._user, self.programs / "postgres", "-D", data, *settings], folder / "logs", cwd="/")
        self.wait_ready(self.answers, "PostgreSQL answers")

    @staticmethod
    def _somebody():
        if os.geteuid() != 0:
            return []
        names = [entry.pw_name for entry in pwd.getpwall()]
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]

    def _give(self, *paths):
        for path in paths if self._user else ():
            uid, gid = (int(word.split("=")[1]) for word in self._user[1:3])
            os.chown(path, uid, gid)

    def _run(self, command):
        done = subprocess.run([*self._user, *map(str, command)], capture_output=True, text=True, cwd="/")
        assert done.returncode == 0, done.stderr

    def answers(self):
        ready = [self.programs / "pg_isready", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, capture_output=True).returncode == 0

    def terminate(self):
        """Without waiting for its clients."""
        self._child.send_signal(signal.SIGINT)

    def sql(self, statement, database="postgres"):
        """What `psql` prints."""
        command = [self.programs / "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "tester", "-d", database]
        done = subprocess.run(
            [*command, "-At", "-v", "ON_ERROR_STOP=1", "-c", statement],
            capture_output=True,
            text=True,
            env=environment(PGPASSWORD=PASSWORD),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def create(self):
        """The name of a new database."""
        self._count += 1
        self.sql(f"CREATE DATABASE test_{self._count}")
        return f"test_{self._count}"

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.stop() if kind is None else self.kill()
        shutil.rmtree(self._home)


class Proxy:
    """Passes connections on to a port, until it is cut or frozen."""

    def __init__(self, to):
        self._to, self.port = to, free_port()
        self._lock, self._listener, self._ends = Lock(), None, []
        self._passes = Event()
        self._passes.set()

    def __enter__(self):
        self.mend()
        return self

    def __exit__(self, *_):
        self.thaw()
        self.cut()

    def freeze(self):
        """Nothing gets through any more, and nobody is told."""
        self._passes.clear()

    def thaw(self):
        self._passes.set()

    def mend(self):
        self._listener = socket.create_server(("127.0.0.1", self.port))
        Thread(target=self._accept, args=[self._listener], daemon=True).start()

    def cut(self):
        """Ends every connection; the next ones are refused."""
        listener, self._listener = self._listener, None
        if listener:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            with self._lock:
                self._ends += [near, far]
            for one, other in [(near, far), (far, near)]:
                Thread(target=self._pass_on, args=[one, other], daemon=True).start()

    def _pass_on(self, one, other):
        with suppress(OSError):
            while data := one.recv(65536):
                self._passes.wait()
                other.sendall(data)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)
