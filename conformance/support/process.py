"""The subject's processes: started, waited for within a bound, ended by their own handle."""

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "JAVA_HOME", "NO_PROXY", "no_proxy")
TAIL = 8000  # of a log, in characters, is what a failure shows


def subject():
    """The binary under test."""
    path = Path(os.environ.get("STS_SUBJECT") or ROOT / "target/release/sts").resolve()
    assert path.is_file(), f"there is no {path}: build it, or set STS_SUBJECT"
    return str(path)


def environment(**more):
    """Little of ours: no CI's variables, from which the subject would take a token or mask one."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", **more}


def run(*arguments, stdin="", cwd=None, timeout=30, **more):
    """Runs one command to its end."""
    return subprocess.run(
        [subject(), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=timeout,
        env=environment(**more),
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds, what):
    """The first true value of `condition`, or a failure that says what was waited for."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        pause.wait(0.02)


class Child:
    """A long-running process whose two outputs go to files."""

    stops_with = 0
    forks = False  # then it gets a group of its own, which `kill` ends as a whole

    def __init__(self, command, logs, cwd=None, **more):
        logs.mkdir(parents=True, exist_ok=True)
        self._ended = False
        self.outputs = [logs / "stdout", logs / "stderr"]
        self._begin = [path.stat().st_size if path.exists() else 0 for path in self.outputs]
        with self.outputs[0].open("ab") as out, self.outputs[1].open("ab") as err:
            self._child = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=cwd or logs,
                env=environment(**more),
                start_new_session=self.forks,
            )

    @property
    def pid(self):
        return self._child.pid

    def output(self):
        """What this process wrote; earlier ones may have written to the same files."""
        parts = [path.read_bytes()[begin:] for path, begin in zip(self.outputs, self._begin, strict=True)]
        return b"".join(parts).decode(errors="replace")

    def wait_ready(self, ready, what, seconds=15):
        def probe():
            code = self._child.poll()
            assert code is None, f"exited with {code} before {what}"
            return ready()

        try:
            return wait_until(probe, seconds, what)
        except AssertionError as failure:
            self.kill()
            raise AssertionError(f"{failure}\n{self.output()[-TAIL:]}") from None

    def wait(self, seconds=10):
        """The exit code."""
        try:
            code = self._child.wait(seconds)
            self._ended = True
            return code
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not exit within {seconds} s:\n{self.output()[-TAIL:]}") from None

    def terminate(self):
        self._child.send_signal(signal.SIGTERM)

    def stop(self):
        """Asks it to stop, which must succeed; nothing to do after `wait` or `kill`."""
        if self._ended:
            return
        if self._child.poll() is None:
            self.terminate()
        code = self.wait()
        assert code == self.stops_with, f"exited with {code}:\n{self.output()[-TAIL:]}"

    def kill(self):
        self._ended = True
        if self.forks:
            with suppress(ProcessLookupError):  # nobody of the group is left
                os.killpg(self._child.pid, signal.SIGKILL)
        else:
            self._child.kill()
        self._child.wait(10)


class Process(Child):
    """A long-running subject."""

    def __init__(self, arguments, logs, cwd=None, **more):
        super().__init__([subject(), *arguments], logs, cwd, **more)
