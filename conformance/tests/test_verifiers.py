"""Libraries and clients that people use, as they are."""

import json
import os
import subprocess
from pathlib import Path

import google.auth.transport.requests
import jwt
import pytest
from google.auth import exceptions, identity_pool

from support import process
from support.http import DEPLOY, TOKEN_TYPES
from support.verifier import verify_with_pyjwt

OTHER = "https://other.example.com"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def verify_with_jose(server, token, audience):
    folder = Path(os.environ.get("STS_CONFORMANCE_NODE") or process.ROOT / "target/conformance/node")
    return subprocess.run(
        ["node", "verify.mjs", server.url, audience],
        input=token,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=30,
        env=process.environment(),
    )


def test_pyjwt_verifies_a_minted_token_for_its_audience_only(server):
    token = server.exchange().token
    assert verify_with_pyjwt(server, token, DEPLOY)["sub"] == "gha:74:production"
    with pytest.raises(jwt.InvalidAudienceError):
        verify_with_pyjwt(server, token, OTHER)


def test_jose_verifies_a_minted_token_for_its_audience_only(server):
    token = server.exchange().token
    accepted = verify_with_jose(server, token, DEPLOY)
    assert accepted.returncode == 0, accepted.stderr
    assert json.loads(accepted.stdout)["sub"] == "gha:74:production"
    refused = verify_with_jose(server, token, OTHER)
    assert refused.returncode == 1
    assert "ERR_JWT_CLAIM_VALIDATION_FAILED" in refused.stderr


def google_credentials(server, folder, token):
    source = folder / "token"
    source.write_text(token + "\n")
    info = {
        "type": "external_account",
        "audience": DEPLOY,
        "subject_token_type": TOKEN_TYPES + "jwt",
        "token_url": server.url + "/token",
        "credential_source": {"file": str(source)},
    }
    return identity_pool.Credentials.from_info(info, scopes=SCOPES)


def test_google_auth_exchanges_a_token_from_a_file(server, tmp_path):
    credentials = google_credentials(server, tmp_path, server.mint())
    credentials.refresh(google.auth.transport.requests.Request())
    assert verify_with_pyjwt(server, credentials.token, DEPLOY)
    assert credentials.valid


def test_google_auth_shows_our_description_of_a_denial(server, tmp_path):
    claims = {"ref": "refs/heads/x"}
    description = server.exchange(server.mint(claims)).json()["error_description"]
    credentials = google_credentials(server, tmp_path, server.mint(claims))
    with pytest.raises(exceptions.OAuthError) as refused:
        credentials.refresh(google.auth.transport.requests.Request())
    assert description in str(refused.value)
