"""Replicas on one PostgreSQL: one key ring, one memory of used tokens, one ledger, one set of documents."""

from concurrent.futures import ThreadPoolExecutor
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
        self.taking, self.answers, self._turn = list(servers), [], 0
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
            except (OSError, HTTPException) as fault:
                outcome = (0, repr(fault))
            with self._lock:
                self.answers.append(outcome)

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


def test_a_database_that_restarts_is_found_again_without_a_restart_of_ours(replicas, postgres):
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
    for server in (first, second):
        server.launch()
    for server in (first, second):
        server.process.wait_ready(lambda server=server: is_ready(server.url), "/readyz answers 200")
    assert kids(first) == kids(second) and len(kids(first)) == 2
    assert signer(first.exchange()) == signer(second.exchange())
    for server in (first, second):
        server.process.stop()


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
