"""The commands of a client and of an author of policies."""

import json
import re
import shutil

import pytest

from support import documents, jws
from support.http import DEPLOY
from support.process import free_port, run


@pytest.fixture
def token_file(tmp_path):
    def make(token):
        path = tmp_path / "token"
        path.write_text(token + "\n")
        return path

    return make


def exchange(url, source, *more, stdin=""):
    return run("exchange", "--url", url, "--audience", DEPLOY, "--subject-token-file", source, *more, stdin=stdin)


def test_exchange_prints_the_token_and_nothing_else(server, token_file):
    done = exchange(server.url, token_file(server.mint()))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    assert jws.decode(done.stdout.strip())[1]["aud"] == DEPLOY


def test_exchange_prints_the_whole_answer_as_json(server, token_file):
    done = exchange(server.url, token_file(server.mint()), "--format", "json")
    assert done.returncode == 0, done.stderr
    assert {"access_token", "expires_in", "decision_id"} <= json.loads(done.stdout).keys()


def test_exchange_reads_a_token_from_standard_input(server):
    done = exchange(server.url, "-", stdin=server.mint() + "\n")
    assert done.returncode == 0, done.stderr
    assert jws.decode(done.stdout.strip())[1]["aud"] == DEPLOY


def test_a_denied_exchange_exits_1_and_says_why(server, token_file):
    token = server.mint({"ref": "refs/heads/x"})
    done = exchange(server.url, token_file(token))
    assert (done.returncode, done.stdout) == (1, "")
    assert "conditions_failed" in done.stderr and "main-branch" in done.stderr
    assert "safe-event" not in done.stderr
    jws.assert_absent([token], done.stderr)


def test_a_server_that_is_down_is_exit_3(server, token_file):
    done = exchange(f"http://127.0.0.1:{free_port()}", token_file(server.mint()))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr


USAGE = [
    ["exchange", "--url", "http://127.0.0.1:1"],
    ["exchange", "--nonsense"],
    ["exchange", "--url", "http://127.0.0.1:1", "--audience", DEPLOY, "--subject-token-file", "/nonexistent"],
    ["serve", "--config", "/nonexistent/sts.yaml"],
    ["nonsense"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_bad_usage_is_exit_2(arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_inspect_shows_what_a_token_says_and_never_its_signature(server):
    token = server.mint()
    shown = run("inspect", token)
    assert shown.returncode == 0, shown.stderr
    assert "RS256" in shown.stdout and "octo-org/octo-repo" in shown.stdout
    assert token.rsplit(".", 1)[1] not in shown.stdout + shown.stderr
    assert run("inspect", "nonsense").returncode in (1, 2)


@pytest.fixture
def folder(tmp_path):
    """A good configuration without a server, as the author of a policy has it."""
    documents.write(tmp_path, documents.basic("http://127.0.0.1:8400", 8400, 8402, "http://127.0.0.1:8401"))
    return tmp_path


def place(text, part):
    """LINE:COLUMN of the last occurrence of `part`."""
    before = text[: text.rindex(part)]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def test_policy_check_accepts_good_documents(folder):
    done = run("policy", "check", "--config", folder / "sts.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_policy_check_reports_every_fault_with_its_place(folder):
    good = documents.DEPLOY_PROD
    unknown = good.replace("shop-deploy-prod", "unknown-key").replace("  ttl:", "  tll:")
    twice = good.replace("shop-deploy-prod", "key-twice") + "trust_bundle: github-actions\n"
    undeclared = good.replace(DEPLOY, "https://undeclared.example.com")
    faults = {
        "policies/shop/a.yaml": (unknown, place(unknown, "tll:")),
        "policies/shop/b.yaml": (twice, place(twice, "trust_bundle:")),
        "policies/shop/deploy-prod.yaml": (undeclared, place(undeclared, "https://undeclared")),
    }
    documents.write(folder, {path: text for path, (text, _) in faults.items()})
    done = run("policy", "check", "--config", folder / "sts.yaml")
    shown = done.stdout + done.stderr
    assert done.returncode == 1, shown
    for path, (_, position) in faults.items():
        assert f"{path}:{position}" in shown
    assert re.search(r"\bttl\b", shown), "the nearest key is suggested"


def test_serve_reports_every_fault_of_a_broken_configuration(folder):
    path = folder / "sts.yaml"
    broken = path.read_text() + "isuer: x\ntokens: {ttl_max: 90x}\nenvironment: again\n"
    path.write_text(broken)
    done = run("serve", "--config", path)
    assert done.returncode == 2, done.stdout + done.stderr
    for part in ("isuer", "90x", "environment: again"):
        assert f"sts.yaml:{place(broken, part)}" in done.stderr
    assert not (folder / "kek").exists() and not (folder / "state").exists()


def test_policy_check_finds_a_claim_that_no_bundle_names_and_only_reads(folder):
    policy = documents.DEPLOY_PROD.replace("assertion.ref ==", "assertion.reff ==")
    documents.write(folder, {"policies/shop/deploy-prod.yaml": policy})
    done = run("policy", "check", "--config", folder / "sts.yaml")
    assert done.returncode == 1
    assert re.search(r"deploy-prod\.yaml:7:\d+", done.stdout + done.stderr)
    assert not (folder / "state").exists()


def test_trust_check_shows_where_keys_are_and_what_was_found(server, tmp_path):
    good = run("trust", "check", "--config", server.config)
    assert good.returncode == 0, good.stderr
    assert f"{server.issuer.url}/jwks" in good.stdout and "RS256" in good.stdout
    listed = json.loads(run("trust", "check", "github-actions", "--config", server.config, "--json").stdout)
    assert listed["trust_bundle"] == "github-actions" and len(listed["keys"]) == 1
    unknown = run("trust", "check", "nobody", "--config", server.config)
    assert (unknown.returncode, unknown.stdout) == (2, "")


def test_trust_check_fails_for_an_issuer_that_does_not_answer(server, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(server.folder, folder, ignore=shutil.ignore_patterns("state"))
    bundle = folder / "trust-bundles/github-actions/bundle.yaml"
    bundle.write_text(bundle.read_text().replace(server.issuer.url, f"http://127.0.0.1:{free_port()}"))
    done = run("trust", "check", "--config", folder / "sts.yaml")
    assert done.returncode == 1
    assert "FAILED" in done.stdout and "no answer" in done.stdout
