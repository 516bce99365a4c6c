"""A token is good for one exchange an audience, and refusals do not use it up."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from support.http import DEPLOY, TWIN, exchange

TRIES = 200


def test_of_200_parallel_tries_of_one_token_exactly_one_succeeds(server):
    token, together = server.mint(), Barrier(TRIES)

    def attempt(_):
        together.wait(30)
        return exchange(server.url, token)

    with ThreadPoolExecutor(TRIES) as pool:
        answers = list(pool.map(attempt, range(TRIES)))
    issued = [answer for answer in answers if answer.status == 200]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(issued) == 1
    assert {(answer.status, answer.reason) for answer in refused} == {(400, "replayed")}
    ids = {answer.json()["decision_id"] for answer in answers}
    assert len(ids) == TRIES


def test_of_parallel_tries_of_different_tokens_all_succeed(server):
    tokens = [server.mint() for _ in range(50)]
    with ThreadPoolExecutor(len(tokens)) as pool:
        answers = list(pool.map(lambda token: exchange(server.url, token), tokens))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.json()["ledger_index"] for answer in answers}) == len(tokens)


def test_one_token_serves_each_audience_once(server):
    token = server.mint()
    for audience, policy in [(DEPLOY, None), (TWIN, "twin-main")]:
        assert server.exchange(token, audience, policy=policy).status == 200
        assert server.exchange(token, audience, policy=policy).reason == "replayed"


def test_a_denied_token_is_not_used_up(server):
    token = server.mint({"ref": "refs/heads/x"})
    denied = server.exchange(token, TWIN, policy="twin-main")
    assert denied.reason == "conditions_failed"
    assert server.exchange(token, TWIN, policy="twin-any").status == 200


def test_an_ambiguous_exchange_does_not_use_the_token_up(server):
    token = server.mint()
    assert server.exchange(token, TWIN).reason == "ambiguous_policy"
    assert server.exchange(token, TWIN, policy="twin-main").status == 200


@pytest.mark.parametrize("used", [True, False])
def test_a_used_token_learns_nothing_about_conditions(server, used):
    token = server.mint({"ref": "refs/heads/x"})
    if used:
        assert server.exchange(token, TWIN, policy="twin-any").status == 200
    answer = server.exchange(token, TWIN, policy="twin-main")
    assert answer.reason == ("replayed" if used else "conditions_failed")
    assert ("failed" in answer.json()) is not used
