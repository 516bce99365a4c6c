"""What authors of policies ask before they merge: do the tests pass, and who gets in."""

import json
import shutil
from xml.etree import ElementTree

import pytest

from support import documents, jws
from support.http import DEPLOY
from support.issuer import KID
from support.process import run
from support.server import Server


@pytest.fixture
def folder(issuer, tmp_path):
    """A configuration folder without a server."""
    return Server(tmp_path, issuer)


def policy(server, *arguments):
    return run("policy", *arguments, "--config", server.config)


def proposed(server, **changes):
    """A copy of the policies, with texts replaced in the one that deploys."""
    copy = server.folder / "proposed"
    shutil.copytree(server.folder / "policies", copy)
    text = documents.DEPLOY_PROD
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    (copy / "shop/deploy-prod.yaml").write_text(text)
    return copy


def test_tests_beside_policies_are_run_one_by_one(folder):
    shown = policy(folder, "test")
    assert shown.returncode == 0 and shown.stdout.endswith("3 of 3 tests pass\n"), shown.stdout
    assert "ok      shop-deploy-prod / pull request" in shown.stdout
    assert json.loads(policy(folder, "test", "--json").stdout)["failed"] == 0
    assert policy(folder, "test", "shop-deploy-prod").returncode == 0
    assert policy(folder, "test", "no-such").returncode == 2


def test_a_failing_test_exits_1_and_is_reported_to_ci_systems(folder):
    against = proposed(folder, main=("== 'refs/heads/main'", "== 'refs/heads/other'"))
    report = folder.folder / "report.xml"
    shown = policy(folder, "test", "--against", against, "--junit", report)
    assert shown.returncode == 1 and "FAILED" in shown.stdout
    suite = ElementTree.parse(report).getroot().find("testsuite")
    # The denials fail as well: the branch condition is now among what does not hold.
    assert (suite.get("tests"), suite.get("failures")) == ("3", "2")
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert failed == ["deploy", "pull request"]


def test_everyone_who_can_reach_an_audience_is_shown(folder):
    shown = policy(folder, "who", DEPLOY)
    assert "shop-deploy-prod  for 10m" in shown.stdout, shown.stderr
    assert 'repository_id = "74"' in shown.stdout and 'repository_owner_id among ["65"]' in shown.stdout
    assert "    scopes deploy:shop\n" in shown.stdout
    row = json.loads(policy(folder, "who", DEPLOY, "--json").stdout)
    assert row["conditions"]["main-branch"] == "assertion.ref == 'refs/heads/main'"
    assert policy(folder, "who", "https://undeclared.example.com").returncode == 2
    slip = policy(folder, "who", DEPLOY + "/")
    assert slip.returncode == 2 and f"did you mean {DEPLOY}?" in slip.stderr


def test_a_change_of_who_can_reach_an_audience_is_shown_and_exits_1(folder):
    same = proposed(folder)
    assert policy(folder, "who", DEPLOY, "--against", same).returncode == 0
    shutil.rmtree(same)
    wider = proposed(folder, ttl=("ttl: {max: 10m}", "ttl: {max: 15m}"))
    shown = policy(folder, "who", DEPLOY, "--against", wider)
    assert shown.returncode == 1
    assert shown.stdout == "- shop-deploy-prod  for 10m\n+ shop-deploy-prod  for 15m\n"
    shown = policy(folder, "who", DEPLOY, "--against", wider, "--json")
    rows = [json.loads(line) for line in shown.stdout.splitlines()]
    assert [(row["change"], row["ttl"], row["differs"]) for row in rows] == [("-", "10m", ["ttl"]), ("+", "15m", ["ttl"])]


def test_of_a_changed_policy_only_the_lines_that_differ_are_shown(folder):
    against = proposed(
        folder,
        pin=("environment: production}", "environment: staging}"),
        event=("['push', 'workflow_dispatch']", "['push']"),
    )
    shown = policy(folder, "who", DEPLOY, "--against", against)
    assert shown.stdout.splitlines() == [
        "  shop-deploy-prod  for 10m",
        '-     environment = "production"',
        "-     safe-event: assertion.event_name in ['push', 'workflow_dispatch']",
        '+     environment = "staging"',
        "+     safe-event: assertion.event_name in ['push']",
    ], shown.stdout
    (against / "shop/deploy-prod.yaml").unlink()
    gone = policy(folder, "who", DEPLOY, "--against", against)
    assert gone.returncode == 1 and gone.stdout.startswith("- shop-deploy-prod  for 10m\n-     tokens of ")
    assert all(line.startswith("- ") for line in gone.stdout.splitlines())


