"""Keycloak with one realm, whose service account asks for tokens; its database is in a folder."""

import os
from pathlib import Path
from urllib.parse import urlencode

from support.http import FORM
from support.live import LiveIssuer, call
from support.process import ROOT, Child, free_port

KEY_PROVIDER = "org.keycloak.keys.KeyProvider"
OPERATOR = {"client_id": "operator", "client_secret": "operator", "grant_type": "client_credentials"}
WORKLOAD = {"client_id": "deployer", "client_secret": "deployer", "grant_type": "client_credentials"}
JAVA = {
    "JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx384m",
    "KC_BOOTSTRAP_ADMIN_CLIENT_ID": OPERATOR["client_id"],
    "KC_BOOTSTRAP_ADMIN_CLIENT_SECRET": OPERATOR["client_secret"],
}
AUDIENCE = {
    "id": "6f1e0000-0000-4000-8000-00000000a0d1",
    "name": "audience",
    "protocol": "openid-connect",
    "protocolMapper": "oidc-audience-mapper",
}
CLIENT = {
    "id": "6f1e0000-0000-4000-8000-00000000c11e",
    "clientId": WORKLOAD["client_id"],
    "secret": WORKLOAD["client_secret"],
    "serviceAccountsEnabled": True,
    "standardFlowEnabled": False,
    "fullScopeAllowed": False,  # roles of the account would put `account` into `aud`
    "defaultClientScopes": ["basic"],
    "protocolMappers": [{**AUDIENCE, "config": {"access.token.claim": "true"}}],
}
REALM = {"realm": "live", "enabled": True, "accessTokenLifespan": 300, "clients": [CLIENT]}


def script():
    home = Path(os.environ.get("STS_CONFORMANCE_KEYCLOAK") or ROOT / "target/conformance/keycloak")
    path = home / "bin/kc.sh"
    assert path.is_file(), f"there is no {path}: conformance/run installs it"
    return path


class Server(Child):
    """The script starts Java as a child of its own and hands a request to stop on to it."""

    stops_with = 143
    forks = True


class Keycloak(LiveIssuer):
    """Signs with RS256; a new key is in its key set at the moment it begins to sign."""

    claim, workload = "azp", WORKLOAD["client_id"]
    replay = "replay: once_per_audience, id_claim: jti"

    def __init__(self, folder):
        self._folder, self._port, self._made, self._priority = folder, free_port(), False, 100
        self._base = f"http://127.0.0.1:{self._port}"
        self._admin = f"{self._base}/admin/realms"
        self.url = f"{self._base}/realms/live"
        folder.mkdir(parents=True, exist_ok=True)

    def launch(self):
        options = {
            "http-enabled": "true",
            "http-host": "127.0.0.1",
            "http-port": self._port,
            "hostname": self._base,
            # What it uses by itself for this database, but in a folder of the test.
            "db-url": f"jdbc:h2:file:{self._folder}/keycloak;NON_KEYWORDS=VALUE",
            "cache": "local",
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        command = [script(), "start", "--optimized", *words]
        self.process = Server(command, self._folder / "logs", **JAVA)

    def ready(self):
        master = f"{self._base}/realms/master"
        self.process.wait_ready(lambda: self.answers(master), "Keycloak answers", 120)
        if not self._made:
            self._operate("POST", "", REALM)
            self._made = True

    def _operate(self, method, path, document=None):
        bearer = {"Authorization": f"Bearer {self._token('master', OPERATOR)}"}
        return call(method, self._admin + path, document, bearer)

    def _token(self, realm, form):
        url = f"{self._base}/realms/{realm}/protocol/openid-connect/token"
        return call("POST", url, urlencode(form), {"Content-Type": FORM})["access_token"]

    def mint(self, audience):
        """A token of the workload; the audience is what its client's mapper says."""
        config = {"included.custom.audience": audience, "access.token.claim": "true"}
        mapper = f"/live/clients/{CLIENT['id']}/protocol-mappers/models/{AUDIENCE['id']}"
        self._operate("PUT", mapper, {**AUDIENCE, "config": config})
        return self._token("live", WORKLOAD)

    def rotate(self):
        """Adds a key that goes first; as an operator would, deletes all but the one before."""
        before = self._keys()
        self._priority += 1
        config = {"priority": [str(self._priority)], "algorithm": ["RS256"], "keySize": ["2048"]}
        provider = {"providerId": "rsa-generated", "providerType": KEY_PROVIDER, "config": config}
        self._operate("POST", "/live/components", {"name": f"rsa-{self._priority}", **provider})
        for key in before[:-1]:
            self._operate("DELETE", f"/live/components/{key['id']}")

    def _keys(self):
        """The providers of signing keys, the one that signs last."""
        providers = self._operate("GET", f"/live/components?{urlencode({'type': KEY_PROVIDER})}")
        signing = [one for one in providers if one["providerId"] == "rsa-generated"]
        return sorted(signing, key=lambda one: int(one["config"]["priority"][0]))
