"""OpenBao as an issuer of identity tokens, as a server that keeps its state in a folder."""

import json
import sys
from pathlib import Path

from support.live import LiveIssuer, call
from support.process import Child, free_port

BAO = Path(sys.executable).parent / "bao"
ASK = 'path "identity/oidc/token/*" { capabilities = ["read"] }'
KEY = {"algorithm": "ES256", "allowed_client_ids": ["*"], "rotation_period": "24h", "verification_ttl": "1h"}


class OpenBao(LiveIssuer):
    """Signs with ES256; the key that comes next is in its key set already."""

    claim = "sub"
    # Its tokens have no `jti`, and two of the same second are the same bytes to be signed.
    replay = "replay: reusable, id_claim: signing_input"

    def __init__(self, folder):
        self._folder = folder
        self._port, cluster = free_port(), free_port()
        self._api = f"http://127.0.0.1:{self._port}/v1"
        self.url = f"{self._api}/identity/oidc"
        self._unseal = self._operator = self.workload = None
        (folder / "raft").mkdir(parents=True)
        (folder / "bao.json").write_text(json.dumps(self._config(cluster)))

    def _config(self, cluster):
        here = "127.0.0.1"
        raft = {"path": str(self._folder / "raft"), "node_id": "one", "performance_multiplier": 1}
        tcp = {"address": f"{here}:{self._port}", "cluster_address": f"{here}:{cluster}", "tls_disable": True}
        return {
            "storage": {"raft": raft},
            "listener": {"tcp": tcp},
            "api_addr": f"http://{here}:{self._port}",
            "cluster_addr": f"http://{here}:{cluster}",
            "ui": False,
        }

    def launch(self):
        self.process = Child([BAO, "server", f"-config={self._folder / 'bao.json'}"], self._folder / "logs")

    def ready(self):
        status = f"{self._api}/sys/seal-status"
        self.process.wait_ready(lambda: self.answers(status), "OpenBao answers")
        fresh = self._unseal is None
        if fresh:
            made = call("PUT", f"{self._api}/sys/init", {"secret_shares": 1, "secret_threshold": 1})
            self._unseal, self._operator = made["keys"][0], {"X-Vault-Token": made["root_token"]}
        call("PUT", f"{self._api}/sys/unseal", {"key": self._unseal})
        active = f"{self._api}/sys/health"
        self.process.wait_ready(lambda: self.answers(active), "OpenBao is unsealed and active")
        if fresh:
            self._set_up()

    def _set_up(self):
        self._operate("sys/auth/userpass", {"type": "userpass"})
        self._operate("sys/policies/acl/ask", {"policy": ASK})
        self._operate("auth/userpass/users/deployer", {"password": "deployer", "token_policies": ["ask"]})
        self._operate("identity/oidc/key/deploy", KEY)
        self.workload = self._login()["entity_id"]

    def _operate(self, path, document):
        return call("POST", f"{self._api}/{path}", document, self._operator)

    def _login(self):
        return call("POST", f"{self._api}/auth/userpass/login/deployer", {"password": "deployer"})["auth"]

    def mint(self, audience):
        """A token of the workload; the audience is what its role calls a client."""
        self._operate("identity/oidc/role/deployer", {"key": "deploy", "client_id": audience, "ttl": "5m"})
        login = {"X-Vault-Token": self._login()["client_token"]}
        return call("GET", f"{self._api}/identity/oidc/token/deployer", headers=login)["data"]["token"]

    def rotate(self):
        self._operate("identity/oidc/key/deploy/rotate", {})
