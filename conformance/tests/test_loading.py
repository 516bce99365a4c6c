"""Documents of a running server: loaded when asked to, or when a folder was swapped; a mistake stays where it was made."""

import json
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import documents, http
from support.http import DEPLOY
from support.process import run, wait_until
from support.server import Server

SHOP = "policies/shop/deploy-prod.yaml"
TOOLS = "policies/tools/report.yaml"
REPORT = "https://report.example.com"


@pytest.fixture
def server(issuer, tmp_path):
    """A server with a second team, which grants an audience of its own."""
    server = Server(tmp_path, issuer)
    audience = documents.AUDIENCES.replace("name: deploy,", "name: report,").replace(DEPLOY, REPORT)
    write(server, "policies/report.yaml", audience.replace("[shop]", "[tools]"))
    policy = documents.DEPLOY_PROD.replace("shop-deploy-prod", "tools-report").replace(DEPLOY, REPORT)
    write(server, TOOLS, policy)
    with server:
        yield server


def write(server, path, text):
    (server.folder / path).parent.mkdir(exist_ok=True)
    (server.folder / path).write_text(text)


def change(server, path, old, new):
    text = (server.folder / path).read_text()
    assert old in text
    (server.folder / path).write_text(text.replace(old, new))


def load(server, code=0):
    shown = run("policy", "load", "--config", server.config)
    assert shown.returncode == code, shown.stdout + shown.stderr
    return shown.stdout


def digest(server):
    return http.get(server.url + "/readyz").json()["snapshot"]


def lifetime(server, audience):
    answer = server.exchange(audience=audience)
    assert answer.status == 200, answer.body
    return answer.json()["expires_in"]


def metric(server, line):
    return line in http.get(server.metrics + "/metrics").body.decode()


def adoptions(server):
    return [entry for entry in server.ledger() if entry["kind"] == "snapshot"]


def test_documents_are_loaded_when_an_administrator_asks(server):
    before = digest(server)
    change(server, SHOP, "max: 10m", "max: 5m")
    assert (digest(server), lifetime(server, DEPLOY)) == (before, 600)
    assert f"snapshot {digest(server)} is in force" not in load(server)
    assert lifetime(server, DEPLOY) == 300
    assert "nothing changed" in load(server)
    assert [entry["snapshot"] for entry in adoptions(server)] == [before, digest(server)]
    assert metric(server, f'sts_snapshot{{snapshot="{digest(server)}"}} 1')
    assert metric(server, 'sts_document_loads_total{outcome="adopted"} 2')


def test_documents_are_loaded_on_sighup(server):
    before = digest(server)
    change(server, SHOP, "max: 10m", "max: 5m")
    os.kill(server.process.pid, signal.SIGHUP)
    wait_until(lambda: digest(server) != before, 10, "the new documents are in force")
    assert lifetime(server, DEPLOY) == 300


@pytest.mark.parametrize("path", ["policies", "trust-bundles"])
def test_a_swapped_folder_is_loaded_without_being_asked(server, path):
    old, new, kept = (server.folder / name for name in (path, f"{path}.next", f"{path}.kept"))
    before = digest(server)
    shutil.copytree(old, new)
    for file in new.rglob("*.yaml"):
        file.write_text(file.read_text().replace("max: 10m", "max: 5m").replace("max_lifetime: 15m", "max_lifetime: 14m"))
    old.rename(kept)
    new.rename(old)
    wait_until(lambda: digest(server) != before, 10, "the swapped folder is in force")
    assert lifetime(server, DEPLOY) == (300 if path == "policies" else 600)


def test_a_link_that_is_moved_to_another_folder_is_a_swap(server):
    policies, before = server.folder / "policies", digest(server)
    for release, ttl in [("r1", "max: 10m"), ("r2", "max: 5m")]:
        copied = shutil.copytree(policies, server.folder / "releases" / release)
        text = (copied / "shop/deploy-prod.yaml").read_text()
        (copied / "shop/deploy-prod.yaml").write_text(text.replace("max: 10m", ttl))
    shutil.rmtree(policies)
    policies.symlink_to("releases/r1")
    link = server.folder / "next"
    link.symlink_to("releases/r2")
    link.rename(policies)
    wait_until(lambda: digest(server) != before, 10, "the other release is in force")
    assert lifetime(server, DEPLOY) == 300


