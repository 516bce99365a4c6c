"""A policy is drafted after what one caller showed: it loads, its tests pass, and it lets that caller in."""

import json

import pytest

from support import documents, http
from support.process import run
from support.server import Server

FEATURE = {"repository_id": "75", "ref": "refs/heads/feature"}


@pytest.fixture
def stopped(issuer, tmp_path):
    """A configuration folder without a server."""
    return Server(tmp_path, issuer)


def new(server, *arguments, stdin="", audience=http.DEPLOY):
    given = ["policy", "new", *arguments, "--audience", audience, "--config", server.config]
    return run(*given, stdin=stdin)


def drafted(server, token, *arguments):
    shown = new(server, "drafted", "--from-token", "-", *arguments, stdin=token)
    assert shown.returncode == 0, shown.stderr
    return shown


def file(server, name="drafted"):
    return server.folder / f"policies/shop/{name}.yaml"


def assert_sound(server, tests):
    checked = run("policy", "check", "--config", server.config, "--json")
    assert checked.returncode == 0, checked.stdout
    ran = run("policy", "test", "drafted", "--config", server.config, "--json")
    assert json.loads(ran.stdout)["failed"] == 0 and ran.stdout.count('"as seen"') <= 1
    assert file(server).read_text().count("expect: ") == tests


def test_a_drafted_policy_is_sound_and_permits_the_caller_and_no_other(stopped, issuer):
    token = stopped.mint(FEATURE)
    shown = drafted(stopped, token, "--write")
    assert shown.stdout == f"written: {file(stopped)}\n"
    assert "neither signature nor times" in shown.stderr
    assert_sound(stopped, tests=6)
    with stopped:
        answer = stopped.exchange(stopped.mint(FEATURE))
        assert answer.status == 200, answer.body
        assert answer.json()["scope"] == "deploy:shop"
        for other in ({"ref": "refs/heads/main"}, {"event_name": "workflow_dispatch"}):
            denied = stopped.exchange(stopped.mint({**FEATURE, **other})).json()
            assert denied["reason"] == "conditions_failed" and denied["failed"][0]["policy"] == "drafted"
        for other in ({"repository_id": "76"}, {"environment": "staging"}):
            assert stopped.exchange(stopped.mint({**FEATURE, **other})).reason == "denied"


def test_without_write_the_document_is_only_shown(stopped):
    shown = drafted(stopped, stopped.mint(FEATURE))
    assert not file(stopped).exists() and str(file(stopped)) in shown.stderr
    assert 'pins: {repository_owner_id: "65", repository_id: "75", environment: production}' in shown.stdout
    assert "{id: ref, expr: \"assertion.ref == 'refs/heads/feature'\"}" in shown.stdout
    assert "run_id" not in shown.stdout and "actor" not in shown.stdout
    documents.write(stopped.folder, {"policies/shop/drafted.yaml": shown.stdout})
    assert_sound(stopped, tests=6)


def test_a_decision_that_denied_becomes_a_policy_that_permits(stopped):
    branch = {"ref": "refs/heads/release"}
    with stopped:
        denied = stopped.exchange(stopped.mint(branch)).json()
        assert denied["reason"] == "conditions_failed"
        shown = new(stopped, "drafted", "--from-decision", denied["decision_id"], "--write")
        assert shown.returncode == 0, shown.stderr
    assert "signature" not in shown.stderr
    assert_sound(stopped, tests=6)
    with stopped:
        assert stopped.exchange(stopped.mint(branch)).status == 200


def test_a_decision_that_was_only_counted_says_so(stopped):
    with stopped:
        denied = stopped.exchange(stopped.mint(FEATURE)).json()
        shown = new(stopped, "drafted", "--from-decision", denied["decision_id"])
    assert shown.returncode == 1 and "only counted" in shown.stderr


@pytest.mark.parametrize(
    "value",
    [
        "refs/heads/x'] || true || ['",
        'refs/heads/x"}\nkind: Guardrail\n"',
        "refs/heads/\\' || true //",
        "refs/heads/# {a: b}, [c]",
        "refs/heads/größe/ветка/🦀",
        "'",
        "true",
        "0x10",
        "~",
    ],
)
def test_hostile_values_stay_values(stopped, value):
    hostile = {"repository_id": "75", "ref": value, "environment": value}
    drafted(stopped, stopped.mint(hostile), "--write")
    assert_sound(stopped, tests=6)
    shown = run("policy", "explain", "--token", "-", "--json", "--config", stopped.config, stdin=stopped.mint(hostile))
    best = json.loads(shown.stdout)["policies"][0]
    assert (best["policy"], best["misses"]) == ("drafted", 0)
    assert next(pin["wanted"] for pin in best["pins"] if pin["claim"] == "environment") == value
    other = run("policy", "explain", "--token", "-", "--json", "--config", stopped.config, stdin=stopped.mint(FEATURE))
    rows = {row["policy"]: row["misses"] for row in json.loads(other.stdout)["policies"]}
    assert rows["drafted"] == 2, "neither the branch nor the environment is any other"


