"""Replicas on one PostgreSQL: one key ring, one memory of used tokens, one ledger, one set of documents."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPException
from threading import Barrier, Event, Lock, Thread

import pytest

from support import http, jws
from support.postgres import Postgres, Proxy
from support.process import run, wait_until
from support.replica import Replicas
from support.server import is_ready

SHOP = "policies/shop/deploy-prod.yaml"
TRIES = 1000
AT_ONCE = 100


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    with Postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def replicas(postgres, issuer, tmp_path):
    return Replicas(tmp_path, issuer, postgres)


def kids(server):
    return {key["kid"] for key in server.keys()}


def signer(answer):
    header, _ = jws.decode(answer.token)
    return header["kid"]


def change(server, old, new):
    text = (server.folder / SHOP).read_text()
    assert old in text
    (server.folder / SHOP).write_text(text.replace(old, new))


def load(server):
    shown = run("policy", "load", "--config", server.config)
    assert shown.returncode == 0, shown.stdout + shown.stderr


def lifetime(server):
    answer = server.exchange()
    assert answer.status == 200, answer.body
    return answer.json()["expires_in"]


def test_replicas_publish_one_key_set_and_sign_with_one_key(replicas):
    with replicas.two() as (one, other):
        assert len(kids(one)) == 2 and kids(one) == kids(other)
        assert signer(one.exchange()) == signer(other.exchange())
        created = [entry["kid"] for entry in one.ledger() if entry["kind"] == "key"]
        assert set(created) == kids(one) and len(created) == 2


def test_a_token_used_at_one_replica_is_used_at_the_other(replicas):
    with replicas.two() as (one, other):
        for here, there in [(one, other), (other, one)]:
            token = here.mint()
            assert here.exchange(token).status == 200
            assert there.exchange(token).reason == "replayed"
            assert there.exchange().status == 200


def test_of_1000_parallel_tries_of_one_token_over_two_replicas_exactly_one_succeeds(replicas):
    with replicas.two() as both:
        token, together = both[0].mint(), Barrier(AT_ONCE)

        def attempt(number):
            if number < AT_ONCE:
                together.wait(30)
            return both[number % 2].exchange(token)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(attempt, range(TRIES)))
        assert len([answer for answer in answers if answer.status == 200]) == 1
        refused = {(answer.status, answer.reason) for answer in answers if answer.status != 200}
        assert refused == {(400, "replayed")}
        entries = both[1].ledger()
        assert [entry["index"] for entry in entries] == list(range(len(entries)))
        decisions = [entry for entry in entries if entry["kind"] == "exchange"]
        assert len(decisions) == TRIES
        assert len([entry for entry in decisions if entry["decision"] == "permit"]) == 1
        assert len({entry["replica"] for entry in decisions}) == 2


def test_documents_loaded_at_one_replica_decide_at_the_other_at_its_next_exchange(replicas):
    with replicas.two() as (one, other):
        assert (lifetime(one), lifetime(other)) == (600, 600)
        change(one, "max: 10m", "max: 5m")
        load(one)
        assert (lifetime(other), lifetime(one)) == (300, 300)
        assert one.digest() == other.digest()
        adopted = [entry for entry in one.ledger() if entry["kind"] == "snapshot"]
        assert len(adopted) == 2, "who follows adopts nothing"


def test_documents_loaded_at_one_replica_are_known_to_one_where_nobody_exchanges_anything(replicas):
    with replicas.two() as (one, other):
        change(one, "max: 10m", "max: 5m")
        load(one)
        wait_until(lambda: other.digest() == one.digest(), 12, "the other replica looked")


def test_a_replica_that_was_away_brings_no_older_documents_back_unless_asked_to(replicas):
    with replicas.two() as (one, other):
        other.process.stop()
        change(one, "max: 10m", "max: 5m")
        load(one)
        other.start()
        assert "were in force before" in other.process.output()
        assert (lifetime(other), lifetime(one)) == (300, 300)
        load(other)
        assert (lifetime(other), lifetime(one)) == (600, 600)


def test_a_replica_that_starts_with_new_documents_puts_them_in_force_everywhere(replicas):
    with replicas.two() as (one, other):
        other.process.stop()
        change(other, "max: 10m", "max: 4m")
        other.start()
        assert (lifetime(one), lifetime(other)) == (240, 240)


class Load:
    """Threads that exchange fresh tokens at the replicas that take requests, as a balancer sends them."""

    def __init__(self, *servers):
        self.taking, self.answers, self.received, self._turn = list(servers), [], set(), 0
        self._over, self._lock = Event(), Lock()
        self._threads = [Thread(target=self._work) for _ in range(4)]

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
            with self._lock:
                self._turn += 1
                server = self.taking[self._turn % len(self.taking)]
            try:
                answer = server.exchange()
                outcome = (answer.status, answer.body if answer.status != 200 else b"")
                index = answer.json().get("ledger_index")
            except (OSError, HTTPException) as fault:
                outcome, index = (0, repr(fault)), None
            with self._lock:
                self.answers.append(outcome)
                if index is not None:
                    self.received.add(index)

    def more(self, count=50):
        """Waits until so many more were answered."""
        enough = len(self.answers) + count
        wait_until(lambda: len(self.answers) >= enough, 30, f"{count} more answers")


def test_a_rolling_restart_under_load_fails_no_exchange(replicas):
    with replicas.two() as both, Load(*both) as traffic:
        traffic.more()
        for server in both:
            traffic.taking.remove(server)
            traffic.more(10)
            server.process.stop()
            traffic.more()
            server.start()
            traffic.taking.append(server)
            traffic.more()
    assert set(traffic.answers) == {(200, b"")}


def test_a_replica_cut_off_from_the_database_serves_keys_refuses_exchanges_and_recovers(replicas, postgres):
    with Proxy(postgres.port) as proxy, replicas.make("one") as one:
        with replicas.make("other", replicas.url(proxy.port)) as other:
            known, token = kids(one), one.mint()
            assert other.exchange().status == 200
            proxy.cut()
            for _ in range(5):
                answer = other.exchange(token)
                assert (answer.status, answer.reason) == (503, "unavailable")
                assert int(answer.headers["Retry-After"]) >= 1
            assert kids(other) == known
            assert http.get(other.url + "/.well-known/openid-configuration").status == 200
            assert http.get(other.url + "/livez").status == 200
            assert http.get(other.url + "/readyz").status == 503
            change(one, "max: 10m", "max: 5m")
            load(one)
            assert lifetime(one) == 300
            proxy.mend()
            wait_until(lambda: is_ready(other.url), 15, "it is ready again")
            answer = other.exchange(token)
            assert answer.status == 200, "what was not recorded was not used"
            assert answer.json()["expires_in"] == 300


def test_a_replica_that_hears_nothing_more_says_so_in_time_and_holds_up_nobody(replicas, postgres):
    with Proxy(postgres.port) as proxy, replicas.make("one") as one:
        with replicas.make("other", replicas.url(proxy.port)) as other:
            known = kids(other)
            with ThreadPoolExecutor(4) as pool:
                running = [pool.submit(other.exchange) for _ in range(40)]
                assert running[0].result(15).status == 200
                proxy.freeze()
                assert {exchange.result(60).status for exchange in running} <= {200, 503}
            begin = time.monotonic()
            assert other.exchange().status == 503
            assert time.monotonic() - begin < 5
            assert kids(other) == known
            wait_until(lambda: one.exchange().status == 200, 5, "the other replica goes on")
            proxy.thaw()
            wait_until(lambda: is_ready(other.url), 15, "it is ready again")
            assert other.exchange().status == 200
            entries = one.ledger()
            assert [entry["index"] for entry in entries] == list(range(len(entries)))


def test_a_replica_takes_no_other_ones_admin_socket(replicas):
    other = replicas.make("other")
    with replicas.make("one") as one:
        text = other.config.read_text()
        other.config.write_text(text.replace("unix:state/admin.sock", f"unix:{one.folder}/state/admin.sock"))
        assert other.launch().wait() == 3
        assert "another server answers there" in other.process.output()
        assert one.ledger()
    with other:
        assert other.exchange().status == 200


def test_a_replica_that_is_killed_under_load_loses_no_entry_and_holds_up_nobody(replicas):
    with replicas.two() as (one, other):
        with Load(one, other) as traffic:
            traffic.more(100)
            other.process.kill()
            traffic.taking.remove(other)
            traffic.more(100)
        told = {answer for answer in traffic.answers if answer[0]}
        assert told == {(200, b"")}, "only connections to the one that was killed broke"
        permits = {entry["index"] for entry in one.ledger() if entry.get("decision") == "permit"}
        assert traffic.received <= permits


class Verifier:
    """Keeps a replica's key set for as long as it may be kept."""

    def __init__(self, server):
        self._server, self._kids, self._until = server, set(), 0.0

    def knows(self, kid):
        if time.monotonic() >= self._until:
            answer = http.get(self._server.url + "/jwks")
            age = int(re.search(r"max-age=(\d+)", answer.headers["Cache-Control"]).group(1))
            self._kids, self._until = {key["kid"] for key in answer.json()["keys"]}, time.monotonic() + age
        return kid in self._kids


