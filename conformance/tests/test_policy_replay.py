"""A change of policies is held against what really happened, before it is merged."""

import json
import shutil

import pytest

from support import documents, http
from support.http import DEPLOY, TWIN
from support.process import run
from support.server import Server

BRANCH = {"ref": "refs/heads/release"}


@pytest.fixture(scope="module")
def recorded(server):
    """One exchange that was permitted, two that were denied, one that was ambiguous."""
    token = server.mint()
    assert server.exchange(token).status == 200
    assert server.exchange(token).reason == "replayed"
    for _ in range(2):
        assert server.exchange(server.mint(BRANCH)).reason == "conditions_failed"
    assert server.exchange(audience=TWIN).reason == "ambiguous_policy"
    return server


@pytest.fixture
def proposed(recorded, tmp_path):
    """Makes a copy of the policies with one text replaced in the policy that deploys."""

    def make(old="", new=""):
        copy = tmp_path / "policies"
        shutil.copytree(recorded.folder / "policies", copy)
        text = documents.DEPLOY_PROD.split("tests:")[0]
        assert old in text
        (copy / "shop/deploy-prod.yaml").write_text(text.replace(old, new) if old else text)
        return copy

    return make


def replay(server, *arguments):
    shown = run("policy", "replay", "--config", server.config, "--json", *arguments)
    rows = json.loads(shown.stdout)
    changes = {(row["change"], row["audience"], row["count"]) for row in rows["exchanges"]}
    return shown.returncode, changes, rows["unused"]


def test_the_policies_of_today_change_nothing(recorded):
    code, changes, unused = replay(recorded)
    assert (code, {change for change, *_ in changes}) == (0, {"same"})
    assert unused == ["twin-any", "twin-main"], "nothing was permitted by them"


def test_whoever_would_newly_be_denied_fails_the_change(recorded, proposed):
    code, changes, unused = replay(recorded, "--against", proposed("refs/heads/main", "refs/heads/next"))
    assert code == 1 and ("newly_denied", DEPLOY, 1) in changes
    assert "shop-deploy-prod" in unused


def test_whoever_would_newly_be_permitted_fails_the_change_on_request(recorded, proposed):
    wider = proposed("assertion.ref == 'refs/heads/main'", "assertion.ref.startsWith('refs/heads/')")
    code, changes, _ = replay(recorded, "--against", wider)
    assert code == 0 and ("newly_permitted", DEPLOY, 2) in changes
    assert replay(recorded, "--against", wider, "--deny-new-permits")[0] == 1


def test_a_renamed_policy_denies_nobody_and_is_shown(recorded, proposed):
    renamed = proposed("name: shop-deploy-prod", "name: shop-deploy")
    code, changes, _ = replay(recorded, "--against", renamed)
    assert code == 0 and ("other_policy", DEPLOY, 1) in changes


def test_what_changes_can_be_explained_by_its_decision(recorded, proposed):
    wider = proposed("assertion.ref == 'refs/heads/main'", "assertion.ref.startsWith('refs/heads/')")
    arguments = ["policy", "replay", "--config", recorded.config, "--against", wider]
    rows = json.loads(run(*arguments, "--json").stdout)["exchanges"]
    row = next(row for row in rows if row["change"] == "newly_permitted")
    people = run(*arguments)
    assert f"(2 times, last {row['decision_id']})" in people.stdout
    assert people.stdout.startswith("recorded since ") and f"by the policies of {wider}\n" in people.stdout
    shown = run("policy", "explain", row["decision_id"], "--config", recorded.config)
    assert shown.returncode == 0 and "FAILS   main-branch" in shown.stdout, shown.stderr
    assert all(row["decision_id"] for row in rows)


def test_what_lies_further_back_is_not_replayed(recorded):
    shown = run("policy", "replay", "--config", recorded.config, "--since", "x")
    assert shown.returncode == 2 and "--since" in shown.stderr
    people = run("policy", "replay", "--config", recorded.config, "--since", "1h")
    assert "4 exchanges come out the same" in people.stdout


def test_a_policy_in_shadow_mode_grants_nothing_and_is_counted_in_replay_and_metrics(issuer, tmp_path):
    server = Server(tmp_path, issuer)
    watching = documents.DEPLOY_PROD.split("tests:")[0].replace("shop-deploy-prod", "shop-deploy-release")
    watching = watching.replace("refs/heads/main", "refs/heads/release").replace("trust_bundle:", "mode: shadow\ntrust_bundle:")
    (tmp_path / "policies/shop/release.yaml").write_text(watching)
    with server:
        assert server.exchange().status == 200
        refused = [server.exchange(server.mint(BRANCH)).json() for _ in range(2)]
        assert [answer["failed"] for answer in refused] == 2 * [[{"policy": "shop-deploy-prod", "conditions": ["main-branch"]}]]
        metrics = http.get(server.metrics + "/metrics").body.decode()
        for decision, times in [("permit", 2), ("deny", 1)]:
            labels = f'policy="shop-deploy-release",decision="{decision}"'
            assert f"sts_shadow_decisions_total{{{labels}}} {times}\n" in metrics
        shown = run("policy", "replay", "--config", server.config)
        assert "shop-deploy-release would permit 2 (2 of them are denied), and deny 1" in shown.stdout, shown.stderr
        rows = json.loads(run("policy", "replay", "--config", server.config, "--json").stdout)
        assert rows["shadow"] == [{"policy": "shop-deploy-release", "permit": 2, "newly_permitted": 2, "deny": 1}]
