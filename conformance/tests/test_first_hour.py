"""What a newcomer meets: help, and what is said when something is not there or not right."""

import re
import shutil

import pytest

from support import documents
from support.http import DEPLOY
from support.process import free_port, run
from support.server import Dev, Server

COMMANDS = re.compile(r"^  ([a-z-]+) +\S", re.MULTILINE)
OPTION = re.compile(r"^ {2,6}(-\w, )?(--[a-z-]+)", re.MULTILINE)


def helps(*command):
    """The help of a command and of all below it."""
    text = run(*command, "--help").stdout
    below = text.split("\nCommands:\n")[1].split("\n\n")[0] if "\nCommands:\n" in text else ""
    yield command, text
    for name in COMMANDS.findall(below):
        if name != "help":
            yield from helps(*command, name)


HELPS = dict(helps())


@pytest.mark.parametrize("command", HELPS, ids=" ".join)
def test_help_says_what_the_command_and_each_option_is_for(command):
    text = HELPS[command]
    assert re.match(r"\w[^\n]{15,}\n", text), "a sentence comes first"
    options = text.split("\nOptions:\n")[1].split("\n\nE")[0]
    entries = re.split(r"\n(?= {2,6}-)", options)
    assert len(entries) == len(OPTION.findall(options))
    for entry in entries:
        said = re.sub(r"^ *(-\w, )?(--)?[a-z-]+ *(<\w+>)?|\[default: .*\]", "", entry)
        assert re.search(r"[A-Z]\w*,? \w+", said), entry


@pytest.mark.parametrize("command", [one for one in HELPS if "\nCommands:\n" not in HELPS[one]], ids=" ".join)
def test_help_of_every_command_ends_with_an_example_of_it(command):
    after = re.split(r"\nExamples?:", HELPS[command])[1]
    assert f"sts {' '.join(command)}" in after


@pytest.fixture
def folder(tmp_path):
    """A configuration without a server, and an issuer that is only named."""

    class Named:
        url = "http://127.0.0.1:9"

    return Server(tmp_path, Named)


def serve(folder, **changes):
    """How `sts serve` ends when parts of its configuration are replaced."""
    text = folder.config.read_text()
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new)
    folder.config.write_text(text)
    return run("serve", "--config", folder.config)


def assert_told(done, code, *parts):
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    for part in parts:
        assert part in done.stderr, done.stderr


def test_without_a_configuration_one_is_told_how_to_get_one(tmp_path):
    done = run("serve", cwd=tmp_path)
    assert_told(done, 2, "sts.yaml", "help: ", "sts dev --once", ".sts-dev/sts.yaml")
    assert run("dev", "--once", "--listen", "127.0.0.1:0", cwd=tmp_path).returncode == 0
    assert run("policy", "check", "--config", ".sts-dev/sts.yaml", cwd=tmp_path).returncode == 0


def test_an_empty_configuration_is_told_which_keys_it_needs(tmp_path):
    (tmp_path / "sts.yaml").write_text("\n")
    done = run("serve", cwd=tmp_path)
    assert_told(done, 2, "sts.yaml:1:1: the configuration is empty\n    help: it needs issuer, environment")


def test_a_missing_key_is_told_what_to_write(folder):
    text = folder.config.read_text()
    folder.config.write_text("".join(line for line in text.splitlines(True) if not line.startswith("store:")))
    done = run("serve", "--config", folder.config)
    assert_told(done, 2, "needs the key store", 'help: write store: {url: "sqlite:state/sts.db"}')


def test_a_store_that_cannot_be_made_is_told_by_its_key(folder):
    done = serve(folder, store=("sqlite:state/sts.db", "sqlite:/proc/none/sts.db"))
    assert_told(done, 3, "/proc/none", "store.url")


def test_a_file_that_is_no_store_is_called_so(folder):
    (folder.folder / "other").write_text("not a database\n" * 100)
    done = serve(folder, store=("sqlite:state/sts.db", "sqlite:other"))
    assert_told(done, 3, "other is no store", "store.url")
    assert (folder.folder / "other").read_text().startswith("not a database")


def test_a_key_encryption_key_that_cannot_be_made_is_told_by_its_key(folder):
    done = serve(folder, seal=("key_file: kek", "key_file: /proc/none/kek"))
    assert_told(done, 2, "/proc/none", "seal.key_file")
    assert folder.config.write_text(folder.config.read_text().replace("/proc/none/kek", "kek"))
    with folder:
        assert folder.keys(), "what was left behind does not hinder the next start"


def test_a_missing_certificate_is_told_before_anything_is_made(folder):
    folder.config.write_text(folder.config.read_text() + "tls: {cert_file: a.crt, key_file: a.key}\n")
    done = run("serve", "--config", folder.config)
    assert_told(done, 2, "a.crt", "tls.cert_file")
    assert not (folder.folder / "state").exists() and not (folder.folder / "kek").exists()


