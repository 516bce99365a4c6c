"""What a subject token must be; whatever is wrong with it, the answer says the same."""

import re

import pytest

from support import http, jws
from support.answers import assert_refused
from support.catalogue.line import accepted, elsewise, refused
from support.catalogue.sections import TABLES
from support.http import DEPLOY
from support.issuer import Issuer

STATUS = {"too_large": 413}


def body_without_id(answer):
    return re.sub(rb'("decision_id"\s*:\s*)"[^"]*"', rb'\1"-"', answer.body)


@pytest.fixture(scope="module")
def refusal(world):
    """The answer to a token that another key signed."""
    return body_without_id(world.exchange(world.mint(key=world.canary.key)))


@pytest.mark.parametrize("make", refused(TABLES))
def test_a_bad_token_is_refused_and_the_answer_tells_nothing_more(world, refusal, make):
    answer = world.exchange(make(world))
    assert (answer.status, answer.reason) == (400, "subject_token_rejected"), answer.body
    assert answer.json()["error"] == "invalid_request"
    assert body_without_id(answer) == refusal


@pytest.mark.parametrize("make", accepted(TABLES))
def test_a_good_token_is_accepted(world, make):
    answer = world.exchange(make(world))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("reason, make", elsewise(TABLES))
def test_what_is_refused_for_another_reason_says_so(world, reason, make):
    answer = http.exchange(world.url, make(world))
    assert_refused(answer, STATUS.get(reason, 400), "invalid_request", reason)


def test_nobody_is_asked_whom_only_a_token_names(world):
    assert world.canary.connections == 0


def test_an_issuer_in_no_bundle_is_refused_without_a_connection_to_it(server, refusal):
    with Issuer() as stranger:
        answer = server.exchange(stranger.mint(server.url))
        assert body_without_id(answer) == refusal
        assert stranger.connections == 0
    assert server.exchange().status == 200
    assert server.issuer.connections > 0


def test_a_url_in_a_header_is_not_fetched(server, refusal):
    with Issuer() as stranger:
        urls = {"jku": stranger.url + "/jwks", "x5u": stranger.url + "/x5u"}
        answer = server.exchange(server.mint(headers=urls, key=stranger.key))
        assert body_without_id(answer) == refusal
        assert stranger.connections == 0


def test_known_keys_are_not_fetched_again_for_every_token(server):
    assert server.exchange().status == 200
    asked = len(server.issuer.requests)
    assert server.exchange().status == 200
    assert server.exchange(server.mint(key=jws.new_key())).status == 400
    assert len(server.issuer.requests) == asked


@pytest.mark.parametrize(
    "claims",
    [{"repository_owner_id": "66"}, {"repository_id": "75"}, {"environment": None}],
    ids=["not admitted", "no pins matched", "a pinned claim is absent"],
)
def test_a_stranger_with_a_good_token_is_denied_without_conditions(server, claims):
    answer = server.exchange(server.mint({**claims, "ref": "refs/heads/x"}))
    assert (answer.status, answer.reason) == (400, "denied")
    assert "failed" not in answer.json()
    unknown = server.exchange(audience="https://unknown.example.com")
    assert body_without_id(answer) == body_without_id(unknown)


def test_names_do_not_matter_where_ids_are_pinned(server):
    renamed = {"repository": "new-org/new-repo", "sub": "repo:new-org/new-repo:environment:production"}
    assert server.exchange(server.mint(renamed), DEPLOY).status == 200
