"""The life of `sts serve`: starting, stopping, what it writes."""

import http.client
import json
import re
import shutil
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from support.http import FORM, members
from support.issuer import Issuer
from support.jws import assert_absent
from support.process import wait_until
from support.server import is_ready


def test_a_running_exchange_finishes_before_a_stop(make_server):
    with Issuer() as issuer, ThreadPoolExecutor(1) as pool:
        issuer.keys_released.clear()
        server = make_server(by=issuer)
        running = pool.submit(server.exchange)
        assert issuer.keys_asked.wait(5), "the exchange fetches the issuer's keys"
        server.process.terminate()
        wait_until(lambda: not is_ready(server.url), 2, "no longer ready")
        issuer.keys_released.set()
        assert running.result(15).status == 200
        assert server.process.wait() == 0


def test_clients_that_keep_their_connections_lose_no_request_to_a_stop(make_server):
    server = make_server()
    tokens = [[server.mint() for _ in range(200)] for _ in range(4)]
    started = threading.Event()

    def keep_asking(own):
        """Until told to close; every request on the connection has its answer."""
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
        for count, token in enumerate(own):
            form = urllib.parse.urlencode(members(token))
            connection.request("POST", "/token", form, {"Content-Type": FORM})
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
            if count == 20:
                started.set()
            if answer.getheader("Connection") == "close":
                return True
        return False

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(keep_asking, own) for own in tokens]
        assert started.wait(10)
        server.process.terminate()
        assert all(client.result(10) for client in clients), "each was told to close"
    assert server.process.wait() == 0


def test_logs_are_json_lines_without_token_text(make_server):
    server = make_server(RUST_LOG="trace")
    used = server.mint()
    issued = server.exchange(used)
    others = [server.mint({"ref": "refs/heads/x"}), server.mint(headers={"kid": "x"})]
    for token in [used, *others]:
        assert server.exchange(token).status == 400
    server.process.stop()
    text = server.process.output()
    lines = text.splitlines()
    assert lines
    assert all(isinstance(json.loads(line), dict) for line in lines)
    assert_absent([used, issued.token, *others], text)


def test_keys_and_used_tokens_outlive_a_stop(make_server):
    server = make_server()
    keys, used = server.keys(), server.mint()
    assert server.exchange(used).status == 200
    server.process.stop()
    server.start()
    assert server.keys() == keys
    assert server.exchange(used).reason == "replayed"
    assert server.exchange().status == 200


def test_another_key_encryption_key_is_refused_and_makes_no_new_signing_key(make_server):
    server, other = make_server(), make_server("other")
    keys = server.keys()
    server.process.stop()
    kek, kept = server.folder / "kek", server.folder / "kept"
    shutil.copy2(kek, kept)
    shutil.copy2(other.folder / "kek", kek)
    refused = server.launch()
    assert refused.wait() in (2, 3)
    assert re.search(r"kek|key.encryption|unseal|seal", refused.output()), refused.output()
    shutil.copy2(kept, kek)
    server.start()
    assert server.keys() == keys
    assert server.exchange().status == 200


def test_a_missing_key_encryption_key_is_not_replaced(make_server):
    server = make_server()
    keys = server.keys()
    server.process.stop()
    kek = server.folder / "kek"
    kept = kek.read_bytes()
    assert kek.stat().st_mode & 0o077 == 0, "its owner's only"
    kek.unlink()
    assert server.launch().wait() in (2, 3)
    assert not kek.exists()
    kek.write_bytes(kept)
    kek.chmod(0o600)
    server.start()
    assert server.keys() == keys


def test_the_ledger_is_shown_by_a_running_server_and_by_a_stopped_one(make_server):
    server = make_server()
    decision = server.exchange().json()["decision_id"]
    running = [entry.get("decision_id") for entry in server.ledger()]
    assert running.count(decision) == 1
    server.process.stop()
    stopped = [entry.get("decision_id") for entry in server.ledger()]
    assert stopped.count(decision) == 1