def test_a_broken_team_folder_keeps_its_last_good_version_and_delays_nobody(server):
    change(server, SHOP, "ttl: {max: 10m}", "ttl: {maximum: 5m}")
    change(server, TOOLS, "max: 10m", "max: 5m")
    shown = load(server, 1)
    assert "deploy-prod.yaml:" in shown and "ttl has no key maximum" in shown
    assert "the team folder shop is at fault: its last good version stays in force" in shown
    assert (lifetime(server, DEPLOY), lifetime(server, REPORT)) == (600, 300)
    assert metric(server, 'sts_team_folder_held{team="shop"} 1')
    assert adoptions(server)[-1]["held_teams"] == ["shop"]
    change(server, SHOP, "ttl: {maximum: 5m}", "ttl: {max: 5m}")
    load(server)
    assert lifetime(server, DEPLOY) == 300
    assert not metric(server, 'sts_team_folder_held{team="shop"}')
    assert "held_teams" not in adoptions(server)[-1]


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("trust-bundles/github-actions/bundle.yaml", "trust: writer", "trust: nobody"),
        ("policies/audiences.yaml", "ttl_max: 15m", "ttl_max: 15"),
        ("policies/guardrails.yaml", "event_name", "event_nam"),
    ],
)
def test_a_broken_bundle_audience_or_guardrail_refuses_the_whole_set(server, path, old, new):
    before = digest(server)
    change(server, TOOLS, "max: 10m", "max: 5m")
    change(server, path, old, new)
    shown = load(server, 1)
    assert path.rsplit("/", 1)[1] in shown and "not loaded" in shown
    assert (digest(server), lifetime(server, REPORT)) == (before, 600)
    assert metric(server, 'sts_document_loads_total{outcome="refused"} 1')
    change(server, path, new, old)
    load(server)
    assert lifetime(server, REPORT) == 300


def test_a_fresh_process_starts_with_the_last_good_version_of_a_broken_team(server):
    before = digest(server)
    change(server, SHOP, "ttl: {max: 10m}", "ttl: {maximum: 5m}")
    server.process.stop()
    server.start()
    assert (digest(server), lifetime(server, DEPLOY)) == (before, 600)
    assert "ttl has no key maximum" in server.process.output()


def test_a_fresh_process_starts_with_the_last_good_set_when_a_guardrail_is_broken(server):
    before = digest(server)
    change(server, "policies/guardrails.yaml", "deny_if", "deny_when")
    server.process.stop()
    server.start()
    assert (digest(server), lifetime(server, DEPLOY)) == (before, 600)
    assert "a Guardrail has no key deny_when" in server.process.output()
    refused = server.exchange(server.mint({"event_name": "pull_request_target"}))
    assert refused.json()["reason"] == "guardrail"


def test_a_first_start_with_a_fault_says_it_and_leaves_nothing_behind(issuer, tmp_path):
    server = Server(tmp_path, issuer)
    change(server, SHOP, "ttl: {max: 10m}", "ttl: {maximum: 5m}")
    process = server.launch()
    assert process.wait() == 2
    assert "ttl has no key maximum" in process.output()
    assert not (tmp_path / "state").exists() and not (tmp_path / "kek").exists()
    change(server, SHOP, "ttl: {maximum: 5m}", "ttl: {max: 10m}")
    with server:
        assert lifetime(server, DEPLOY) == 600


def test_no_exchange_fails_while_documents_are_loaded(server):
    """Both versions permit; each exchange is decided, recorded and answered by one of them."""
    done = []

    def exchange_on():
        while not done or len(done) < 8:
            answers.append(server.exchange())

    answers = []
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(exchange_on) for _ in range(4)]
        for turn in range(8):
            old, new = ("10m", "5m") if turn % 2 == 0 else ("5m", "10m")
            change(server, SHOP, f"max: {old}", f"max: {new}")
            load(server)
            done.append(turn)
        for exchange in running:
            exchange.result(30)
    assert {answer.status for answer in answers} == {200}, [answer.body for answer in answers if answer.status != 200]
    assert len(answers) > 50 and {answer.json()["expires_in"] for answer in answers} == {300, 600}
    lifetimes = {"10m": 600, "5m": 300}
    assert len({entry["snapshot"] for entry in server.ledger() if entry["kind"] == "exchange"}) == len(lifetimes)


