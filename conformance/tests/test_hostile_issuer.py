"""An issuer that fails, stalls or lies: our outage, soon over, and nothing of it is believed."""

import pytest

from support import hostile_cases as cases
from support.answers import assert_unavailable
from support.issuer import DISCOVERY, KEYS

# The fetch may take three seconds; the rest is for a busy machine.
SECONDS_MAX = 3.8


def asked(name):
    return [DISCOVERY] if name.startswith("discovery") else [DISCOVERY, KEYS]


@pytest.mark.parametrize("name", cases.REFUSED)
def test_a_hostile_issuer_is_an_outage_and_never_a_refusal(hostile, name):
    outcome = hostile.outcomes[name]
    assert_unavailable(outcome.answer)
    assert outcome.seconds < SECONDS_MAX


@pytest.mark.parametrize("name", cases.REFUSED)
def test_each_document_is_asked_for_once_on_a_connection_of_its_own(hostile, name):
    outcome = hostile.outcomes[name]
    assert outcome.requests == asked(name)
    assert outcome.connections == len(outcome.requests)


@pytest.mark.parametrize("name", cases.REFUSED)
def test_the_same_issuer_is_believed_once_it_behaves(cooled, name):
    assert cooled.ask(name).status == 200


@pytest.mark.parametrize("name", cases.ACCEPTED)
def test_an_unusual_issuer_is_believed(hostile, name):
    outcome = hostile.outcomes[name]
    assert outcome.answer.status == 200, outcome.answer.body
    assert (outcome.requests, outcome.connections) == ([DISCOVERY, KEYS], 2)


def test_both_documents_together_take_no_longer_than_the_bound(hostile):
    outcome = hostile.outcomes["both late"]
    assert_unavailable(outcome.answer)
    assert outcome.seconds < SECONDS_MAX


@pytest.mark.parametrize("name", cases.LISTED)
def test_keys_elsewhere_are_fetched_where_the_bundle_says_so(hostile, name):
    assert hostile.outcomes[name].answer.status == 200, hostile.outcomes[name].answer.body


@pytest.mark.parametrize("name", cases.UNLISTED)
def test_listing_a_host_opens_no_more_than_that_host(hostile, name):
    assert_unavailable(hostile.outcomes[name].answer)
    assert hostile.outcomes[name].seconds < 1, "nothing was waited for"


def test_nobody_is_led_to_a_place_that_the_bundle_does_not_list(hostile):
    assert hostile.canary.connections() == 0
    # Its twin was listed, and asked for its keys alone: a redirect leads nowhere, listed or not.
    assert hostile.publisher.requests == [KEYS] * len(cases.LISTED)


@pytest.mark.parametrize("name", cases.TURNS)
def test_a_bad_document_never_replaces_a_good_one(cooled, name):
    turn = cooled.turns[name]
    assert_unavailable(turn.unknown.answer)
    assert turn.unknown.requests == [DISCOVERY, KEYS, *asked(name)]
    assert turn.unknown.seconds < SECONDS_MAX
    for known in (turn.meanwhile, turn.afterwards):
        assert known.answer.status == 200, known.answer.body
        assert known.seconds < 1, "a known key waits for nobody"
    assert turn.afterwards.requests == turn.unknown.requests, "and is not fetched again"


@pytest.mark.parametrize("name", cases.TURNED_SECRET)
def test_an_issuer_that_publishes_private_keys_is_not_trusted_for_those_it_had(cooled, name):
    turn = cooled.turns[name]
    assert_unavailable(turn.unknown.answer)
    assert_unavailable(turn.afterwards.answer)
