"""The sample configuration and documents of a server under test."""

CONFIG = """\
issuer: {url}
environment: test
development: true
trust_bundles: trust-bundles
policies: policies
listen:
  public: 127.0.0.1:{port}
  metrics: 127.0.0.1:{metrics}
  admin: "unix:state/admin.sock"
store: {{url: "sqlite:state/sts.db"}}
seal: {{kind: file, key_file: kek}}
"""

BUNDLE = """\
apiVersion: sts/v1
kind: TrustBundle
metadata: {{name: {name}, owner: platform}}
issuer: {issuer}
keys: {keys}
algorithms: [RS256]
profile: github-actions
admit: {{repository_owner_id: ["65"]}}
subject_token: {{max_lifetime: 15m, replay: once_per_audience, id_claim: jti}}
claims:
  repository_owner_id: {{type: string, required: true, trust: platform, identity: true}}
  repository_id: {{type: string, required: true, trust: platform, identity: true}}
  repository: {{type: string, required: true, trust: platform}}
  ref: {{type: string, required: true, trust: writer}}
  event_name:
    type: string
    required: true
    trust: platform
    enum: [push, workflow_dispatch, pull_request, pull_request_target]
  environment: {{type: string}}
  run_id: {{type: string}}
  actor: {{type: string}}
"""

AUDIENCES = """\
apiVersion: sts/v1
kind: Audience
metadata: {name: deploy, owner: team-platform}
audience: https://deploy.example.com
granted_by: [shop]
scopes: ["deploy:shop"]
token: {algorithm: ES256, ttl_max: 15m}
"""

GUARDRAILS = """\
apiVersion: sts/v1
kind: Guardrail
metadata: {name: no-pull-request-target, owner: security}
applies_to: {trust_bundles: [github-actions], audiences: ["*"]}
deny_if: [{id: fork-event, expr: "assertion.event_name == 'pull_request_target'"}]
"""

DEPLOY_PROD = """\
apiVersion: sts/v1
kind: TrustPolicy
metadata: {name: shop-deploy-prod, owner: team-shop}
trust_bundle: github-actions
pins: {repository_owner_id: "65", repository_id: "74", environment: production}
conditions:
  - {id: main-branch, expr: "assertion.ref == 'refs/heads/main'"}
  - {id: safe-event, expr: "assertion.event_name in ['push', 'workflow_dispatch']"}
grant:
  audience: https://deploy.example.com
  subject: "subject('gha', assertion.repository_id, assertion.environment)"
  scopes: ["deploy:shop"]
  ttl: {max: 10m}
  claims: {run_id: "has(assertion.run_id) ? assertion.run_id : ''"}
tests:
  - name: deploy
    claims:
      repository_owner_id: "65"
      repository_id: "74"
      repository: octo-org/octo-repo
      environment: production
      ref: refs/heads/main
      event_name: push
    expect: permit
  - {name: pull request, set: {event_name: pull_request}, expect: deny, failed: [safe-event]}
  - {name: branch, set: {ref: refs/heads/x}, expect: deny, failed: [main-branch]}
"""

# One audience under two overlapping policies: what one permits the other may permit too.
TWIN_AUDIENCE = """\
apiVersion: sts/v1
kind: Audience
metadata: {name: twin, owner: team-platform}
audience: https://twin.example.com
granted_by: [shop]
scopes: ["twin:use"]
"""

TWIN_POLICY = """\
apiVersion: sts/v1
kind: TrustPolicy
metadata: {{name: {name}, owner: team-shop}}
trust_bundle: github-actions
waive: [{{lint: L015, reason: tokens are exchanged under it, expires: 2099-01-01}}]
pins: {{repository_owner_id: "65", repository_id: "74", environment: production}}
conditions: [{{id: {id}, expr: "{expr}"}}]
grant:
  audience: https://twin.example.com
  subject: "subject('twin', assertion.repository_id, assertion.environment)"
  scopes: ["twin:use"]
  ttl: {{max: 10m}}
"""
TWINS = {
    "twin-main": ("main-branch", "assertion.ref == 'refs/heads/main'"),
    "twin-any": ("push-event", "assertion.event_name == 'push'"),
}


def bundle(name, issuer, keys="{discovery: true}"):
    return BUNDLE.format(name=name, issuer=issuer, keys=keys)


def basic(url, port, metrics, issuer):
    """The files of a complete folder, by path."""
    return {
        "sts.yaml": CONFIG.format(url=url, port=port, metrics=metrics),
        "trust-bundles/github-actions/bundle.yaml": bundle("github-actions", issuer),
        "policies/audiences.yaml": AUDIENCES,
        "policies/guardrails.yaml": GUARDRAILS,
        "policies/shop/deploy-prod.yaml": DEPLOY_PROD,
    }


def twins():
    """The files that add the audience with two policies."""
    files = {"policies/twin.yaml": TWIN_AUDIENCE}
    for name, (condition, expr) in TWINS.items():
        text = TWIN_POLICY.format(name=name, id=condition, expr=expr)
        files[f"policies/shop/{name}.yaml"] = text
    return files


def write(folder, files):
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
