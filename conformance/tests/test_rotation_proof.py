"""A sample of the proof that `conformance/rotation` runs: keys change under load, and no verifier notices."""

import pytest

from support.rotation.plan import Plan
from support.rotation.plot import plot
from support.rotation.proof import prove
from support.rotation.verdict import faults

SAMPLE = Plan(rate=20, seconds=12, rotation_period=3, publish_ahead=1, verifier_cache=1)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    return prove(SAMPLE, tmp_path_factory.mktemp("rotation"))


def test_rotations_and_a_compromise_under_load_fail_no_verification(record):
    assert faults(record) == []


def test_each_kind_of_verifier_accepts_every_token_at_once_and_shortly_before_its_end(record):
    exchanges = record["exchanges"]["answered"]
    assert exchanges == SAMPLE.rate * SAMPLE.seconds
    for name, seen in record["verifiers"].items():
        refused = seen["compromised_key"]["refused"]
        assert seen["failed"] == 0, (name, record["failed_checks"])
        assert seen["accepted"]["at once"] + refused >= exchanges, name
        assert seen["accepted"]["before exp"] + refused >= exchanges, name


def test_a_verifier_that_keeps_the_key_set_for_longer_than_told_fails(record):
    (seen,) = record["counter_proof"].values()
    assert seen["failed"] > 0 and seen["accepted"]["at once"] > 0
    assert set(seen["faults"]) == {"unknown key"}
    assert {one["failed"] for one in record["verifiers"].values()} == {0}, "they keep it for as long as told"


def test_a_compromised_key_is_accepted_for_no_longer_than_each_kind_keeps_the_key_set(record):
    assert record["compromise"]["signed_after"] == 0
    for name, seen in record["verifiers"].items():
        key = seen["compromised_key"]
        assert key["accepted_for_s"] <= key["bound_s"], name
    assert record["verifiers"]["fixed cache"]["compromised_key"]["refused"] > 0


def test_the_timeline_shows_every_key_and_no_failure(record):
    picture = plot(record)
    assert all(key["kid"] in picture for key in record["keys"])
    assert "0 failed verifications" in picture and "failures</title>" not in picture