def test_a_decision_is_explained_by_the_documents_that_made_it(server):
    refused = server.exchange(server.mint({"ref": "refs/heads/x"}))
    change(server, SHOP, "assertion.ref == 'refs/heads/main'", "assertion.ref == 'refs/heads/release'")
    load(server)
    shown = run("policy", "explain", refused.json()["decision_id"], "--config", server.config)
    assert "main-branch: assertion.ref == 'refs/heads/main'" in shown.stdout, shown.stdout + shown.stderr
    server.process.stop()
    offline = run("policy", "explain", refused.json()["decision_id"], "--config", server.config)
    assert offline.stdout == shown.stdout


def test_an_explanation_says_why_the_documents_that_decided_cannot_be_had(server):
    refused = server.exchange(server.mint({"ref": "refs/heads/x"})).json()["decision_id"]
    server.process.stop()
    known = ["documents_known", "documents_compile"]

    def explain():
        shown = run("policy", "explain", refused, "--config", server.config)
        assert shown.returncode == 0, shown.stderr
        found = json.loads(run("policy", "explain", refused, "--json", "--config", server.config).stdout)
        return shown.stdout, [found[name] for name in known]

    shown, told = explain()
    assert "expressions are those of today" not in shown and told == [True, True]
    # Documents of today fit the configuration of today; those that decided do not.
    with open(server.config, "a") as config:
        config.write("keys: {algorithms: [RS256]}\n")
    for path in ["policies/audiences.yaml", "policies/report.yaml"]:
        change(server, path, "ES256", "RS256")
    change(server, "policies/twin.yaml", "granted_by", "token: {algorithm: RS256}\ngranted_by")
    shown, told = explain()
    assert "the documents that decided do not compile any more: expressions are those of today" in shown
    assert "no key signs with ES256" in shown and told == [True, False]


def test_loading_needs_a_running_server(issuer, tmp_path):
    shown = run("policy", "load", "--config", Server(tmp_path, issuer).config)
    assert shown.returncode == 3 and "no server answers" in shown.stderr


def test_what_a_load_came_to_is_told_to_scripts(server):
    change(server, SHOP, "ttl: {max: 10m}", "ttl: {maximum: 5m}")
    shown = run("policy", "load", "--json", "--config", server.config)
    report = json.loads(shown.stdout)
    assert (report["outcome"], report["snapshot"]) == ("unchanged", digest(server))
    [held] = report["held_teams"]
    assert (held["team"], held["kept"]) == ("shop", True)
    assert held["faults"][0]["line"] == 13 and held["faults"][0]["file"].endswith("shop/deploy-prod.yaml")
    actions = [entry["action"] for entry in server.ledger() if entry["kind"] == "admin"]
    assert actions == ["policy.load", "ledger.show"]


def unreadable(path, how):
    match how:
        case "not UTF-8":
            path.write_bytes(b"\xe9")
        case "a pipe":
            os.mkfifo(path)
        case "a link that leads nowhere":
            path.symlink_to("nowhere")
        case "too large":
            path.touch()
            os.truncate(path, 5 << 20)


@pytest.mark.parametrize("how", ["not UTF-8", "a pipe", "a link that leads nowhere", "too large"])
def test_a_file_that_cannot_be_read_holds_its_team_and_delays_nobody(server, how):
    bad = server.folder / "policies/shop/bad.yaml"
    unreadable(bad, how)
    change(server, TOOLS, "max: 10m", "max: 5m")
    shown = load(server, 1)
    assert "policies/shop/bad.yaml:1:1: it cannot be read: " in shown
    assert "the team folder shop is at fault: its last good version stays in force" in shown
    assert (lifetime(server, DEPLOY), lifetime(server, REPORT)) == (600, 300)
    bad.unlink()
    load(server)


