"""The examples in policies/ and the bundles in trust-bundles/ are one good set, and each example can be copied alone."""

import base64
import json
import re
import shutil

import pytest
from support.process import ROOT, run

POLICIES = ROOT / "policies"
PAGE = (POLICIES / "LIBRARY.md").read_text()
CONFIG = """\
issuer: https://sts.example.com
environment: test
trust_bundles: {folder}/trust-bundles
policies: {folder}/policies
listen: {{public: "127.0.0.1:8443"}}
tls: {{cert_file: tls.crt, key_file: tls.key}}
store: {{url: "sqlite:state/sts.db"}}
seal: {{kind: file, key_file: kek}}
keys: {{algorithms: [ES256, RS256]}}
"""
DEPLOY = "https://deploy.example.com"
PACKAGES = "https://packages.example.com"
LAKE = "https://iam.googleapis.com/projects/100000000074/locations/global/workloadIdentityPools/sts/providers/sts"
ANALYTICS = "https://aws.example.com/123456789012"
SHARED = "octo-org/workflows/.github/workflows/deploy.yml@refs/tags/v1.4.0"

# What each policy is for: the fixture, what differs from it, and the audience.
MEANT = {
    "shop-deploy-prod": ("github-actions", {}, DEPLOY),
    "shop-publish-release": ("github-actions", {"environment": "release", "ref": "refs/tags/v1.2.3"}, PACKAGES),
    "shop-review-read": ("github-actions", {"environment": None, "event_name": "pull_request"}, PACKAGES),
    "warehouse-deploy-shared-workflow": (
        "github-actions",
        {"repository_id": "75", "job_workflow_ref": SHARED},
        f"{DEPLOY}/warehouse",
    ),
    "backoffice-gitlab-deploy": ("gitlab", {}, f"{DEPLOY}/backoffice"),
    "backoffice-azure-reports": ("azure-v2", {}, "https://reports.example.com"),
    "payments-api-ledger": ("kubernetes", {}, "https://ledger.example.com"),
    "data-aws-to-gcp": ("aws", {}, LAKE),
    "data-gcp-to-aws": ("gcp", {}, ANALYTICS),
    "onprem-backup-to-azure": ("spiffe", {}, "api://AzureADTokenExchange"),
}

# What each guardrail denies, whatever policies say of it.
DENIED = [
    ("fork-event", "github-actions", {"event_name": "pull_request_target"}, PACKAGES),
    ("follow-up-event", "github-actions", {"event_name": "workflow_run"}, PACKAGES),
    ("follow-up-event", "github-actions", {"event_name": "issue_comment"}, DEPLOY),
    ("self-hosted", "github-actions", {"runner_environment": "self-hosted"}, DEPLOY),
    ("self-hosted", "github-actions", {"runner_environment": None}, f"{DEPLOY}/warehouse"),
    ("code-of-a-fork", "gitlab", {"project_id": "75"}, f"{DEPLOY}/backoffice"),
    ("unprotected", "gitlab", {"ref_protected": "false"}, f"{DEPLOY}/backoffice"),
    (
        "default-account",
        "kubernetes",
        {"kubernetes.io": {"namespace": "payments", "serviceaccount": {"name": "default", "uid": "1"}}},
        "https://ledger.example.com",
    ),
    ("no-role", "aws", {"sub": "arn:aws:iam::123456789012:user/etl"}, LAKE),
    ("no-role", "aws", {"sub": "arn:aws:iam::123456789012:root"}, LAKE),
    ("spire-itself", "spiffe", {"sub": "spiffe://corp.example/spire/agent/x509pop/1"}, "api://AzureADTokenExchange"),
]


def configured(folder, root=ROOT):
    config = folder / "sts.yaml"
    config.write_text(CONFIG.format(folder=root))
    return config


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    return configured(tmp_path_factory.mktemp("library"))


def policy(config, *command, stdin=""):
    done = run("policy", *command, "--config", config, "--json", stdin=stdin)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def token(fixture, changes):
    """The fixture as a token that nobody signed: explaining looks at no signature."""
    claims = {**json.loads((POLICIES / f"fixtures/{fixture}.json").read_text()), **changes}
    parts = [{"alg": "RS256", "kid": "1"}, {name: value for name, value in claims.items() if value is not None}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "AAAA"])


