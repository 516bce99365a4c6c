"""Who keeps key-encryption keys: a file, a token, OpenBao's transit engine, AWS KMS' emulator.

Each gives the `seal` of a configuration for the key `sts`, and for another one, and has outages.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from support import http
from support.openbao import OpenBao
from support.process import Child, environment, free_port

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
MOTO = Path(sys.executable).parent / "moto_server"
MAY_SEAL = """\
path "transit/encrypt/*" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
"""


class KeyFile:
    """A file beside the configuration."""

    kind = "file"
    environment = {}
    secrets = ()

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def seal(self, key="sts"):
        path = self._folder / key
        if key != "sts" and not path.exists():
            path.write_bytes(secrets.token_bytes(32))
            path.chmod(0o600)
        return f"kind: file, key_file: {path}"


class SoftHsm:
    """A token of SoftHSM in a folder of its own; its keys are made by who uses it."""

    kind = "pkcs11"
    pin = "246813579"

    def __init__(self, folder):
        self._folder, self.tokens = folder, folder / "tokens"
        self.tokens.mkdir(parents=True)
        self.pin_file = folder / "pin"
        self.pin_file.write_text(self.pin + "\n")
        self.pin_file.chmod(0o600)
        config = folder / "softhsm2.conf"
        config.write_text(f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment = {"SOFTHSM2_CONF": str(config)}
        self.secrets = (self.pin,)

    def __enter__(self):
        self.tool("--init-token", "--free", "--label", "hsm", "--pin", self.pin, "--so-pin", "135792468")
        return self

    def __exit__(self, *_):
        pass

    def tool(self, *arguments):
        command = ["softhsm2-util", *arguments]
        subprocess.run(command, check=True, capture_output=True, timeout=30, env=environment(**self.environment))

    def seal(self, key="sts"):
        return f"kind: pkcs11, module: {MODULE}, token: hsm, key: {key}, pin_file: {self.pin_file}"

    @contextmanager
    def outage(self):
        """Nobody who starts finds the token, and who has it cannot reach its keys."""
        away = self._folder / "away"
        self.tokens.rename(away)
        self.tokens.mkdir()
        try:
            yield
        finally:
            self.tokens.rmdir()
            away.rename(self.tokens)


class Transit(OpenBao):
    """OpenBao with two keys of its transit engine, and a token that may use both."""

    kind = "transit"
    environment = {}

    def __init__(self, folder):
        super().__init__(folder)
        self.token_file = folder / "token"

    def __enter__(self):
        super().__enter__()
        self.ready()
        return self

    def _set_up(self):
        self._operate("sys/mounts/transit", {"type": "transit"})
        for key in ("sts", "other"):
            self._operate(f"transit/keys/{key}", {"type": "aes256-gcm96"})
        self._operate("sys/policies/acl/seal", {"policy": MAY_SEAL})
        made = self._operate("auth/token/create", {"policies": ["seal"]})
        self.token_file.write_text(made["auth"]["client_token"] + "\n")
        self.secrets = (made["auth"]["client_token"],)

    def seal(self, key="sts"):
        url = self._api.removesuffix("/v1")
        return f"kind: transit, url: '{url}', key: {key}, token_file: {self.token_file}"


class Kms:
    """The emulator of AWS KMS; it checks signatures and what its user may do. Its keys are in its memory."""

    kind = "aws_kms"
    environment = {}

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir()
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.credentials_file = folder / "credentials"
        self.process = None

    def __enter__(self):
        self.process = Child([MOTO, "-p", str(self._port)], self._folder / "logs")
        self.process.wait_ready(self._answers, "the emulator answers", seconds=30)
        for alias in ("alias/sts", "alias/other"):
            key = json.loads(self._kms("CreateKey", {}))["KeyMetadata"]["KeyId"]
            self._kms("CreateAlias", {"AliasName": alias, "TargetKeyId": key})
        allowed = {"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self._iam("CreateUser")
        self._iam("PutUserPolicy", PolicyName="seal", PolicyDocument=policy)
        made = self._iam("CreateAccessKey")
        self.id, self.secret = (between(made, name) for name in ("AccessKeyId", "SecretAccessKey"))
        self.secrets = (self.secret,)
        self.write_credentials(self.secret)
        # From here on every call is checked.
        self._call("moto", "/moto-api/reset-auth", {"Content-Type": "text/plain"}, "0")
        return self

    def __exit__(self, *_):
        self.process.stop()

    def write_credentials(self, secret):
        text = f"[default]\naws_access_key_id = {self.id}\naws_secret_access_key = {secret}\n"
        self.credentials_file.write_text(text)

    def seal(self, key="sts"):
        return (
            f"kind: aws_kms, key_id: alias/{key}, region: eu-central-1, endpoint: '{self.url}', "
            f"credentials_file: {self.credentials_file}"
        )

    @contextmanager
    def outage(self):
        """It takes connections and says nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def _answers(self):
        try:
            return http.request("GET", self.url + "/moto-api/", timeout=2).status == 200
        except OSError:
            return False

    def _kms(self, operation, body):
        headers = {"X-Amz-Target": f"TrentService.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        return self._call("kms", "/", headers, json.dumps(body))

    def _iam(self, action, **parameters):
        body = {"Version": "2010-05-08", "Action": action, "UserName": "sts", **parameters}
        return self._call("iam", "/", {"Content-Type": http.FORM}, urlencode(body))

    def _call(self, service, path, headers, body):
        scope = f"AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=x"
        answer = http.request("POST", self.url + path, body, {**headers, "Authorization": scope})
        assert answer.status == 200, answer.body
        return answer.body.decode()


def between(text, tag):
    return text.split(f"<{tag}>")[1].split(f"</{tag}>")[0]


KEEPERS = {keeper.kind: keeper for keeper in (KeyFile, SoftHsm, Transit, Kms)}
