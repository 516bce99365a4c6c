"""`sts dev`: from nothing to an exchange."""

import re

import pytest

from support import jws
from support.http import DEPLOY, exchange, get, members, post_json
from support.process import run
from support.server import Dev

WHOLE_JWT = re.compile(r"[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}")


def test_once_shows_a_permitted_and_an_explained_denied_exchange_and_exits(tmp_path):
    shown = run(*Dev(tmp_path).arguments("--once"), cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    text = shown.stdout
    assert '"access_token"' in text and '"ledger_index"' in text
    assert re.search(r'"reason"\s*:\s*"conditions_failed"', text), text
    conditions = re.search(r'"conditions"\s*:\s*\[\s*"([^"]+)"', text)
    assert conditions, text
    explained = text.replace(conditions.group(0), "")
    assert conditions.group(1) in explained, "the explanation names the condition"


def test_no_complete_token_is_shown(tmp_path):
    shown = run(*Dev(tmp_path).arguments("--once"), cwd=tmp_path)
    assert not WHOLE_JWT.search(shown.stdout + shown.stderr)


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "[::]:0"])
def test_only_loopback_is_listened_on(tmp_path, listen):
    refused = run(*Dev(tmp_path).arguments("--once", listen=listen), cwd=tmp_path)
    assert refused.returncode == 2
    assert "loopback" in refused.stderr.lower()
    assert run(*Dev(tmp_path).arguments("--once"), cwd=tmp_path).returncode == 0


def test_its_tokens_are_exchanged_by_form_and_by_json(dev):
    form = exchange(dev.url, dev.token())
    assert form.status == 200, form.body
    assert jws.decode(form.token)[1]["iss"] == dev.url
    assert post_json(dev.url, members(dev.token())).status == 200


def test_a_condition_that_fails_is_named(dev):
    answer = exchange(dev.url, dev.token(ref="refs/heads/x"))
    assert (answer.status, answer.reason) == (400, "conditions_failed")
    assert answer.json()["failed"][0]["conditions"] == ["main-branch"]


def test_the_token_endpoint_of_the_provider_sets_and_deletes_claims(dev):
    usual = jws.decode(dev.token())[1]
    assert usual["environment"] and usual["ref"] == "refs/heads/main"
    changed = jws.decode(dev.token(environment=None, ref="refs/heads/x"))[1]
    assert "environment" not in changed and changed["ref"] == "refs/heads/x"
    assert usual["aud"] == changed["aud"] == dev.url
    assert usual["jti"] != changed["jti"]


def test_the_provider_is_an_issuer_of_its_own(dev):
    issuer = jws.decode(dev.token())[1]["iss"]
    assert issuer == dev.url + "/dev/issuers/github-actions"
    document = get(issuer + "/.well-known/openid-configuration").json()
    assert document["issuer"] == issuer
    assert get(document["jwks_uri"]).json()["keys"]


def test_a_second_one_on_the_same_folder_is_refused_and_the_first_is_unharmed(dev):
    endpoint = (dev.state / "endpoint.json").read_bytes()
    second = run(*dev.arguments(), cwd=dev.folder)
    assert second.returncode in (2, 3), second.stdout
    assert re.search(r"in use|running|lock", second.stderr), second.stderr
    assert (dev.state / "endpoint.json").read_bytes() == endpoint
    assert exchange(dev.url, dev.token(), DEPLOY).status == 200


def test_its_keys_outlive_it(tmp_path):
    with Dev(tmp_path) as first:
        keys = get(first.url + "/jwks").json()
    with Dev(tmp_path) as second:
        assert get(second.url + "/jwks").json() == keys
        assert exchange(second.url, second.token()).status == 200