def test_every_file_that_cannot_be_read_is_told_at_once(server):
    for name in [b"caf\xe9.yaml", b"x.yml", b"y.YAML", b"z\x1b[2J.yaml"]:
        path = os.fsencode(server.folder / "policies/shop") + b"/" + name
        with open(path, "wb") as file:
            file.write(b"kind: x")
    shown = run("policy", "check", "--config", server.config)
    assert shown.returncode == 1, shown.stderr
    for text in [
        "caf\\xe9.yaml:1:1: it cannot be read: its name is not UTF-8",
        "x.yml:1:1: it cannot be read: documents end in .yaml",
        "y.YAML:1:1: it cannot be read: documents end in .yaml",
        "z\ufffd[2J.yaml:1:1: ",
    ]:
        assert text in shown.stdout, shown.stdout
    assert "\x1b" not in shown.stdout
    shown = load(server, 1)
    assert "x.yml:1:1: " in shown and "y.YAML:1:1: " in shown and "\x1b" not in shown
    assert lifetime(server, DEPLOY) == 600


def test_what_goes_on_though_its_file_is_gone_is_named(server):
    more = (server.folder / SHOP).read_text().replace("name: shop-deploy-prod", "name: shop-more").replace("production", "staging")
    write(server, "policies/shop/more.yaml", more)
    load(server)
    (server.folder / "policies/shop/more.yaml").unlink()
    change(server, SHOP, "ttl: {max: 10m}", "ttl: {maximum: 5m}")
    line = "the policy shop-more stays in force though its file policies/shop/more.yaml is gone"
    assert line in load(server, 1)
    report = json.loads(run("policy", "load", "--json", "--config", server.config).stdout)
    assert report["held_teams"][0]["gone"] == [{"policy": "shop-more", "file": "policies/shop/more.yaml"}]
    assert "stays in force though its file is gone" in server.process.output()
    change(server, SHOP, "ttl: {maximum: 5m}", "ttl: {max: 10m}")
    assert line not in load(server)


def test_a_folder_that_is_filled_after_it_appeared_denies_nobody_meanwhile(server):
    policies, before, waits = server.folder / "policies", digest(server), "the documents hold no trust policy"
    kept = policies.rename(server.folder / "kept")
    change(server, "kept/shop/deploy-prod.yaml", "max: 10m", "max: 5m")
    policies.mkdir()
    wait_until(lambda: waits in server.process.output(), 10, "the log says why the folder waits")
    assert (digest(server), lifetime(server, DEPLOY)) == (before, 600)
    shutil.copytree(kept, policies, dirs_exist_ok=True)
    wait_until(lambda: digest(server) != before, 10, "the folder is in force once it is filled")
    assert lifetime(server, DEPLOY) == 300
    assert server.process.output().count(waits) == 1


def test_documents_without_a_policy_are_loaded_only_when_they_are_meant(server):
    before = digest(server)
    for team in ["shop", "tools"]:
        shutil.rmtree(server.folder / "policies" / team)
    shown = load(server, 1)
    assert "the documents hold no trust policy, and 4 would end" in shown and "--accept-empty" in shown
    assert (digest(server), lifetime(server, DEPLOY)) == (before, 600)
    server.process.stop()
    server.start()
    assert (digest(server), lifetime(server, DEPLOY)) == (before, 600)
    shown = run("policy", "load", "--accept-empty", "--config", server.config)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert server.exchange().json()["reason"] == "denied"
    assert "nothing changed" in load(server)
    server.process.stop()
    server.start()
    assert server.exchange().json()["reason"] == "denied"
    actions = [entry["action"] for entry in server.ledger() if entry["kind"] == "admin"]
    assert actions[:2] == ["policy.load", "policy.load.empty"]


def test_when_documents_end_is_a_metric_that_follows_what_is_in_force(server):
    series = 'sts_document_expires_timestamp_seconds{kind="TrustPolicy",name="shop-deploy-prod"}'
    assert series not in http.get(server.metrics + "/metrics").body.decode()
    change(server, SHOP, "owner: team-shop}", "owner: team-shop, expires: 2098-12-31}")
    load(server)
    assert metric(server, f"{series} 4070908800\n"), "the day after, at midnight"
    change(server, SHOP, ", expires: 2098-12-31}", "}")
    load(server)
    assert series not in http.get(server.metrics + "/metrics").body.decode()