def explained(config, fixture, changes, audience):
    command = ["explain", "--token", "-", "--audience", audience]
    code, reports = policy(config, *command, stdin=token(fixture, changes))
    assert (code, len(reports)) == (0, 1), reports
    return reports[0]


def denials(report):
    held = [condition for guardrail in report["guardrails"] for condition in guardrail["deny_if"]]
    return [condition["id"] for condition in held if condition["result"] != "false"]


def examples():
    """The rows of the page: the policy, and every file that it is copied with."""
    rows = [line.split("|")[2:4] for line in PAGE.splitlines() if re.match(r"\| .*\]\([a-z]+/", line)]
    return {re.search(r"\(([^)]+)\)", own).group(1): re.findall(r"\(([^)]+)\)", others) for own, others in rows}


def test_the_whole_set_is_without_findings_and_its_tests_pass(config):
    code, [report] = policy(config, "check")
    assert (code, report["ok"], report["faults"]) == (0, True, [])
    code, [report] = policy(config, "test")
    assert (code, report["failed"], report["untested"]) == (0, 0, [])


@pytest.mark.parametrize("audience", sorted({audience for _, _, audience in MEANT.values()}))
def test_an_audience_is_reached_by_whom_it_is_meant_for(config, audience):
    code, rows = policy(config, "who", audience)
    meant = {name for name, (_, _, reached) in MEANT.items() if reached == audience}
    assert (code, {row["policy"] for row in rows}) == (0, meant)


@pytest.mark.parametrize("name", MEANT)
def test_a_real_token_is_admitted_permitted_and_not_denied_by_a_guardrail(config, name):
    fixture, changes, audience = MEANT[name]
    report = explained(config, fixture, changes, audience)
    assert (report["not_admitted"], denials(report)) == ([], [])
    permitting = [row["policy"] for row in report["policies"] if row["misses"] == 0]
    assert permitting == [name], "and nobody else, or the request would be ambiguous"


@pytest.mark.parametrize(("denial", "fixture", "changes", "audience"), DENIED)
def test_a_guardrail_denies_what_it_is_for(config, denial, fixture, changes, audience):
    assert denial in denials(explained(config, fixture, changes, audience))


def test_every_guardrail_is_tried_and_explained(config):
    documents = "".join(path.read_text() for path in POLICIES.glob("*.yaml"))
    assert set(re.findall(r"\{id: ([a-z-]+)", documents)) == {denial for denial, *_ in DENIED}
    for name in re.findall(r"kind: Guardrail\nmetadata: \{name: ([a-z-]+)", documents):
        assert f"| {name} |" in PAGE


def test_every_pin_is_made_to_fail_alone(config):
    texts = [path.read_text() for path in POLICIES.glob("*/*.yaml")]
    for audience in {audience for _, _, audience in MEANT.values()}:
        for row in policy(config, "who", audience)[1]:
            text = next(text for text in texts if f"name: {row['policy']}," in text)
            for pin in row["pins"]:
                assert f"failed: [pins.{pin}]" in text, f"{row['policy']}: {pin}"


def test_the_page_lists_every_example_and_what_its_receiver_is_told():
    files = {str(path.relative_to(POLICIES)) for path in POLICIES.glob("*/*.yaml")}
    assert set(examples()) == files
    for path in files:
        text = (POLICIES / path).read_text()
        name = re.search(r"name: ([a-z-]+),", text).group(1)
        subject = re.search(r'minted: {sub: "([^"]+)"', text).group(1)
        assert f"| {name} | `{MEANT[name][2]}` | `{subject}` |" in PAGE


@pytest.mark.parametrize("path", examples())
def test_an_example_can_be_copied_alone(tmp_path, path):
    copied = tmp_path / "policies"
    shutil.copytree(POLICIES / "fixtures", copied / "fixtures")
    for other in [path, *examples()[path]]:
        (copied / other).resolve().parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(POLICIES / other, copied / other)
    code, [report] = policy(configured(tmp_path, tmp_path), "check")
    assert (code, report["faults"]) == (0, [])
