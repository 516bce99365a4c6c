"""What survives kill -9."""

import http.client
from threading import Event, Lock, Thread

from support.http import exchange
from support.jws import assert_absent

ENOUGH = 200


class Load:
    """Threads that exchange fresh tokens and keep what they received."""

    def __init__(self, server):
        self.server, self.received, self.refused, self.tokens = server, [], [], []
        self.enough, self._over, self._lock = Event(), Event(), Lock()
        self._threads = [Thread(target=self._work) for _ in range(8)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(30)

    def _work(self):
        while not self._over.is_set():
            token = self.server.mint()
            with self._lock:
                self.tokens.append(token)
            try:
                answer = exchange(self.server.url, token)
            except (OSError, http.client.HTTPException):
                return  # the server is gone; nothing was received
            with self._lock:
                kept = self.received if answer.status == 200 else self.refused
                kept.append((token, answer))
                if len(self.received) >= ENOUGH:
                    self.enough.set()


def test_a_crash_under_load_loses_no_key_and_no_entry_of_a_token_that_left(make_server):
    server = make_server()
    keys = server.keys()
    with Load(server) as load:
        assert load.enough.wait(60), f"{len(load.received)} exchanges in 60 s"
        server.process.kill()
    assert [answer.body for _, answer in load.refused] == []

    server.start()
    assert {key["kid"] for key in server.keys()} == {key["kid"] for key in keys}
    used, first = load.received[-1]
    assert server.exchange(used).reason == "replayed"
    fresh = server.exchange()
    assert fresh.status == 200 and fresh.json()["ledger_index"] > first.json()["ledger_index"]
    server.process.stop()

    entries = server.ledger()
    permits = [entry["decision_id"] for entry in entries if entry.get("decision") == "permit"]
    received = [answer.json()["decision_id"] for _, answer in load.received]
    counts = {decision: permits.count(decision) for decision in received}
    assert {decision: count for decision, count in counts.items() if count != 1} == {}
    issued = [answer.token for _, answer in load.received]
    assert_absent(load.tokens + issued, server.ledger_text())


def test_no_token_text_is_in_the_ledger(make_server):
    server = make_server()
    texts = []
    for claims in [{}, {"ref": "refs/heads/x"}, {"repository_id": "75"}]:
        token = server.mint(claims)
        answer = server.exchange(token)
        texts += [token] + ([answer.token] if answer.status == 200 else [])
    assert len(texts) == 4
    decisions = [entry.get("decision") for entry in server.ledger()]
    assert "permit" in decisions and "deny" in decisions
    assert_absent(texts, server.ledger_text())
