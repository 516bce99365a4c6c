"""A denial answers itself: to those who run the server, by decision, token or claims."""

import json

from support.http import DEPLOY, TWIN
from support.process import run


def explain(server, *arguments, stdin=""):
    return run("policy", "explain", *arguments, "--config", server.config, stdin=stdin)


def explained(server, *arguments, stdin=""):
    shown = explain(server, *arguments, "--json", stdin=stdin)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


def test_a_decision_is_explained_from_its_own_trace(server):
    denied = server.exchange(server.mint({"ref": "refs/heads/x"})).json()
    shown = explain(server, denied["decision_id"])
    assert shown.returncode == 0, shown.stderr
    assert "deny  conditions_failed" in shown.stdout
    assert "FAILS   main-branch: assertion.ref == 'refs/heads/main'" in shown.stdout
    assert 'ref = "refs/heads/x"' in shown.stdout and "holds   safe-event" in shown.stdout
    assert "policy shop-deploy-prod (policies/shop/deploy-prod.yaml:1:1): its pins matched" in shown.stdout
    assert "== 'refs/heads/main'  (7:30-63)" in shown.stdout
    assert 'holds   pin repository_id = "74"' in shown.stdout and "\ufffd" not in shown.stdout
    entry = explained(server, denied["decision_id"])
    failing = [c["id"] for c in entry["entry"]["trace"]["policies"][0]["conditions"] if c["result"] != "true"]
    assert [{"policy": "shop-deploy-prod", "conditions": failing}] == denied["failed"]
    assert entry["documents_known"] is True


def test_a_decision_that_was_only_counted_says_so(server):
    denied = server.exchange(server.mint({"repository_id": "75"})).json()
    shown = explain(server, denied["decision_id"])
    assert shown.returncode == 1 and "only counted" in shown.stderr


def test_a_token_is_held_against_every_policy_nearest_miss_first(server):
    token = server.mint({"repository_id": "75", "ref": "refs/heads/x"})
    rows = explained(server, "--token", "-", stdin=token)["policies"]
    assert {row["policy"] for row in rows} == {"shop-deploy-prod", "twin-main", "twin-any"}
    assert [row["misses"] for row in rows] == sorted(row["misses"] for row in rows)
    pin = next(pin for pin in rows[0]["pins"] if pin["claim"] == "repository_id")
    assert (pin["wanted"], pin["found"], pin["matches"]) == ("74", "75", False)
    named = explained(server, "--token", "-", "--audience", DEPLOY, stdin=token)["policies"]
    assert [row["policy"] for row in named] == ["shop-deploy-prod"]


def test_a_tenant_that_is_not_admitted_is_shown_first(server):
    token = server.mint({"repository_owner_id": "66"})
    shown = explain(server, "--token", "-", "--audience", DEPLOY, stdin=token)
    assert "does not admit this repository_owner_id" in shown.stdout.splitlines()[0]
    assert explained(server, "--token", "-", stdin=token)["not_admitted"] == ["repository_owner_id"]
    assert explained(server, "--token", "-", stdin=server.mint())["not_admitted"] == []


def test_near_misses_are_named_as_such(server):
    token = server.mint({"environment": "Production"})
    shown = explain(server, "--token", "-", "--audience", DEPLOY, stdin=token)
    assert 'FAILS   pin environment = "production": found "Production"' in shown.stdout
    assert "differs only by letter case" in shown.stdout


def test_what_a_guardrail_would_deny_is_shown_with_it(server):
    token = server.mint({"event_name": "pull_request_target"})
    shown = explain(server, "--token", "-", "--audience", TWIN, stdin=token)
    assert "DENIES  fork-event" in shown.stdout


def test_claims_are_explained_without_a_token(server):
    claims = {
        "repository_owner_id": "65",
        "repository_id": "74",
        "repository": "o/r",
        "ref": "refs/heads/main",
        "event_name": "push",
        "environment": "production",
    }
    arguments = ["--claims", "-", "--trust-bundle", "github-actions", "--audience", DEPLOY]
    rows = explained(server, *arguments, stdin=json.dumps(claims))["policies"]
    assert rows[0]["misses"] == 0
    shown = explain(server, *arguments, stdin=json.dumps({**claims, "event_name": 7}))
    assert shown.returncode == 1 and "event_name" in shown.stderr


def test_a_token_that_no_bundle_fits_leads_to_inspect(server):
    shown = explain(server, "--token", "-", stdin=server.mint({"iss": server.issuer.url + "/"}))
    assert shown.returncode == 1 and "sts inspect" in shown.stderr


def test_nothing_to_explain_is_a_usage_error(server):
    assert explain(server).returncode == 2


def test_an_audience_that_nobody_declares_is_named_with_the_one_that_may_be_meant(server):
    slip = DEPLOY.replace("deploy", "depoly")
    answer = server.exchange(audience=slip)
    assert (answer.status, answer.reason) == (400, "denied") and slip not in answer.body.decode()
    told = [line for line in server.process.output().splitlines() if answer.json()["decision_id"] in line]
    assert f"the audience {slip} is not declared" in told[0], told
    shown = explain(server, "--token", "-", "--audience", slip, stdin=server.mint())
    assert f"the audience {slip} is not declared: did you mean {DEPLOY}?" in shown.stdout
    found = explained(server, "--token", "-", "--audience", slip, stdin=server.mint())["undeclared"]
    assert found == {"audience": slip, "nearest": DEPLOY}
    assert "undeclared" not in explained(server, "--token", "-", "--audience", DEPLOY, stdin=server.mint())
    unmatched = server.exchange(server.mint({"repository_id": "75"})).json()["decision_id"]
    told = [line for line in server.process.output().splitlines() if unmatched in line]
    assert "no policy's pins match" in told[0], told
