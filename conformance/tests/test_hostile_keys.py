"""Keys that an issuer publishes: weak ones never verify, new ones are found, junk finds nothing."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from support import jws
from support.answers import assert_token_rejected
from support.issuer import DISCOVERY, KEYS
from support.weak_keys import SOUND, WEAK


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_key_verifies_nothing_and_spoils_no_other(hostile, name):
    assert_token_rejected(hostile.ask(name, headers={"kid": "odd"}, key=hostile.odd_keys[name]))
    assert hostile.ask(name).status == 200
    assert hostile.issuer_of(name).requests == [DISCOVERY, KEYS]


@pytest.mark.parametrize("name", SOUND)
def test_a_key_of_legal_size_verifies(hostile, name):
    assert hostile.ask(name, headers={"kid": "odd"}, key=hostile.odd_keys[name]).status == 200


def test_a_key_that_was_not_published_ahead_is_found_at_once_and_the_old_one_ends(hostile):
    found = hostile.early["rotating"]
    assert found.answer.status == 200, found.answer.body
    assert found.requests == [DISCOVERY, KEYS] * 2
    assert_token_rejected(hostile.ask("rotating"))


def test_after_a_fetch_in_vain_a_new_key_is_found_once_the_cool_down_is_over(cooled):
    early = cooled.early["missed"]
    assert_token_rejected(early.answer)
    assert early.requests == [DISCOVERY, KEYS] * 2, "a moment ago there was no such key"
    found = cooled.observe("missed", headers={"kid": "new"})
    assert found.answer.status == 200, found.answer.body
    assert found.requests == [DISCOVERY, KEYS] * 3


def test_a_storm_of_unknown_kids_causes_one_fetch_and_known_keys_verify_meanwhile(cooled):
    unknown = [cooled.token("storm", headers={"kid": str(uuid.uuid4())}) for _ in range(200)]
    known = [cooled.token("storm") for _ in range(20)]
    with ThreadPoolExecutor(16) as storm, ThreadPoolExecutor(2) as calm:
        refused = storm.map(cooled.try_token, unknown)
        accepted = list(calm.map(cooled.try_token, known))
        refused = list(refused)
    for answer, _ in refused:
        assert_token_rejected(answer)
    assert {answer.status for answer, _ in accepted} == {200}
    issuer = cooled.issuer_of("storm")
    assert issuer.requests == [DISCOVERY, KEYS] * 2
    assert issuer.connections() == 4


def test_a_kid_that_is_known_does_not_make_another_key_good(cooled):
    assert_token_rejected(cooled.ask("storm", key=jws.new_key()))
    assert cooled.ask("storm").status == 200
