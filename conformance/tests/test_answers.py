"""What the token endpoint answers when it issues, and to each reason when it refuses."""

import time

import pytest

from support import jws
from support.answers import CANARY, UUID7, assert_not_stored, assert_refused
from support.http import DEPLOY, TOKEN_TYPES, TWIN, members, post

CLOUD = "https://www.googleapis.com/auth/cloud-platform"


def test_a_success_has_every_member(server):
    answer = server.exchange()
    body = answer.json()
    assert answer.status == 200
    assert_not_stored(answer)
    assert body["issued_token_type"] == TOKEN_TYPES + "access_token"
    assert body["token_type"] == "Bearer"
    assert type(body["expires_in"]) is int and 1 <= body["expires_in"] <= 600
    assert body["scope"] == "deploy:shop"
    assert UUID7.fullmatch(body["decision_id"])
    assert type(body["ledger_index"]) is int
    assert "refresh_token" not in body


def test_a_minted_token_says_who_may_use_it_where_and_until_when(server):
    body = server.exchange().json()
    header, claims = jws.decode(body["access_token"])
    keys = {key["kid"]: key for key in server.keys()}
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert keys[header["kid"]]["crv"] == "P-256"
    assert not any("d" in key or key["kty"] == "oct" for key in keys.values())
    assert claims["iss"] == server.url
    assert claims["aud"] == DEPLOY
    assert claims["sub"] == "gha:74:production"
    assert claims["client_id"] == "urn:sts:policy:shop-deploy-prod"
    assert claims["scope"] == "deploy:shop"
    assert claims["run_id"] == "4000000001"
    assert "repository" not in claims
    assert claims["nbf"] <= claims["iat"] <= time.time() + 1
    assert abs(claims["exp"] - claims["iat"] - body["expires_in"]) <= 1
    assert all(type(claims[name]) is int for name in ("exp", "nbf", "iat"))
    other = jws.decode(server.exchange().token)[1]
    assert claims["jti"] and claims["jti"] != other["jti"]


def test_decisions_are_recorded_in_order(server):
    first, second = (server.exchange().json()["ledger_index"] for _ in range(2))
    assert second > first


MALFORMED = {
    "no grant_type": {"grant_type": None},
    "no subject_token": {"subject_token": None},
    "an empty subject_token": {"subject_token": ""},
    "no subject_token_type": {"subject_token_type": None},
    "no audience": {"audience": None},
    "an empty audience": {"audience": ""},
}
TARGETS = {
    "a relative resource": {"audience": None, "resource": "deploy"},
    "a resource with a fragment": {"audience": None, "resource": DEPLOY + "#x"},
    "audience and resource": {"resource": DEPLOY},
}
TYPES = {
    "a SAML assertion": {"subject_token_type": TOKEN_TYPES + "saml2"},
    "an access token": {"subject_token_type": TOKEN_TYPES + "access_token"},
    "an unknown type": {"subject_token_type": CANARY},
    "a refresh token wanted": {"requested_token_type": TOKEN_TYPES + "refresh_token"},
    "a JWT wanted": {"requested_token_type": TOKEN_TYPES + "jwt"},
}
SCOPES = {
    "an unknown scope": {"scope": "deploy:other"},
    "one scope too many": {"scope": "deploy:shop " + CANARY},
    "another case": {"scope": "Deploy:shop"},
    "two blanks": {"scope": "deploy:shop  deploy:shop"},
    "a quote": {"scope": '"deploy:shop"'},
}
GRANTS = {
    "a password": {"grant_type": "password"},
    "client credentials": {"grant_type": "client_credentials"},
    "another case": {"grant_type": "URN:ietf:params:oauth:grant-type:token-exchange"},
}
DENIED = {
    "an unknown audience": {"audience": "https://unknown.example.com"},
    "an audience that differs by a slash": {"audience": DEPLOY + "/"},
    "an unknown policy": {"policy": CANARY},
    "a policy of another audience": {"policy": "twin-main"},
}
REFUSALS = {
    ("invalid_request", "malformed_request"): MALFORMED,
    ("invalid_target", "malformed_target"): TARGETS,
    ("invalid_request", "unsupported_token_type"): TYPES,
    ("invalid_scope", "scope_not_granted"): SCOPES,
    ("unsupported_grant_type", "unsupported_grant_type"): GRANTS,
    ("invalid_request", "denied"): DENIED,
    ("invalid_request", "subject_token_rejected"): {"not a token": {"subject_token": CANARY}},
}
ROWS = [
    pytest.param(*kind, changes, id=f"{kind[1]}: {name}")
    for kind, rows in REFUSALS.items()
    for name, changes in rows.items()
]