def test_what_was_empty_is_demanded_to_stay_so(stopped):
    job = {**FEATURE, "environment": ""}
    shown = drafted(stopped, stopped.mint(job), "--write")
    assert "empty in what was seen, and demanded to be: environment" in shown.stderr
    assert_sound(stopped, tests=6)
    with stopped:
        assert stopped.exchange(stopped.mint(job)).status == 200
        denied = stopped.exchange(stopped.mint(FEATURE)).json()
        assert denied["failed"] == [{"policy": "drafted", "conditions": ["environment"]}]


@pytest.mark.parametrize("value", ["refs/heads/\u202e\u2028\u0085\u007f🦀", "refs/heads/m\u0430in", "refs/heads/main\u200b"])
def test_values_that_are_not_what_they_look_like_are_not_drafted(stopped, value):
    token = stopped.mint({"repository_id": "75", "ref": value, "environment": "production"})
    shown = new(stopped, "drafted", "--from-token", "-", "--write", stdin=token)
    assert shown.returncode != 0 and "[C018]" in shown.stderr, shown.stderr
    assert "\u202e" not in shown.stderr and not file(stopped).exists()


def test_sensitive_values_are_not_written_unless_asked_for(stopped):
    bundle = stopped.folder / "trust-bundles/github-actions/bundle.yaml"
    secret = "  actor: {type: string, required: true, trust: writer, identity: true, sensitive: true}"
    bundle.write_text(bundle.read_text().replace("  actor: {type: string}", secret))
    # Their tests do not know the claim.
    for other in (stopped.folder / "policies/shop").iterdir():
        other.unlink()
    token = stopped.mint({**FEATURE, "actor": "somebody"})
    assert "somebody" not in drafted(stopped, token).stdout
    drafted(stopped, token, "--pin", "actor", "--write")
    assert "actor: somebody" in file(stopped).read_text()
    assert_sound(stopped, tests=7)
    with stopped:
        answer = stopped.exchange(stopped.mint({**FEATURE, "actor": "somebody"})).json()
        from_entry = ["--from-decision", answer["decision_id"]]
        shown = new(stopped, "again", *from_entry)
        assert shown.returncode == 0, shown.stderr
        assert "only keyed hashes" in shown.stderr and "somebody" not in shown.stdout
        pinned = new(stopped, "again", *from_entry, "--pin", "actor")
        assert pinned.returncode == 2 and "--from-token" in pinned.stderr


def test_of_several_scopes_the_granted_ones_are_named(stopped):
    audiences = stopped.folder / "policies/audiences.yaml"
    audiences.write_text(documents.AUDIENCES.replace('["deploy:shop"]', '["deploy:shop", "read:shop"]'))
    token = stopped.mint(FEATURE)
    shown = new(stopped, "drafted", "--from-token", "-", stdin=token)
    assert shown.returncode == 2 and "--scope deploy:shop --scope read:shop" in shown.stderr
    assert 'scopes: ["read:shop"]' in drafted(stopped, token, "--scope", "read:shop").stdout
    other = new(stopped, "drafted", "--from-token", "-", "--scope", "no:such", stdin=token)
    assert other.returncode == 2 and "it has deploy:shop, read:shop" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Not A Name"], "a name is made of"),
        (["shop-deploy-prod"], "already"),
        (["drafted", "--team", "pay"], "granted_by: [shop, pay]"),
        (["drafted", "--team", "../x"], "no folder of a team"),
        (["drafted", "--pin", "no_such"], "--pin no_such"),
    ],
)
def test_what_cannot_be_drafted_is_said(stopped, arguments, said):
    shown = new(stopped, *arguments, "--from-token", "-", stdin=stopped.mint(FEATURE))
    assert shown.returncode == 2 and said in shown.stderr, shown.stderr
    assert shown.stdout == ""


def test_an_audience_is_declared_by_its_owner_first(stopped):
    shown = new(stopped, "drafted", "--from-token", "-", stdin=stopped.mint(FEATURE), audience="https://no.example")
    assert shown.returncode == 2 and "kind: Audience" in shown.stderr and "granted_by" in shown.stderr


def test_a_file_that_exists_is_never_written_over(stopped):
    documents.write(stopped.folder, {"policies/shop/drafted.yaml": "# mine\n"})
    shown = new(stopped, "drafted", "--from-token", "-", "--write", stdin=stopped.mint(FEATURE))
    assert shown.returncode == 2 and "exists" in shown.stderr
    assert file(stopped).read_text() == "# mine\n"


def test_who_is_denied_whatever_policies_say_is_told(stopped):
    forked = stopped.mint({**FEATURE, "event_name": "pull_request_target"})
    assert "guardrail no-pull-request-target denies" in drafted(stopped, forked).stderr
    stranger = stopped.mint({**FEATURE, "repository_owner_id": "66"})
    assert "does not admit this repository_owner_id" in drafted(stopped, stranger).stderr
    assert "whatever policies say" not in drafted(stopped, stopped.mint(FEATURE)).stderr


def test_a_draft_is_given_to_programs_as_json(stopped):
    shown = json.loads(drafted(stopped, stopped.mint(FEATURE), "--json").stdout)
    assert shown["file"] == str(file(stopped)) and shown["written"] is False
    assert shown["document"].startswith("#") and "kind: TrustPolicy" in shown["document"]
