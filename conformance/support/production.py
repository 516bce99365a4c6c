"""A server outside development, where TLS and the addresses of issuers matter."""

import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from support import faults, jws, lies
from support.certificates import Authority, only
from support.federation import Federation, Member
from support.hostile_issuer import HANDSHAKE, HostileIssuer, response
from support.issuer import DISCOVERY, KEYS

HOUR = timedelta(hours=1)
LOOPBACK = "network: [127.0.0.0/8]"
ELSEWHERE = "network: [10.0.0.0/8]"
FAR = "hosts: ['127.0.0.2'], network: "

# A host that leads here, what a bundle may say without reaching it, and what it must say.
HOSTS = {
    "a name": ("localhost", "", LOOPBACK),
    "a name in hosts": ("localhost", "hosts: [localhost]", LOOPBACK),
    "a name and another network": ("localhost", ELSEWHERE, LOOPBACK),
    "an address": ("127.0.0.1", "", LOOPBACK),
    "an address in hosts": ("127.0.0.1", "hosts: ['127.0.0.1']", LOOPBACK),
    "an address and another network": ("127.0.0.1", ELSEWHERE, LOOPBACK),
    "an address as a number": ("2130706433", "", LOOPBACK),
    "an address in octal": ("0177.0.0.1", "", LOOPBACK),
    "an address in hexadecimal": ("0x7f.0.0.1", "", LOOPBACK),
    "a short address": ("127.1", "", LOOPBACK),
    "no address": ("0.0.0.0", LOOPBACK, "network: [0.0.0.0/32]"),
    "a mapped address": ("[::ffff:127.0.0.1]", "", LOOPBACK),
    "a mapped address in hexadecimal": ("[::ffff:7f00:1]", "network: ['::1/128']", LOOPBACK),
}

UNTRUSTED = {
    "self-signed": dict(self_signed=True),
    "expired": dict(begins=-2 * HOUR, ends=-HOUR),
    "not yet valid": dict(begins=HOUR),
    "for another name": dict(names=["localhost.example.com"]),
    "for a name within its name": dict(names=["*.localhost"]),
    "for an address alone": dict(names=[]),
}

NO_TLS = {
    "silence": faults.SILENCE,
    "a byte a second": faults.lasting(b"\x16", 1),
    "a record a second": faults.lasting(b"\x16\x03\x03\x00\x01\x02", 1),
    "plain http": faults.sends(response(b"{}")),
    "an alert": faults.sends(b"\x15\x03\x03\x00\x02\x02\x28"),
    "no answer": faults.sends(),
}

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
OLD = ssl.TLSVersion.TLSv1_1


class Production(Federation):
    """All of this at one server. What takes long is asked at once; `outcomes` says how it went."""

    def __init__(self, folder):
        self.key, self.outcomes = jws.new_key(), {}
        self.ours, self.theirs = (Authority(folder / "tls", name) for name in ("ours", "theirs"))
        self.good = self.ours.server()
        self.elsewhere, self.plain = self._issuer("127.0.0.2", address="127.0.0.2"), self._issuer(tls=None)
        super().__init__(folder, self._issuer(), {**self._hosts(), **self._tls(), **self._keys()})
        self.bystanders = [self.elsewhere, self.plain]
        self.in_production()

    def _issuer(self, host="localhost", **changes):
        return HostileIssuer(self.key, host=host, **{"tls": self.good, **changes})

    def _member(self, issuer, more=LOOPBACK, authority="ours"):
        file = {"ours": self.ours.ca_file, "theirs": self.theirs.ca_file}.get(authority)
        parts = ["discovery: true", f"ca_file: {file}" if file else "", more]
        return Member(issuer, f"{{{', '.join(part for part in parts if part)}}}")

    def _hosts(self):
        members = {}
        for name, (host, closed, opened) in HOSTS.items():
            issuer = self._issuer(host)
            members[name] = self._member(issuer, closed)
            members[f"{name}, opened"] = self._member(issuer, opened)
        return members

    def _tls(self):
        wrong = {name: dict(tls=self.ours.server(**changes)) for name, changes in UNTRUSTED.items()}
        none = {name: dict(faults={HANDSHAKE: fault}) for name, fault in NO_TLS.items()}
        versions = {name: dict(tls=only(self.ours.server(), one)) for name, one in {**VERSIONS, "1.1": OLD}.items()}
        theirs = self._issuer(tls=self.theirs.server())
        authorities = {
            f"authority {name}": self._member(theirs, authority=name) for name in ("ours", "theirs", "public")
        }
        issuers = {name: self._issuer(**how) for name, how in {**wrong, **none, **versions}.items()}
        return {**{name: self._member(issuer) for name, issuer in issuers.items()}, **authorities}

    def _keys(self):
        far = self._issuer(faults={DISCOVERY: lies.at(self.elsewhere.url + KEYS)})
        bare = self._issuer(faults={DISCOVERY: lies.at(self.plain.url + KEYS)})
        return {
            "keys elsewhere": self._member(far, FAR + "[127.0.0.1/32]"),
            "keys elsewhere, opened": self._member(far, FAR + "[127.0.0.0/8]"),
            "keys by plain http": self._member(bare, f"hosts: [localhost], {LOOPBACK}"),
        }

    def ask_the_untrusted(self):
        names = [*NO_TLS, *UNTRUSTED]
        with ThreadPoolExecutor(len(names)) as pool:
            self.outcomes = dict(zip(names, pool.map(self.observe, names), strict=True))