@pytest.mark.parametrize("error, reason, changes", ROWS)
def test_a_request_that_cannot_be_granted_is_refused_for_its_reason(server, error, reason, changes):
    answer = server.exchange(**changes)
    assert_refused(answer, 400, error, reason)
    assert "failed" not in answer.json()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"audience": None, "resource": DEPLOY},
        {"subject_token_type": TOKEN_TYPES + "id_token"},
        {"requested_token_type": TOKEN_TYPES + "access_token"},
        {"scope": "deploy:shop"},
        {"scope": CLOUD},
        {"scope": f"{CLOUD} deploy:shop"},
        {"policy": "shop-deploy-prod"},
        {"scope": "", "resource": "", "policy": "", "actor_token": "", "requested_token_type": ""},
        {"client_id": CANARY},
        {"options": CANARY},
    ],
    ids=str,
)
def test_the_neighbouring_request_is_granted_in_full(server, changes):
    answer = server.exchange(**changes)
    assert answer.status == 200, answer.body
    assert answer.json()["scope"] == "deploy:shop"
    assert CANARY not in answer.body.decode()


FAILING = {
    "the branch": ({"ref": f"refs/heads/{CANARY}"}, ["main-branch"]),
    "the event": ({"event_name": "pull_request"}, ["safe-event"]),
    "both": ({"ref": "refs/heads/x", "event_name": "pull_request"}, ["main-branch", "safe-event"]),
}


@pytest.mark.parametrize("claims, conditions", FAILING.values(), ids=FAILING)
def test_a_denial_names_exactly_the_conditions_that_failed(server, claims, conditions):
    answer = server.exchange(server.mint(claims))
    assert_refused(answer, 400, "invalid_request", "conditions_failed")
    failed = [{"policy": "shop-deploy-prod", "conditions": conditions}]
    assert answer.json()["failed"] == failed
    assert server.exchange(server.mint({"ref": "refs/heads/main"})).status == 200


def test_a_guardrail_denies_and_conditions_are_still_named(server):
    answer = server.exchange(server.mint({"event_name": "pull_request_target"}))
    assert_refused(answer, 400, "invalid_request", "guardrail")
    failed = [{"policy": "shop-deploy-prod", "conditions": ["safe-event"]}]
    assert answer.json()["failed"] == failed


def test_a_guardrail_denies_what_a_policy_would_permit(server):
    names = {"audience": TWIN, "policy": "twin-main"}
    answer = server.exchange(server.mint({"event_name": "pull_request_target"}), **names)
    assert_refused(answer, 400, "invalid_request", "guardrail")
    assert not answer.json().get("failed")
    assert server.exchange(server.mint({"event_name": "pull_request"}), **names).status == 200


def test_two_permitting_policies_are_ambiguous_until_one_is_named(server):
    assert_refused(server.exchange(audience=TWIN), 400, "invalid_request", "ambiguous_policy")
    named = server.exchange(audience=TWIN, policy="twin-any")
    assert jws.decode(named.token)[1]["client_id"] == "urn:sts:policy:twin-any"
    only = server.exchange(server.mint({"ref": "refs/heads/x"}), TWIN)
    assert jws.decode(only.token)[1]["client_id"] == "urn:sts:policy:twin-any"


def test_a_used_token_is_refused_as_replayed(server):
    token = server.mint()
    assert server.exchange(token).status == 200
    assert_refused(server.exchange(token), 400, "invalid_request", "replayed")


def test_an_actor_that_no_policy_asked_for_is_refused(server):
    actor = {"actor_token": server.mint(), "actor_token_type": TOKEN_TYPES + "jwt"}
    answer = server.exchange(**actor)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    assert server.exchange(**dict.fromkeys(actor, "")).status == 200


@pytest.mark.parametrize(
    "pairs, headers",
    [
        ([("client_secret", CANARY)], {}),
        ([("client_id", "x"), ("client_secret", CANARY)], {}),
        ([], {"Authorization": "Basic eDp4eXp6eWNhbmFyeQ=="}),
    ],
    ids=["client_secret", "client_id and client_secret", "Basic"],
)
def test_client_credentials_are_refused_with_a_challenge(server, pairs, headers):
    usual = list(members(server.mint()).items())
    answer = post(server.url, usual + pairs, headers)
    assert_refused(answer, 401, "invalid_client", "client_rejected")
    assert answer.headers["WWW-Authenticate"]
    assert post(server.url, usual).status == 200
