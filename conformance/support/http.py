"""Plain HTTP: one connection a request, no proxy, no redirect, no second try."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
TOKEN_TYPES = "urn:ietf:params:oauth:token-type:"
DEPLOY = "https://deploy.example.com"
TWIN = "https://twin.example.com"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        return self.json()["reason"]

    @property
    def token(self):
        assert self.status == 200, self.body
        return self.json()["access_token"]


def request(method, url, body=None, headers=None, timeout=15):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def get(url):
    return request("GET", url)


def members(token, audience=DEPLOY, **changes):
    """The members of an exchange; None deletes one."""
    usual = {
        "grant_type": GRANT_TYPE,
        "subject_token": token,
        "subject_token_type": TOKEN_TYPES + "jwt",
        "audience": audience,
    }
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


def post(url, pairs, headers=None):
    """Posts a form of pairs, in their order, so that names may repeat."""
    body = urlencode(list(pairs)).encode()
    return request("POST", url + "/token", body, {"Content-Type": FORM, **(headers or {})})


def exchange(url, token, audience=DEPLOY, headers=None, **changes):
    return post(url, members(token, audience, **changes).items(), headers)


def post_json(url, document, path="/token"):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return request("POST", url + path, body, {"Content-Type": "application/json"})
