"""What is true of every answer of the token endpoint."""

import re

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")
CANARY = "xyzzycanary"


def assert_not_stored(answer):
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


def assert_refused(answer, status, error, reason):
    assert_error(answer, status, error, reason)
    assert answer.json()["retryable"] is False
    assert "Retry-After" not in answer.headers


def assert_unavailable(answer):
    """Our own outage: it says when to come back, and never that the token was bad."""
    assert_error(answer, 503, "temporarily_unavailable", "unavailable")
    assert answer.json()["retryable"] is True
    # An issuer that failed is not asked again before.
    assert answer.headers["Retry-After"] == "10"


def assert_token_rejected(answer):
    assert_refused(answer, 400, "invalid_request", "subject_token_rejected")


def assert_error(answer, status, error, reason):
    body = answer.json()
    assert (answer.status, body["error"], body["reason"]) == (status, error, reason), body
    assert_not_stored(answer)
    assert DESCRIPTION.fullmatch(body["error_description"])
    assert UUID7.fullmatch(body["decision_id"])
    assert "access_token" not in body
    assert CANARY not in answer.body.decode() + str(answer.headers)