def test_what_a_change_widens_is_shown_before_it_is_merged(folder):
    against = proposed(folder, longer=("max: 10m", "max: 12m"), pin=("environment: production}", "environment: staging}"))
    (against / "guardrails.yaml").unlink()
    shown = policy(folder, "check", "--diff", "--against", against)
    lines = [line for line in shown.stdout.splitlines() if line.startswith(("widens", "may widen", "changes", "narrows"))]
    assert lines == [
        "widens    guardrail no-pull-request-target: is removed",
        "widens    policy shop-deploy-prod: ttl: 10m -> 12m",
        'may widen policy shop-deploy-prod: pins environment: "production" -> "staging"',
    ], shown.stdout + shown.stderr
    report = json.loads(policy(folder, "check", "--diff", "--against", against, "--json").stdout)
    assert [change["effect"] for change in report["changes"]] == ["widens", "widens", "may_widen"]
    same = policy(folder, "check", "--diff", "--against", folder.folder / "policies")
    assert same.stdout.startswith("nothing changes\n"), same.stdout


def test_the_folder_is_compared_with_what_is_in_force(folder):
    nothing = policy(folder, "check", "--diff")
    assert nothing.returncode == 2 and "nothing in force" in nothing.stderr
    with folder:
        text = documents.DEPLOY_PROD.replace("max: 10m", "max: 12m")
        (folder.folder / "policies/shop/deploy-prod.yaml").write_text(text)
        assert "widens    policy shop-deploy-prod: ttl: 10m -> 12m\n" in policy(folder, "check", "--diff").stdout
    assert "widens    policy shop-deploy-prod: ttl: 10m -> 12m\n" in policy(folder, "check", "--diff").stdout


def changes(server):
    shown = policy(server, "check", "--diff", "--json")
    return [(change["effect"], change["what"]) for change in json.loads(shown.stdout)["changes"]]


def test_keys_in_a_file_are_compared_with_those_that_the_server_believes(issuer, tmp_path):
    server = Server(tmp_path, issuer)
    bundle = tmp_path / "trust-bundles/github-actions/bundle.yaml"
    bundle.write_text(bundle.read_text().replace("{discovery: true}", "{file: keys.json}"))
    file, name = bundle.with_name("keys.json"), "github-actions/keys.json"

    def pin(**keys):
        file.write_text(json.dumps({"keys": [jws.public_jwk(key, kid) for kid, key in keys.items()]}))

    pin(**{KID: issuer.key})
    unknown = ("may_widen", f"keys of {name}: {KID} now; no server says which were believed before")
    with server:
        assert changes(server) == [unknown], "no token came yet, so the server has read nothing"
        assert server.exchange().status == 200
        assert changes(server) == []
        pin(**{KID: issuer.key, "second": jws.new_key()})
        another = ("may_widen", f"keys of {name}: the file is another one than the server has read")
        assert changes(server) == [("widens", f"believes the key second of {name}"), another]
        pin(second=jws.new_key())
        assert changes(server) == [
            ("widens", f"believes the key second of {name}"),
            ("narrows", f"no longer believes the key {KID} of {name}"),
        ]
        pin(**{KID: jws.new_key()})
        assert changes(server) == [another], "another key under the same name"
        file.write_text("{}")
        assert [effect for effect, _ in changes(server)] == ["may_widen"]
        pin(**{KID: issuer.key})
        assert changes(server) == []
    assert changes(server) == [unknown]


def test_who_is_asked_about_a_document_is_told_when_it_changes(folder):
    with folder:
        text = documents.DEPLOY_PROD.replace("owner: team-shop", "owner: team-x")
        (folder.folder / "policies/shop/deploy-prod.yaml").write_text(text)
        assert changes(folder) == [("changes", "owner: team-shop -> team-x")]
