"""Documents have one layout; what they say, their comments and their permissions stay."""

import json
import os

import pytest

from support import documents
from support.process import run
from support.server import Server

UNTIDY = """\

# who may have what
kind:   TrustPolicy
metadata: { name: untidy,owner: team-shop }
# the grant
grant:
    audience: https://deploy.example.com
    subject: "subject('gha', assertion.repository_id)"   # as  written
    scopes: [ "deploy:shop" ]
    ttl: {max:  10m }


apiVersion: sts/v1
trust_bundle: github-actions
pins: {repository_owner_id: "65" , repository_id: "76"}\t# two  
conditions:
-   id: main-branch
    expr: "assertion.ref == 'refs/heads/main'"
---
"""

TIDY = """\
# who may have what

apiVersion: sts/v1
kind:   TrustPolicy
metadata: {name: untidy, owner: team-shop}
trust_bundle: github-actions
pins: {repository_owner_id: "65", repository_id: "76"} # two
conditions:
  - id: main-branch
    expr: "assertion.ref == 'refs/heads/main'"
# the grant
grant:
  audience: https://deploy.example.com
  subject: "subject('gha', assertion.repository_id)"   # as  written
  scopes: ["deploy:shop"]
  ttl: {max: 10m}
"""


@pytest.fixture
def folder(tmp_path):
    """A configuration folder without a server, and one document that is not laid out."""

    class Named:
        url = "http://127.0.0.1:9"

    server = Server(tmp_path, Named)
    for twin in (tmp_path / "policies/shop").glob("twin-*"):
        twin.unlink()
    documents.write(tmp_path, {"policies/shop/untidy.yaml": UNTIDY})
    return server


def fmt(server, *arguments):
    return run("policy", "fmt", *arguments, "--config", server.config)


def snapshot(server):
    checked = run("policy", "check", "--config", server.config, "--json")
    return json.loads(checked.stdout).get("snapshot")


def test_documents_are_laid_out_and_say_what_they_said(folder):
    file = folder.folder / "policies/shop/untidy.yaml"
    others = {path: path.read_text() for path in folder.folder.rglob("*.yaml") if path != file}
    before = snapshot(folder)
    shown = fmt(folder, "--check")
    assert (shown.returncode, shown.stdout) == (1, f"would change: {file}\n"), shown.stderr
    assert file.read_text() == UNTIDY
    shown = fmt(folder)
    assert (shown.returncode, shown.stdout) == (0, f"changed: {file}\n"), shown.stderr
    assert file.read_text() == TIDY
    assert before is not None and snapshot(folder) == before
    assert others == {path: path.read_text() for path in others}
    again = fmt(folder, "--check")
    assert (again.returncode, again.stdout) == (0, "")


def test_a_file_keeps_its_permissions_and_its_link_and_is_not_touched_in_vain(folder):
    file, link = folder.folder / "elsewhere", folder.folder / "policies/shop/untidy.yaml"
    link.rename(file)
    link.symlink_to(file)
    file.chmod(0o664)
    assert fmt(folder).returncode == 0
    assert link.is_symlink() and file.read_text() == TIDY
    assert file.stat().st_mode & 0o777 == 0o664
    os.utime(file, ns=(1, 1))
    assert fmt(folder, link).returncode == 0
    assert file.stat().st_mtime_ns == 1
    assert [path.name for path in folder.folder.rglob("*.new")] == []


def test_named_files_are_laid_out_without_a_configuration(folder):
    file = folder.folder / "policies/shop/untidy.yaml"
    folder.config.unlink()
    shown = json.loads(run("policy", "fmt", "--json", file, cwd=folder.folder).stdout)
    assert shown == {"files": 1, "changed": [str(file)], "written": True, "left": []}
    assert run("policy", "fmt", folder.folder / "no-such.yaml").returncode == 2
    assert fmt(folder).returncode == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: [1\n", "not YAML"), ("a: 1\na: 2\n", "appears twice"), ("a: b\n   c: d\n", "not YAML")],
)
def test_what_cannot_be_laid_out_is_left_and_said_and_the_rest_is_done(folder, text, said):
    odd = folder.folder / "policies/shop/odd.yaml"
    odd.write_text(text)
    shown = fmt(folder)
    assert shown.returncode == 1 and said in shown.stderr and str(odd) in shown.stderr
    assert odd.read_text() == text
    assert (folder.folder / "policies/shop/untidy.yaml").read_text() == TIDY


def test_a_byte_order_mark_is_taken_away(folder):
    file = folder.folder / "policies/shop/untidy.yaml"
    file.write_text(UNTIDY, encoding="utf-8-sig")
    before = snapshot(folder)
    shown = fmt(folder)
    assert (shown.returncode, shown.stdout) == (0, f"changed: {file}\n"), shown.stderr
    assert file.read_bytes() == TIDY.encode()
    assert before is not None and snapshot(folder) == before


def test_a_file_that_nobody_may_write_is_left_and_the_rest_is_done(folder):
    file = folder.folder / "policies/shop/read-only.yaml"
    file.write_text(UNTIDY)
    file.chmod(0o444)
    shown = fmt(folder)
    assert shown.returncode == 3 and f"{file}: left as it is, since it is read-only" in shown.stderr
    assert shown.stdout == f"changed: {file.with_name('untidy.yaml')}\n"
    assert file.read_text() == UNTIDY
    assert fmt(folder, "--check").stdout == f"would change: {file}\n"
    file.chmod(0o644)
    assert fmt(folder).returncode == 0 and file.read_text() == TIDY


def test_a_text_over_several_lines_is_never_changed(folder):
    file = folder.folder / "policies/shop/untidy.yaml"
    block = 'a:\n    b: |\n        one  \n\n\n          { two }\n    c: "x\n\n      y  z"\n'
    file.write_text(block)
    assert fmt(folder, file).returncode == 0
    assert file.read_text() == 'a:\n  b: |\n      one  \n\n\n        { two }\n  c: "x\n\n    y  z"\n'
