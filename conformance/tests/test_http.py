"""How the token endpoint reads a request, and the documents beside it."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from support.answers import assert_refused
from support.http import DEPLOY, FORM, GRANT_TYPE, get, members, post, post_json, request

BODY_CAP = 64 * 1024


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_post_is_allowed(server, method):
    answer = request(method, server.url + "/token")
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", None])
def test_another_content_type_is_not_supported(server, kind):
    body = "&".join(f"{name}={value}" for name, value in members(server.mint()).items()).encode()
    headers = {"Content-Type": kind} if kind else {}
    assert request("POST", server.url + "/token", body, headers).status == 415


@pytest.mark.parametrize("kind", [FORM, FORM + "; charset=UTF-8", FORM.upper()])
def test_a_form_is_a_form_however_its_type_is_written(server, kind):
    assert server.exchange(headers={"Content-Type": kind}).status == 200


def test_a_json_body_is_equal_to_a_form(server):
    form, document = server.exchange(), post_json(server.url, members(server.mint()))
    assert document.status == 200
    assert sorted(document.json()) == sorted(form.json())
    denied = members(server.mint({"ref": "refs/heads/x"}))
    answer = post_json(server.url, denied)
    assert_refused(answer, 400, "invalid_request", "conditions_failed")


TWICE = json.dumps({"grant_type": GRANT_TYPE})[:-1] + f', "grant_type": "{GRANT_TYPE}"}}'


@pytest.mark.parametrize("body", [TWICE, "[]", '"x"', "{", "", '{"grant_type": 7}', "{} {}"])
def test_a_json_body_that_is_not_one_object_of_texts_is_malformed(server, body):
    answer = post_json(server.url, body.encode())
    assert_refused(answer, 400, "invalid_request", "malformed_request")


REPEATED = ["grant_type", "subject_token", "subject_token_type", "scope", "policy", "unknown"]


@pytest.mark.parametrize("name", REPEATED)
def test_a_parameter_sent_twice_is_malformed(server, name):
    usual = {"scope": "deploy:shop", "policy": "shop-deploy-prod", "unknown": "x"}
    pairs = list(members(server.mint(), **usual).items())
    again = (name, dict(pairs)[name])
    assert_refused(post(server.url, [*pairs, again]), 400, "invalid_request", "malformed_request")
    assert post(server.url, pairs).status == 200


@pytest.mark.parametrize("name", ["audience", "resource"])
def test_a_second_target_is_a_target_fault(server, name):
    pairs = [*members(server.mint(), audience=None).items(), (name, DEPLOY)]
    second = (name, "https://other.example.com")
    assert_refused(post(server.url, [*pairs, second]), 400, "invalid_target", "malformed_target")
    assert post(server.url, pairs).status == 200


@pytest.mark.parametrize("end", ["\n", "\r\n", " \t\n"])
def test_white_space_after_the_subject_token_is_dropped(server, end):
    assert server.exchange(server.mint() + end).status == 200
    answer = server.exchange(end + server.mint())
    assert_refused(answer, 400, "invalid_request", "subject_token_rejected")


def test_the_query_string_is_not_read(server):
    form = {"Content-Type": FORM}
    body = "&".join(f"{name}={value}" for name, value in members(server.mint(), None).items()).encode()
    answer = request("POST", f"{server.url}/token?audience={DEPLOY}", body, form)
    assert_refused(answer, 400, "invalid_request", "malformed_request")
    body += f"&audience={DEPLOY}".encode()
    answer = request("POST", f"{server.url}/token?scope=deploy:other&grant_type=x", body, form)
    assert answer.status == 200


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
def test_a_body_over_the_cap_is_too_large(server, chunked):
    def send(size):
        body = "&".join(f"{name}={value}" for name, value in members(server.mint()).items())
        body += "&filler="
        body = (body + "x" * (size - len(body))).encode()
        whole = (body[at : at + 8192] for at in range(0, size, 8192)) if chunked else body
        return request("POST", server.url + "/token", whole, {"Content-Type": FORM})

    assert_refused(send(BODY_CAP + 1), 413, "invalid_request", "too_large")
    assert send(BODY_CAP).status == 200


def test_a_token_over_the_cap_is_too_large(server):
    answer = server.exchange(server.mint({"filler": "x" * 16 * 1024}))
    assert_refused(answer, 413, "invalid_request", "too_large")
    assert server.exchange(server.mint({"filler": "x" * 8 * 1024})).status == 200


def test_both_discovery_documents_are_one_and_name_our_endpoints(server):
    paths = ["openid-configuration", "oauth-authorization-server"]
    openid, oauth = (get(f"{server.url}/.well-known/{path}") for path in paths)
    assert (openid.status, oauth.status) == (200, 200)
    document = openid.json()
    assert document == oauth.json()
    assert document["issuer"] == server.url
    assert document["jwks_uri"] == server.url + "/jwks"
    assert document["token_endpoint"] == server.url + "/token"
    assert document["grant_types_supported"] == [GRANT_TYPE]
    assert "ES256" in document["id_token_signing_alg_values_supported"]


def test_the_host_header_does_not_change_the_issuer(server):
    path = server.url + "/.well-known/openid-configuration"
    answer = request("GET", path, headers={"Host": "evil.example.com"})
    assert answer.json()["issuer"] == server.url


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/jwks"])
def test_a_running_server_answers(server, path):
    assert get(server.url + path).status == 200


def test_an_unknown_path_is_not_found(server):
    assert get(server.url + "/nothing").status == 404


TEXT, ODD = "conformance/1.0 (x)", b"caf\xe9\t\x80\xff"


@pytest.mark.parametrize(("sent", "kept"), [(TEXT.encode(), TEXT), (ODD, "caf\ufffd\t\ufffd\ufffd"), ("é".encode(), "é")])
def test_a_user_agent_is_recorded_whatever_its_bytes_and_decides_nothing(server, sent, kept):
    answer = server.exchange(headers={"User-Agent": sent})
    assert answer.status == 200, answer.body
    entry = server.ledger()[answer.json()["ledger_index"]]
    assert entry["request"]["user_agent"] == kept
    denied = server.exchange(server.mint({"ref": "refs/heads/x"}), headers={"User-Agent": sent})
    assert_refused(denied, 400, "invalid_request", "conditions_failed")


@pytest.mark.parametrize("byte", [0, 1, 0x7F])
def test_a_header_with_a_control_character_is_no_http(server, byte):
    """RFC 9112 §2.2 and RFC 9110 §5.5: there is no request to answer, and the connection ends."""
    head = b"POST /token HTTP/1.1\r\nHost: x\r\nUser-Agent: a" + bytes([byte]) + b"b\r\n\r\n"
    with socket.create_connection(urlsplit(server.url).netloc.split(":"), timeout=10) as connection:
        connection.sendall(head)
        answer = connection.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ") and b"connection: close" in answer.lower()
    assert server.exchange().status == 200
