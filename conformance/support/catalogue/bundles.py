"""The documents of a world with many issuers, whose key sets are files: nobody is asked for them."""

from support.process import ROOT

# Its one identity is pinned, so whoever has that is permitted, whatever the rest says.
BUNDLE = """\
apiVersion: sts/v1
kind: TrustBundle
metadata: {{name: {name}, owner: platform}}
issuer: {issuer}
keys: {{file: keys.json}}
algorithms: [{algorithms}]
subject_token: {{max_lifetime: 15m, replay: {replay}}}
claims:
  workload: {{type: string, required: true, trust: platform, identity: true}}
"""
# Claims of every type, for what must not be taken for another type.
TYPED = """\
  count: {type: int}
  flag: {type: bool}
  groups: {type: list, items: string, max: 4}
  nested: {type: object, claims: {name: {type: string}, count: {type: int}}}
"""
POLICY = """\
apiVersion: sts/v1
kind: TrustPolicy
metadata: {{name: {name}, owner: team-shop}}
trust_bundle: {name}
pins: {pins}
conditions: [{conditions}]
grant:
  audience: https://deploy.example.com
  subject: "subject('{name}')"
  scopes: ["deploy:shop"]
  ttl: {{max: 10m}}
"""
# A number that was rounded would be this one.
EXACT = "{id: exact, expr: 'has(assertion.count) ? assertion.count != 9007199254740992 : true'}"
ONCE = "once_per_audience"
ONCE_BY_TEXT = "once_per_audience, id_claim: signing_input"

# Name, then algorithms, replay, more claims and a condition where they differ from the usual.
OWN = {
    "es256": {"algorithms": "ES256"},
    "es256-by-text": {"algorithms": "ES256", "replay": ONCE_BY_TEXT},
    "es384": {"algorithms": "ES384"},
    "ps256": {"algorithms": "PS256"},
    "eddsa": {"algorithms": "EdDSA"},
    "rsa": {"algorithms": "RS256, RS384, RS512, PS256"},
    "mixed": {"algorithms": "RS256, ES256, ES384, EdDSA"},
    "typed": {"claims": TYPED, "conditions": EXACT},
    "azp": {"claims": "  azp: {type: string, required: true, enum: [ours]}\n"},
    "subject": {"claims": "  sub: {type: string, required: true, enum: ['repo:octo-org/octo-repo']}\n"},
}
# The shipped ones, and what a policy of ours pins there.
SHIPPED = {
    "kubernetes": "{k8s.namespace: shop, k8s.serviceaccount.name: deployer}",
    "azure-v1": "{oid: '74'}",
    "azure-v2": "{oid: '74'}",
    "gcp": "{sub: '100000000000000000065'}",
    "gitlab": "{job_project_id: '74', ref_protected: 'true', pipeline_source: push}",
    "aws": "{aws.aws_account: '123456789012', sub: 'repo:octo-org/octo-repo'}",
    "circleci": "{project_id: '74'}",
    "spiffe": "{sub: 'spiffe://corp.example/shop'}",
}


def own(name, algorithms="RS256", replay=ONCE, claims="", conditions=""):
    """The two documents of an issuer that is only ours."""
    text = BUNDLE.format(name=name, issuer=issuer_of(name), algorithms=algorithms, replay=replay)
    return files(name, text + claims, "{workload: '74'}", conditions)


def issuer_of(name):
    return f"https://{name}.example.com"


def shipped(name, pins):
    """A bundle as it is shipped, but for where its keys are."""
    lines = (ROOT / "trust-bundles" / name / "bundle.yaml").read_text().splitlines()
    changed = ["keys: {file: keys.json}" if line.startswith("keys:") else line for line in lines]
    return files(name, "\n".join(changed) + "\n", pins)


def files(name, bundle, pins, conditions=""):
    policy = POLICY.format(name=name, pins=pins, conditions=conditions)
    return {f"trust-bundles/{name}/bundle.yaml": bundle, f"policies/shop/{name}.yaml": policy}


def value(text, key):
    """What a bundle says in one of its lines."""
    line = next(line for line in text.splitlines() if line.startswith(f"{key}:"))
    return line.removeprefix(f"{key}:").split(" #")[0].strip()
