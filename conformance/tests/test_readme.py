"""Every line of the README that is meant to be pasted works, in its order, in an empty folder."""

import re
import shutil
import subprocess

from support.process import ROOT, Process, environment, free_port, subject

BLOCK = re.compile(r"<!-- (run|run in the background) -->\n```sh\n(.*?)```", re.DOTALL)
READY = "curl -sfk --retry 30 --retry-all-errors --retry-delay 1 -o ready.log {url}/readyz"


def blocks():
    return BLOCK.findall((ROOT / "README.md").read_text())


def moved(text, ports):
    for written, free in ports.items():
        text = text.replace(f":{written}", f":{free}")
    return text


def test_the_readme_has_exactly_two_set_up_commands():
    first = re.search(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    commands = [line.split("#")[0].strip() for line in first.splitlines() if line.strip()]
    assert commands == ["cargo run --release -- dev", "conformance/run"]


def test_every_pasted_line_works(tmp_path):
    ports = {port: free_port() for port in (8400, 8401, 8402, 8443)}
    checkout, own = tmp_path / "checkout", tmp_path / "my-sts"
    (checkout / "target/release").mkdir(parents=True)
    shutil.copy(subject(), checkout / "target/release/sts")
    for folder in ("trust-bundles", "policies"):
        shutil.copytree(ROOT / folder, checkout / folder)
    logs = tmp_path / "logs"
    running = [Process(["dev", "--listen", f"127.0.0.1:{ports[8400]}"], logs / "dev", cwd=checkout)]
    printed, folder = [], checkout
    try:
        paste(READY.format(url=f"http://127.0.0.1:{ports[8400]}"), folder)
        for kind, text in blocks():
            text = moved(text, ports)
            if kind == "run":
                printed.append(paste(text, folder))
                folder = own if "cd ../my-sts" in text else folder
            else:
                running.append(Process(text.split()[1:], logs / f"{len(running)}", cwd=folder))
                url = f"https://127.0.0.1:{ports[8443]}" if "prod" in text else f"http://127.0.0.1:{ports[8401]}"
                paste(READY.format(url=url), folder)
    finally:
        for process in reversed(running):
            process.stop()
    permitted, denied, looked, checked, exchanged, drafted, production, served = printed
    assert '"access_token"' in permitted and '"reason"' not in permitted
    assert '"conditions_failed"' in denied and '"main-branch"' in denied
    assert "ok: 1 trust bundle," in looked and "conditions_failed" in looked
    assert "2 of 2 tests pass" in checked
    assert "no problem found" in exchanged and "permit" in exchanged
    assert "written: policies/shop/shop-deploy-next.yaml" in drafted and "5 of 5 tests pass" in drafted
    assert re.search("widens +policy shop-deploy-next: is new", drafted) and "is in force" in drafted
    assert "23 of 23 tests pass" in production
    beside = {path.name for path in checkout.iterdir()} - {"ready.log"}
    assert beside == {"target", "trust-bundles", "policies", ".sts-dev"}, "the server's files lie elsewhere"
    assert_nothing_secret_would_be_committed(own)
    assert '"issuer":"https://sts.example.com"' in served and '"ready":true' in served


def assert_nothing_secret_would_be_committed(folder):
    paste("git init -q . && git add .", folder)
    added = paste("git ls-files", folder).splitlines()
    assert {"sts.yaml", "prod/sts.yaml", "policies/shop/deploy.yaml"} <= set(added)
    for path in added:
        assert not re.search(r"(^|/)(kek|state|sts|shipped)(/|$)|token|\.key$", path), path


def paste(text, folder):
    script = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True, timeout=60, env=environment())
    assert done.returncode == 0, f"{text}\nexited with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout
