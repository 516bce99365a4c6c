"""Lints as an author of policies meets them: what is refused, what only fails the check, and by which code."""

import json

import pytest
from support import documents
from support.process import run, wait_until
from support.server import Server

POLICY = "policies/shop/deploy-prod.yaml"
MAIN = "assertion.ref == 'refs/heads/main'"
OPEN = "assertion.ref.fullMatch('refs/heads/.*')"


@pytest.fixture
def folder(tmp_path):
    """A good configuration without a server."""
    documents.write(tmp_path, documents.basic("http://127.0.0.1:8400", 8400, 8402, "http://127.0.0.1:8401"))
    return tmp_path


def policy(folder, *command):
    done = run("policy", *command, "--config", folder / "sts.yaml", "--json")
    return done.returncode, json.loads(done.stdout)


def change(folder, text, replacement):
    documents.write(folder, {POLICY: documents.DEPLOY_PROD.replace(text, replacement)})


def found(report):
    return [(fault["code"], fault["severity"]) for fault in report["faults"]]


def test_sound_documents_are_without_findings(folder):
    code, report = policy(folder, "check")
    assert (code, report["ok"], report["faults"]) == (0, True, [])


def test_what_is_unsound_does_not_load_unless_it_is_waived(folder):
    change(folder, MAIN, OPEN)
    code, report = policy(folder, "check")
    assert (code, found(report)) == (1, [("L007", "error")])
    waived = "waive: [{lint: L007, reason: only robots push there, expires: 2099-01-01}]\npins:"
    text = documents.DEPLOY_PROD.replace(MAIN, OPEN).replace("pins:", waived)
    text = text.replace("set: {ref: refs/heads/x}", "set: {ref: refs/tags/x}")
    documents.write(folder, {POLICY: text})
    assert policy(folder, "check")[0] == 0


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("assertion.ref.fullMatch('refs/heads/main[^/]*')", "L004"),
        ("assertion.ref.startsWith(assertion.repository_id)", "L004"),
        ("assertion.ref.fullMatch('refs/[a-z/]+')", "L007"),
        ("assertion.ref == 'refs/heads/main' || assertion.ref != 'refs/heads/main'", "C015"),
        ("size(assertion.ref) >= 0", "C015"),
        ("assertion.ref == 'refs/heads/m\u0430in'", "C018"),
        ("assertion.ref == 'refs/heads/main' // \u202e", "C018"),
    ],
)
def test_what_says_less_than_it_seems_to_does_not_load(folder, condition, code):
    change(folder, MAIN, condition)
    status, report = policy(folder, "check")
    assert status == 1 and {code} == {name for name, _ in found(report)}, report


def test_two_teams_that_permit_the_same_in_other_words_do_not_load(folder):
    shared = documents.AUDIENCES.replace("granted_by: [shop]", "granted_by: [shop, web]")
    other = documents.DEPLOY_PROD.replace("name: shop-deploy-prod", "name: web-x")
    reworded = other.replace(MAIN, "assertion.ref in ['refs/heads/main']")
    assert reworded != other
    documents.write(folder, {"policies/audiences.yaml": shared, "policies/web/x.yaml": reworded})
    code, report = policy(folder, "check")
    assert code == 1 and ("L017", "error") in found(report), report
    apart = other.replace(MAIN, "assertion.ref == 'refs/heads/dev'").replace("refs/heads/main", "refs/heads/dev")
    documents.write(folder, {"policies/web/x.yaml": apart})
    code, report = policy(folder, "check")
    assert (code, report["faults"]) == (0, []), report


def test_what_is_only_poor_work_loads_and_fails_the_check(folder):
    change(folder, MAIN, f"{MAIN} || assertion.ref == 'refs/heads/release'")
    code, report = policy(folder, "check")
    assert (code, report["ok"], found(report)) == (1, False, [("L009", "warning")])
    assert policy(folder, "test")[0] == 0, "it loads"


def test_a_condition_that_no_test_looks_at_is_named_where_tests_run(folder):
    text = documents.DEPLOY_PROD
    branch = next(line for line in text.splitlines(True) if "name: branch" in line)
    documents.write(folder, {POLICY: text.replace(branch, "")})
    code, report = policy(folder, "check")
    assert (code, found(report)) == (1, [("L015", "warning")])
    assert report["faults"][0]["line"] == 7
    code, report = policy(folder, "test")
    assert (code, report["failed"]) == (0, 0), "no test failed"
    assert ["main-branch" in one["message"] for one in report["untested"]] == [True]
    assert policy(folder, "test", "shop-deploy-prod")[1]["untested"] == report["untested"]


def test_a_failing_test_is_an_error(folder):
    change(folder, "expect: permit", "expect: deny")
    code, report = policy(folder, "check")
    assert code == 1
    assert [fault["severity"] for fault in report["faults"]] == ["error"]


def test_a_policy_that_nobody_used_is_named_where_the_ledger_reaches_back(issuer, tmp_path):
    server = Server(tmp_path, issuer)
    with server:

        def unused(time):
            assert server.exchange().status == 200
            return run("policy", "check", "--config", server.config, "--unused", time)

        young = unused("90d")
        assert young.returncode == 0 and "the ledger is younger than 90d" in young.stderr, young.stdout
        found = wait_until(lambda: (shown := unused("3s")).returncode and shown, 20, "the ledger is old enough")
        assert found.returncode == 1, found.stderr
        assert found.stdout.count("nobody was permitted by this policy for 3s [L022]") == 2, found.stdout
        assert "twin-any.yaml:" in found.stdout and "deploy-prod.yaml:" not in found.stdout
        twin = server.folder / "policies/shop/twin-any.yaml"
        waiver = '{lint: L022, reason: "for a restore", expires: 2099-01-01}'
        twin.write_text(twin.read_text().replace("waive: [", f"waive: [{waiver}, "))
        assert "twin-any.yaml:" not in unused("3s").stdout
    assert run("policy", "check", "--config", server.config, "--unused", "soon").returncode == 2
