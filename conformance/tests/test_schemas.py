"""What an editor says of a document is what the server says, as far as a schema can say it."""

import pytest
from jsonschema import Draft202012Validator

from support import documents, schemas
from support.process import ROOT, run
from support.server import Server

SHIPPED = [
    path
    for folder in ("trust-bundles", "policies", "sts/testkit/src/documents", "sts/core/tests/stories/contract")
    for path in sorted((ROOT / folder).rglob("*.yaml"))
]

BUNDLE = documents.bundle("github-actions", "https://token.actions.githubusercontent.com")
CASES = "policy: shop-deploy-prod\ntests:\n  - {name: a, claims: {x: 1}, expect: permit}\n"

FAULTY = [
    (BUNDLE, "kind: TrustBundle", "kind: TrustBundel"),
    (BUNDLE, "apiVersion: sts/v1", "apiVersion: sts/v2"),
    (BUNDLE, "owner: platform", "owner: 7"),
    (BUNDLE, ", owner: platform", ""),
    (BUNDLE, "name: github-actions", "name: GitHub Actions"),
    (BUNDLE, "metadata: {", "metadata: {review_by: 30.6.2027, "),
    (BUNDLE, "issuer: https:", "issuer: ftp:"),
    (BUNDLE, "keys: {discovery: true}", "keys: {}"),
    (BUNDLE, "keys: {discovery: true}", "keys: {discovery: true, file: keys.json}"),
    (BUNDLE, "keys: {discovery: true}", "keys: {discovery: false}"),
    (BUNDLE, "keys: {discovery: true}", "keys: {discovery: true, url: x}"),
    (BUNDLE, "algorithms: [RS256]", "algorithms: [HS256]"),
    (BUNDLE, "algorithms: [RS256]", "algorithms: []"),
    (BUNDLE, "profile: github-actions", "profile: github"),
    (BUNDLE, '["65"]', "[]"),
    (BUNDLE, "max_lifetime: 15m", "max_lifetime: 15 minutes"),
    (BUNDLE, "max_lifetime: 15m", "max_lifetime: 15"),
    (BUNDLE, "replay: once_per_audience", "replay: once"),
    (BUNDLE, "environment: {type: string}", "environment: {type: text}"),
    (BUNDLE, "environment: {type: string}", "environment: {trust: writer}"),
    (BUNDLE, "environment: {type: string}", "environment: {type: string, trust: nobody}"),
    (BUNDLE, "environment: {type: string}", "environment: {type: string, items: string}"),
    (BUNDLE, "environment: {type: string}", "environment: {type: list}"),
    (BUNDLE, "environment: {type: string}", "environment: {type: list, items: string, max: 1000}"),
    (BUNDLE, "environment: {type: string}", "environment: {type: object}"),
    (BUNDLE, "environment: {type: string}", "environment: {type: object, claims: {a: {type: b}}}"),
    (documents.AUDIENCES, "granted_by: [shop]", ""),
    (documents.AUDIENCES, "granted_by: [shop]", "granted_by: shop"),
    (documents.AUDIENCES, "algorithm: ES256", "algorithm: EdDSA"),
    (documents.AUDIENCES, "audience: https://deploy.example.com", 'audience: "*"'),
    (documents.AUDIENCES, '["deploy:shop"]', '["deploy shop"]'),
    (documents.GUARDRAILS, "metadata: {", "metadata: {expires: 2027-06-30, "),
    (documents.GUARDRAILS, '["*"]', "[]"),
    (documents.GUARDRAILS, "deny_if: ", "denyif: "),
    (documents.DEPLOY_PROD, "trust_bundle: github-actions\n", ""),
    (documents.DEPLOY_PROD, "environment: production}", "environment: [production]}"),
    (documents.DEPLOY_PROD, "{id: main-branch, ", "{"),
    (documents.DEPLOY_PROD, "ttl: {max: 10m}", "ttl: 10m"),
    (documents.DEPLOY_PROD, "ttl: {max: 10m}", ""),
    (documents.DEPLOY_PROD, "grant:\n", "mode: observe\ngrant:\n"),
    (documents.DEPLOY_PROD, "grant:\n", "replay: reusable\ngrant:\n"),
    (documents.DEPLOY_PROD, "grant:\n", "waive: [{lint: L2, reason: x, expires: 2999-01-01}]\ngrant:\n"),
    (documents.DEPLOY_PROD, "grant:\n", "waive: [{lint: L002, expires: 2999-01-01}]\ngrant:\n"),
    (documents.DEPLOY_PROD, "expect: deny, failed: [safe-event]", "expect: refuse"),
    (documents.DEPLOY_PROD, "expect: deny, failed: [safe-event]", "expect: permit, failed: []"),
    (documents.DEPLOY_PROD, "expect: deny, failed: [safe-event]", "expect: deny, minted: {a: 1}"),
]


@pytest.fixture
def folder(tmp_path):
    """A configuration folder without a server; the issuer is only named."""

    class Named:
        url = "http://127.0.0.1:9"

    return Server(tmp_path, Named)


@pytest.mark.parametrize("name", schemas.names())
def test_a_schema_is_one(name):
    Draft202012Validator.check_schema(schemas.schema(name))


@pytest.mark.parametrize("name", schemas.names())
def test_every_example_of_a_schema_fits_it(name):
    found = list(schemas.examples(schemas.schema(name)))
    assert found or name == "document.json"
    for shape, example in found:
        assert list(Draft202012Validator(shape).iter_errors(example)) == [], example


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_document_fits_its_schema(path):
    assert schemas.faults(path.read_text()) == []


def test_sound_documents_fit_and_cases_in_a_file_of_their_own_do(folder):
    for text in (BUNDLE, documents.AUDIENCES, documents.GUARDRAILS, documents.DEPLOY_PROD, CASES):
        assert schemas.faults(text) == []
    assert schemas.faults(CASES.replace("expect: permit", "expect: allow")) != []
    assert run("policy", "check", "--config", folder.config).returncode == 0


@pytest.mark.parametrize(("text", "sound", "faulty"), FAULTY, ids=lambda text: text[:40].strip() or "nothing")
def test_what_a_schema_refuses_does_not_load_either(folder, text, sound, faulty):
    assert sound in text
    changed = text.replace(sound, faulty, 1)
    assert schemas.faults(changed) != [], "the editor says so"
    files = {
        BUNDLE: "trust-bundles/github-actions/bundle.yaml",
        documents.AUDIENCES: "policies/audiences.yaml",
        documents.GUARDRAILS: "policies/guardrails.yaml",
        documents.DEPLOY_PROD: "policies/shop/deploy-prod.yaml",
    }
    documents.write(folder.folder, {files[text]: changed})
    checked = run("policy", "check", "--config", folder.config)
    assert checked.returncode == 1, "the server says so"


def test_schemas_beside_documents_are_no_documents(folder):
    documents.write(folder.folder, {"policies/schema/document.yaml": "kind: Schema"})
    assert run("policy", "check", "--config", folder.config).returncode == 0
