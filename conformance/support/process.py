"""The subject's processes: started, waited for within a bound, ended by their own handle."""

import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "NO_PROXY", "no_proxy")


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


class Process:
    """A long-running subject whose two outputs go to files."""

    def __init__(self, arguments, logs, cwd=None, **more):
        logs.mkdir(parents=True, exist_ok=True)
        self._ended = False
        self.outputs = [logs / "stdout", logs / "stderr"]
        self._begin = [path.stat().st_size if path.exists() else 0 for path in self.outputs]
        with self.outputs[0].open("ab") as out, self.outputs[1].open("ab") as err:
            self._child = subprocess.Popen(
                [subject(), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=cwd or logs,
                env=environment(**more),
            )

    def output(self):
        """What this process wrote; earlier ones may have written to the same files."""
        parts = [path.read_bytes()[begin:] for path, begin in zip(self.outputs, self._begin, strict=True)]
        return b"".join(parts).decode(errors="replace")

    def wait_ready(self, ready, what):
        def probe():
            code = self._child.poll()
            assert code is None, f"exited with {code} before {what}"
            return ready()

        try:
            return wait_until(probe, 15, what)
        except AssertionError as failure:
            self.kill()
            raise AssertionError(f"{failure}\n{self.output()}") from None

    def wait(self, seconds=10):
        """The exit code."""
        try:
            code = self._child.wait(seconds)
            self._ended = True
            return code
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not exit within {seconds} s:\n{self.output()}") from None

    def terminate(self):
        self._child.send_signal(signal.SIGTERM)

    def stop(self):
        """Asks it to stop, which must succeed; nothing to do after `wait` or `kill`."""
        if self._ended:
            return
        if self._child.poll() is None:
            self.terminate()
        code = self.wait()
        assert code == 0, f"exited with {code}:\n{self.output()}"

    def kill(self):
        self._ended = True
        self._child.kill()
        self._child.wait(10)
