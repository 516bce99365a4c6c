"""Tokens that are genuine, and what is made of them: second uses, reflections, text that steers."""

import json

import pytest

from support import jws
from support.answers import CANARY, assert_refused, assert_token_rejected
from support.catalogue.kinds import ACTORS
from support.catalogue.replays import high
from support.catalogue.values import SEEN, STRANGE
from support.http import DEPLOY, TWIN, get


def assert_replayed(answer):
    assert_refused(answer, 400, "invalid_request", "replayed")


@pytest.mark.parametrize("name", ["es256", "es256-by-text"])
@pytest.mark.parametrize("again", [str, high], ids=["the same", "the other signature"])
def test_another_spelling_of_a_signature_is_not_a_second_use(world, name, again):
    token = world.tenants[name].mint()
    assert world.exchange(token).status == 200
    assert_replayed(world.exchange(again(token)))
    assert world.exchange(high(world.tenants[name].mint())).status == 200


def test_a_token_id_that_is_used_again_under_other_claims_is_a_second_use(world):
    first = world.mint()
    assert world.exchange(first).status == 200
    claims = jws.decode(first)[1]
    assert_replayed(world.exchange(world.mint({"jti": claims["jti"], "run_id": "2"})))
    assert world.exchange(world.mint({"run_id": "2"})).status == 200


def test_one_token_id_of_two_issuers_is_two_tokens(world):
    claims = {"jti": jws.decode(world.mint())[1]["jti"]}
    for by in (world, world.tenants["typed"], world.tenants["es256"]):
        assert world.exchange(by.mint(claims)).status == 200
        assert_replayed(world.exchange(by.mint(claims)))


def test_a_used_token_stays_used_within_the_leeway_after_its_end(world):
    times = jws.decode(world.mint())[1]
    token = world.mint({"exp": times["iat"] - 10, "iat": times["iat"] - 300, "nbf": None})
    assert world.exchange(token).status == 200
    assert_replayed(world.exchange(token))


@pytest.mark.parametrize("audience, policy", [(DEPLOY, None), (TWIN, "twin-main")], ids=["deploy", "twin"])
def test_who_receives_a_token_of_ours_cannot_exchange_it(world, audience, policy):
    received = world.exchange(audience=audience, policy=policy).token
    for wanted, named in [(DEPLOY, None), (TWIN, "twin-main")]:
        assert_token_rejected(world.exchange(received, wanted, policy=named))
        assert world.exchange(audience=wanted, policy=named).status == 200


@pytest.mark.parametrize("name", ["act", "may_act"])
@pytest.mark.parametrize("actor", ACTORS.values(), ids=ACTORS)
def test_an_actor_within_a_token_grants_nothing(world, name, actor):
    plain = jws.decode(world.exchange().token)[1]
    claims = jws.decode(world.exchange(world.mint({name: actor})).token)[1]
    assert sorted(claims) == sorted(plain)
    assert (claims["sub"], claims["scope"]) == (plain["sub"], plain["scope"])


@pytest.mark.parametrize("name", SEEN)
def test_text_of_a_token_never_breaks_a_line_of_ledger_or_log(world, name):
    values = [f"{CANARY}{text}{CANARY}" + name for text in STRANGE.values()]
    for value in values:
        assert world.exchange(world.mint({name: value})).status == 200
    ledger, log = (text.removesuffix("\n").split("\n") for text in (world.ledger_text(), world.process.output()))
    for line in [*ledger, *log]:
        assert isinstance(json.loads(line), dict)
        assert not any(ord(character) < 32 for character in line)
    # What only tells uses apart is not in the ledger.
    assert sum(CANARY in line for line in ledger) >= len(values) or name == "jti"


def test_a_claim_that_is_minted_comes_out_as_it_went_in(world):
    value = "".join(STRANGE.values())
    assert jws.decode(world.exchange(world.mint({"run_id": value})).token)[1]["run_id"] == value


def test_no_text_of_a_token_becomes_a_metric(world):
    hostile = [world.mint(headers={name: CANARY}) for name in ("alg", "kid", "typ", "x", "jku")]
    hostile += [world.mint({name: CANARY}) for name in ("iss", "aud", "sub", "jti", "event_name", "x")]
    assert {world.exchange(token).status for token in hostile} <= {200, 400}
    metrics = get(world.metrics + "/metrics").body.decode()
    assert "sts_exchanges_total" in metrics
    assert CANARY not in metrics
    names = {path.parent.name for path in world.folder.glob("trust-bundles/*/bundle.yaml")}
    labels = {part.split('"')[1] for part in metrics.split("trust_bundle=")[1:]}
    assert labels <= {*names, "unknown"}
