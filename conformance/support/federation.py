"""A server that trusts many issuers: each has a bundle, an audience and a policy of its own."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field

from support import documents, http
from support.server import Server

BY_DISCOVERY = "{discovery: true}"
POLICY = """\
apiVersion: sts/v1
kind: TrustPolicy
metadata: {{name: {name}, owner: team-shop}}
trust_bundle: {name}
pins: {{repository_owner_id: "65", repository_id: "74", environment: production}}
conditions: [{{id: push-event, expr: "assertion.event_name == 'push'"}}]
grant:
  audience: https://deploy.example.com
  subject: "subject('gha', assertion.repository_id, assertion.environment)"
  scopes: ["deploy:shop"]
  ttl: {{max: 10m}}
"""


@dataclass
class Member:
    """An issuer, and what its bundle says of its keys; two bundles may have one issuer."""

    issuer: object
    keys: str = BY_DISCOVERY
    bundle: str = ""
    audience: str = ""


@dataclass(frozen=True)
class Outcome:
    """An exchange, and what its issuer had seen until its answer was there."""

    answer: http.Answer
    seconds: float
    connections: int
    requests: list = field(default_factory=list)


class Federation(Server):
    """`members` by any name; their issuers, and `bystanders` in no bundle, run as long as the server does."""

    def __init__(self, folder, issuer, members):
        super().__init__(folder, issuer)
        self.members = members
        self.bystanders = []
        self._running = ExitStack()
        for index, member in enumerate(members.values()):
            member.bundle = f"member-{index}"
            member.audience = f"https://sts.example.com/{member.bundle}"
        documents.write(folder, self._documents())

    def _documents(self):
        files = {}
        for member in self.members.values():
            bundle = documents.bundle(member.bundle, member.issuer.url, member.keys)
            bundle += f"audiences: ['{member.audience}']\n"
            files[f"trust-bundles/{member.bundle}/bundle.yaml"] = bundle
            files[f"policies/shop/{member.bundle}.yaml"] = POLICY.format(name=member.bundle)
        return files

    def _issuers(self):
        return [member.issuer for member in self.members.values()]

    def in_production(self):
        """Without `development`: TLS ends at a balancer, and no host of ours is special."""
        text = self.config.read_text()
        text = text.replace("development: true\n", "proxy: {trusted: [127.0.0.0/8]}\n")
        self.config.write_text(text.replace(f"issuer: {self.url}\n", "issuer: https://sts.example.com\n"))
        return self

    def __enter__(self):
        with ExitStack() as running:
            for issuer in dict.fromkeys([*self.bystanders, *self._issuers()]):
                running.enter_context(issuer)
            self.start()
            self._running = running.pop_all()
        return self

    def __exit__(self, kind, *rest):
        with self._running:
            super().__exit__(kind, *rest)

    def token(self, name, **changes):
        member = self.members[name]
        return member.issuer.mint(member.audience, **changes)

    def try_token(self, token):
        """The answer, and the seconds that it took."""
        begin = time.monotonic()
        answer = http.exchange(self.url, token)
        return answer, time.monotonic() - begin

    def ask(self, name, **changes):
        """An exchange of a fresh token."""
        answer, _ = self.try_token(self.token(name, **changes))
        return answer

    def observe(self, name, **changes):
        answer, seconds = self.try_token(self.token(name, **changes))
        issuer = self.members[name].issuer
        return Outcome(answer, seconds, issuer.connections(), list(issuer.requests))
