"""Servers that share a store."""

import shutil
from contextlib import contextmanager

from support import http
from support.postgres import PASSWORD
from support.server import Server

OURS = "https://sts.test"


class Replica(Server):
    """One of several: the same issuer, documents and key-encryption key, and folders of its own."""

    def __init__(self, folder, issuer, url, kek, more=""):
        super().__init__(folder, issuer)
        (folder / "password").write_text(PASSWORD + "\n")
        text = self.config.read_text()
        store = f'store: {{url: "{url}", password_file: password{more}}}'
        text = text.replace('store: {url: "sqlite:state/sts.db"}', store).replace("key_file: kek", f"key_file: {kek}")
        self.config.write_text(text.replace(f"issuer: {self.url}\n", f"issuer: {OURS}\n"))

    def mint(self, claims=None, headers=None, key=None):
        return self.issuer.mint(OURS, claims, headers, key)

    def digest(self):
        return http.get(self.url + "/readyz").json()["snapshot"]


class Replicas:
    """All on one database."""

    def __init__(self, folder, issuer, postgres):
        self._folder, self._issuer, self._postgres = folder, issuer, postgres
        self.database = postgres.create()

    def url(self, port=None, host="127.0.0.1", more=""):
        return f"postgres://tester@{host}:{port or self._postgres.port}/{self.database}{more}"

    def make(self, name, url=None, more=""):
        """One that does not run yet."""
        return Replica(self._folder / name, self._issuer, url or self.url(), self._folder / "kek", more)

    @contextmanager
    def two(self):
        with self.make("one") as one, self.make("other") as other:
            yield one, other

    def sql(self, statement):
        return self._postgres.sql(statement, self.database)

    @staticmethod
    def copy_documents(one, other):
        for name in ("policies", "trust-bundles"):
            shutil.rmtree(other.folder / name)
            shutil.copytree(one.folder / name, other.folder / name)