def test_keys_rotate_at_both_replicas_and_who_knows_one_key_set_knows_what_the_other_signs_with(replicas):
    both = [replicas.make(name) for name in ("one", "other")]
    for server in both:
        with server.config.open("a") as file:
            file.write("keys: {rotation_period: 3s, publish_ahead: 2s, verifier_cache: 1s}\n")
            file.write("tokens: {ttl_max: 2s, leeway: 1s}\n")
    with both[0], both[1]:
        signed_by, verifiers = set(), [Verifier(server) for server in both]

        def three_keys_have_signed():
            for server, elsewhere in zip(both, reversed(verifiers), strict=True):
                kid = signer(server.exchange())
                assert elsewhere.knows(kid)
                signed_by.add(kid)
            return len(signed_by) == 3

        wait_until(three_keys_have_signed, 20, "three keys have signed")
        created = [entry["kid"] for entry in both[0].ledger() if entry["kind"] == "key"]
        assert len(created) == len(set(created)) <= 6, "one key a slot"


def test_connections_that_are_ended_are_made_again_without_a_restart_of_ours(replicas):
    with replicas.two() as (one, other):
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sts'"
        for _ in range(3):
            replicas.sql(cut)
            for server in (one, other):
                wait_until(lambda server=server: is_ready(server.url), 5, "it is ready again")
                assert server.exchange().status == 200


