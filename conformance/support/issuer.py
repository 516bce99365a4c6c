"""A fake OIDC issuer whose tokens look like those of GitHub Actions."""

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support import jws, signers

REPOSITORY = "octo-org/octo-repo"
KID = "conformance-1"
DISCOVERY, KEYS = "/.well-known/openid-configuration", "/jwks"


def github_claims(issuer, audience):
    """Claims of a deployment job on the main branch; ids are strings, and impossible."""
    now = int(time.time())
    workflow = f"{REPOSITORY}/.github/workflows/deploy.yml@refs/heads/main"
    commit = "00c0ffee" * 5
    return {
        "jti": str(uuid.uuid4()),
        "sub": f"repo:{REPOSITORY}:environment:production",
        "aud": audience,
        "ref": "refs/heads/main",
        "sha": commit,
        "repository": REPOSITORY,
        "repository_owner": "octo-org",
        "repository_owner_id": "65",
        "run_id": "4000000001",
        "run_number": "10",
        "run_attempt": "2",
        "repository_visibility": "private",
        "repository_id": "74",
        "actor_id": "12",
        "actor": "octocat",
        "workflow": "deploy",
        "head_ref": "",
        "base_ref": "",
        "event_name": "push",
        "ref_protected": "true",
        "ref_type": "branch",
        "workflow_ref": workflow,
        "workflow_sha": commit,
        "job_workflow_ref": workflow,
        "job_workflow_sha": commit,
        "runner_environment": "github-hosted",
        "environment": "production",
        "enterprise": "octo-enterprise",
        "iss": issuer,
        "nbf": now - 5,
        "exp": now + 300,
        "iat": now,
    }


class Identity:
    """What makes an issuer: its name, its key, and so its documents and its tokens."""

    algorithm = "RS256"

    def __init__(self, url, key):
        self.url, self.key = url, key

    def usual(self, audience):
        return github_claims(self.url, audience)

    def mint(self, audience, claims=None, headers=None, key=None):
        """A token; `claims` and `headers` override what is usual, None deletes a member."""
        payload = _merged(self.usual(audience), claims)
        header = _merged({"typ": "JWT", "alg": self.algorithm, "kid": KID}, headers)
        return self.sign(jws.encode(header), jws.encode(payload), key)

    def sign(self, header, payload, key=None):
        """A token of these very bytes."""
        return jws.join(jws.b64(header), jws.b64(payload), lambda text: self.signature(text, key or self.key))

    def signature(self, text, key):
        return signers.sign(self.algorithm, key, text)

    def documents(self):
        discovery = {
            "issuer": self.url,
            "jwks_uri": self.url + KEYS,
            "subject_types_supported": ["public", "pairwise"],
            "response_types_supported": ["id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
        }
        return {DISCOVERY: discovery, KEYS: {"keys": [jws.public_jwk(self.key, KID)]}}


class Issuer(Identity):
    """Serves discovery and a key set on a free port and counts who asks."""

    def __init__(self):
        self.connections = 0
        self.requests = []
        self.keys_asked = threading.Event()
        self.keys_released = threading.Event()
        self.keys_released.set()
        self._server = _Listener(("127.0.0.1", 0), _Handler)
        self._server.issuer = self
        super().__init__(f"http://127.0.0.1:{self._server.server_port}", jws.new_key())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.keys_released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _merged(members, overrides):
    merged = {**members, **(overrides or {})}
    return {name: value for name, value in merged.items() if value is not None}


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128

    def get_request(self):
        self.issuer.connections += 1
        return super().get_request()


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def do_GET(self):
        issuer = self.server.issuer
        issuer.requests.append(self.path)
        if self.path == KEYS:
            issuer.keys_asked.set()
            issuer.keys_released.wait(10)
        document = issuer.documents().get(self.path)
        body = json.dumps(document).encode()
        self.send_response(200 if document else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass
