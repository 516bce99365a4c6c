"""What the real issuers have in common: calls to their APIs, outages, documents that trust them."""

import json
from contextlib import contextmanager

from support import documents, http
from support.server import Server

OTHER = "https://other.example.com"
JSON = {"Content-Type": "application/json"}

BUNDLE = """\
apiVersion: sts/v1
kind: TrustBundle
metadata: {{name: live, owner: platform}}
issuer: {issuer}
keys: {{{keys}}}
algorithms: [RS256, ES256]
admit: {{{claim}: ["{workload}"]}}
subject_token: {{max_lifetime: 15m, {replay}}}
claims:
  {claim}: {{type: string, required: true, trust: platform, identity: true}}
"""

POLICY = """\
apiVersion: sts/v1
kind: TrustPolicy
metadata: {{name: live-deploy, owner: team-shop}}
trust_bundle: live
pins: {{{claim}: "{workload}"}}
conditions: [{{id: the-workload, expr: "assertion.{claim} == '{workload}'"}}]
grant:
  audience: https://deploy.example.com
  subject: "subject('live', assertion.{claim})"
  scopes: ["deploy:shop"]
  ttl: {{max: 10m}}
"""


def call(method, url, body=None, headers=None):
    """An API's answer as JSON, which must be a success."""
    text = json.dumps(body) if isinstance(body, dict) else body
    answer = http.request(method, url, text, {**JSON, **(headers or {})})
    assert answer.status < 300, f"{method} {url}: {answer.status} {answer.body}"
    return json.loads(answer.body or b"null")


class LiveIssuer:
    """A real issuer on a free port; it keeps its keys when it is stopped and started again.

    Entering it launches it; it can be used after `ready`.
    """

    process = None

    def __enter__(self):
        self.launch()
        return self

    def __exit__(self, *_):
        self.process.stop()

    @contextmanager
    def outage(self):
        self.process.stop()
        try:
            yield
        finally:
            self.launch()
            self.ready()

    def jwks_uri(self):
        return call("GET", self.url + "/.well-known/openid-configuration")["jwks_uri"]

    def answers(self, url):
        """Whether this address can be used: false as long as the issuer starts."""
        try:
            return http.request("GET", url, timeout=5).status == 200
        except OSError:
            return False


def trusting(live, folder, issuer, keys="discovery: true"):
    """A server, not started, that trusts the live issuer beside the fake one."""
    server = Server(folder, issuer)
    names = {"issuer": live.url, "claim": live.claim, "workload": live.workload, "replay": live.replay}
    bundle = BUNDLE.format(keys=keys, **names)
    files = {"trust-bundles/live/bundle.yaml": bundle, "policies/shop/live.yaml": POLICY.format(**names)}
    documents.write(folder, files)
    return server