def test_replicas_that_start_at_once_on_an_empty_database_agree(replicas):
    first = replicas.make("first")
    with replicas.make("seed"):
        pass  # makes the key-encryption key, which replicas are given
    replicas.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    second = replicas.make("second")
    with ExitStack() as stack:
        for server in (first, second):
            server.launch()
            stack.push(server.__exit__)
        for server in (first, second):
            server.process.wait_ready(lambda server=server: is_ready(server.url), "/readyz answers 200")
        # Who looked between the first key and the second has the second one at its next look, long before it signs.
        wait_until(lambda: len(kids(first)) == 2 and kids(first) == kids(second), 12, "both publish both keys")
        assert signer(first.exchange()) == signer(second.exchange())


def test_commands_read_a_shared_store_where_no_server_runs_and_make_none(replicas):
    server = replicas.make("one")
    shown = run("ledger", "show", "--config", server.config)
    assert (shown.returncode, "there is no store at postgres://tester@" in shown.stderr) == (3, True), shown.stderr
    with server:
        decision = server.exchange().json()["decision_id"]
    assert decision in server.ledger_text()
    shown = run("policy", "explain", decision, "--config", server.config)
    assert shown.returncode == 0 and "permit" in shown.stdout, shown.stdout + shown.stderr


def test_a_database_is_reached_with_tls_by_its_name_and_not_by_another_authority(replicas, postgres, tmp_path):
    url = replicas.url(host="localhost", more="?sslmode=verify-full")
    with replicas.make("verified", url, f", ca_file: {postgres.ca_file}") as server:
        assert server.exchange().status == 200
        ours = "datname = current_database() AND application_name = 'sts'"
        assert replicas.sql(f"SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE {ours}") == "t"
    stranger = replicas.make("stranger", url)
    assert stranger.launch().wait() == 3
    assert "cannot be used" in stranger.process.output()


@pytest.mark.parametrize(
    "name, code, said",
    [
        ("nobody listens", 3, "cannot be used"),
        ("another password", 3, "password authentication failed"),
        ("no such database", 3, "does not exist"),
        ("password in the url", 2, "sts.yaml:"),
        ("no user", 2, "names no user"),
    ],
)
def test_a_store_that_cannot_be_had_is_said_with_what_to_do(replicas, name, code, said):
    urls = {
        "nobody listens": replicas.url(port=1),
        "no such database": replicas.url() + "_none",
        "password in the url": replicas.url().replace("tester@", "tester:hunter2@"),
        "no user": replicas.url().replace("tester@", ""),
    }
    server = replicas.make("one", urls.get(name))
    if name == "another password":
        (server.folder / "password").write_text("wrong")
    assert server.launch().wait() == code
    assert said in server.process.output(), server.process.output()


def test_a_password_that_was_replaced_is_read_at_the_next_connection(replicas, postgres):
    replicas.sql("CREATE ROLE keeper LOGIN SUPERUSER PASSWORD 'first'")
    server = replicas.make("one", replicas.url().replace("tester@", "keeper@"))
    (server.folder / "password").write_text("first")
    with server:
        replicas.sql("ALTER ROLE keeper PASSWORD 'second'")
        (server.folder / "password").write_text("second\n")
        replicas.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keeper'")
        wait_until(lambda: is_ready(server.url), 5, "it is ready again")
        assert server.exchange().status == 200
    replicas.sql("REASSIGN OWNED BY keeper TO tester; DROP OWNED BY keeper; DROP ROLE keeper")