def test_a_port_in_use_is_told_by_its_key(server, folder):
    port = server.url.rpartition(":")[2]
    done = serve(folder, listen=(folder.url.rpartition(":")[2], port))
    assert_told(done, 3, f"127.0.0.1:{port}", "listen.public")
    assert not (folder.folder / "state").exists()


def test_a_second_server_does_not_take_the_administrators_of_the_first(make_server):
    first, second = make_server(), make_server("second")
    second.process.stop()
    text, socket = second.config.read_text(), first.folder / "state/admin.sock"
    own = re.search(r"admin: \"?(unix:[^\s,}\"]+)", text)
    own = own.group(1) if own else None
    changed = text.replace(own, f"unix:{socket}") if own else text.replace("listen: {", f'listen: {{admin: "unix:{socket}", ')
    second.config.write_text(changed)
    refused = second.launch()
    assert refused.wait() == 3
    assert "another server answers there" in refused.output() and "listen.admin" in refused.output()
    assert run("policy", "load", "--config", first.config).returncode == 0
    second.config.write_text(text)
    second.start()


UNKNOWN = [
    (["policy", "test", "shop-deploy-prd"], "did you mean shop-deploy-prod?"),
    (["policy", "who", DEPLOY + "x"], f"did you mean {DEPLOY}?"),
    (["trust", "check", "github-action"], "did you mean github-actions?"),
    (["trust", "pin", "github-action"], "did you mean github-actions?"),
    (["trust", "check", "something-else"], "there is github-actions"),
    (["policy", "check", "--against", "nowhere"], "--against: there is no folder nowhere"),
    (["policy", "who", DEPLOY, "--against", "nowhere"], "--against: there is no folder nowhere"),
]


@pytest.mark.parametrize(("command", "told"), UNKNOWN, ids=str)
def test_a_name_that_is_not_there_is_told_what_is(folder, command, told):
    assert_told(run(*command, "--config", folder.config), 2, told)


@pytest.mark.parametrize(
    ("command", "choices"),
    [
        (["policy", "explain"], "<DECISION_ID|--token <FILE>|--claims <FILE>>"),
        (["policy", "new", "x", "--audience", DEPLOY], "--from-token <FILE>|--from-decision <DECISION_ID>"),
    ],
    ids=str,
)
def test_one_of_several_that_is_missing_is_told_with_all(command, choices):
    assert_told(run(*command), 2, choices)


def test_an_address_that_is_none_is_told_what_one_is(tmp_path):
    assert_told(run("dev", "--listen", "8400", cwd=tmp_path), 2, "like 127.0.0.1:8400")


def test_a_second_dev_is_told_how_to_have_both(tmp_path):
    with Dev(tmp_path) as first:
        port = first.url.rpartition(":")[2]
        taken = run(*Dev(tmp_path / "other").arguments(listen=f"127.0.0.1:{port}"))
        assert_told(taken, 3, f"127.0.0.1:{port}", "--listen 127.0.0.1:0")
        again = run(*first.arguments())
        assert_told(again, 3, "in use by another process", "another --state-dir")
    assert run(*first.arguments("--once")).returncode == 0, "after a stop the same folder serves again"


def test_an_exchange_that_does_not_get_through_is_told_the_likely_cause(server, tmp_path):
    (tmp_path / "token").write_text(server.mint())

    def exchange(url):
        return run("exchange", "--url", url, "--audience", DEPLOY, "--subject-token-file", tmp_path / "token")

    assert exchange(server.url).returncode == 0
    assert_told(exchange(server.url.replace("http:", "https:")), 3, "does the server speak plain http there?")
    assert_told(exchange(f"http://127.0.0.1:{free_port()}"), 3, "is the server running")


def test_without_policies_a_server_says_that_it_denies_everything(folder):
    kept = folder.folder / "policies/shop"
    policies = {path.name: path.read_text() for path in kept.iterdir()}
    shutil.rmtree(kept)
    with folder as running:
        assert "every exchange is denied" in running.process.output()
    kept.mkdir()
    for name, text in policies.items():
        (kept / name).write_text(text)
    with folder as running:
        assert "every exchange is denied" not in running.process.output()


def test_without_trust_bundles_the_check_of_keys_says_so(folder):
    shutil.rmtree(folder.folder / "trust-bundles")
    shutil.rmtree(folder.folder / "policies")
    documents.write(folder.folder, {"trust-bundles/.keep": "", "policies/.keep": ""})
    done = run("trust", "check", "--config", folder.config)
    assert (done.returncode, done.stdout) == (0, "")
    assert "sts trust add" in done.stderr
