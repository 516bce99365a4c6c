"""`sts serve` and `sts dev` under test."""

import json

from support import documents, http
from support.process import Process, free_port, run


def is_ready(url):
    try:
        return http.request("GET", url + "/readyz", timeout=2).status == 200
    except OSError:
        return False


class Server:
    """A configuration folder of its own and the `sts serve` that runs on it."""

    def __init__(self, folder, issuer, **environment):
        self.folder, self.issuer, self._environment = folder, issuer, environment
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.config = folder / "sts.yaml"
        metrics = free_port()
        self.metrics = f"http://127.0.0.1:{metrics}"
        files = documents.basic(self.url, port, metrics, issuer.url)
        documents.write(folder, {**files, **documents.twins()})
        self.process = None

    def launch(self):
        """Starts it and does not wait: for what must refuse to start."""
        arguments = ["serve", "--config", self.config]
        self.process = Process(arguments, self.folder / "logs", **self._environment)
        return self.process

    def start(self):
        self.launch().wait_ready(lambda: is_ready(self.url), "/readyz answers 200")
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            self.process.stop()
        else:
            self.process.kill()

    def mint(self, claims=None, headers=None, key=None):
        """A subject token for this server."""
        return self.issuer.mint(self.url, claims, headers, key)

    def exchange(self, token=None, audience=http.DEPLOY, **changes):
        """An exchange of this token, or of a fresh one."""
        return http.exchange(self.url, token or self.mint(), audience, **changes)

    def keys(self):
        return http.get(self.url + "/jwks").json()["keys"]

    def ledger_text(self):
        shown = run("ledger", "show", "--config", self.config, "--json")
        assert shown.returncode == 0, shown.stderr
        return shown.stdout

    def ledger(self):
        """Every entry with its index, in order."""
        return [json.loads(line) for line in self.ledger_text().removesuffix("\n").split("\n") if line]


class Dev:
    """`sts dev` on a free port and a folder of its own."""

    def __init__(self, folder):
        self.folder, self.state = folder, folder / "state"
        self.process = None
        self.url = None

    def arguments(self, *more, listen="127.0.0.1:0"):
        return ["dev", "--listen", listen, "--state-dir", self.state, *more]

    def __enter__(self):
        self.process = Process(self.arguments(), self.folder / "logs")
        self.url = self.process.wait_ready(self._endpoint, "endpoint.json names a ready server")
        return self

    def _endpoint(self):
        try:
            url = json.loads((self.state / "endpoint.json").read_text())["url"]
        except (FileNotFoundError, ValueError):
            return None
        return url if is_ready(url) else None

    def __exit__(self, kind, *_):
        if kind is None:
            self.process.stop()
        else:
            self.process.kill()

    def token(self, **claims):
        """A token of the built-in identity provider; None deletes a claim."""
        wanted = {"profile": "github-actions", "audience": self.url, "claims": claims}
        answer = http.post_json(self.url, wanted, "/dev/token")
        assert answer.status == 200, answer.body
        return answer.json()["token"]
