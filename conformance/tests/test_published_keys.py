"""One entry of a key set that is odd, beside one that is good: it spoils no other, and verifies nothing."""

import pytest

from support import documents, jws
from support.answers import assert_token_rejected
from support.catalogue import bundles
from support.catalogue.line import accepted, refused
from support.catalogue.sections import KEY_TABLES
from support.catalogue.tenant import Quiet, Tenant
from support.issuer import KID
from support.server import Server
from support.signers import NEW, jwk, sign

ROWS = [*refused(KEY_TABLES), *accepted(KEY_TABLES)]


class KeyWorld(Server):
    """For each case an issuer whose key set is a file: that entry, and a good one."""

    def __init__(self, folder, issuer):
        super().__init__(folder, issuer)
        self.keys_of = {**{kind: make() for kind, make in NEW.items()}, "other RSA": jws.new_key()}
        self.good = jws.new_key()
        self.cases = {row.id: self._publish(f"keys-{at}", *row.values) for at, row in enumerate(ROWS)}

    def _publish(self, name, make):
        entries, key, algorithm = make(self.keys_of)
        documents.write(self.folder, bundles.own(name, "RS256, ES256, ES384, EdDSA"))
        published = jws.encode({"keys": [*entries, jwk(self.good, KID, alg="RS256")]})
        (self.folder / f"trust-bundles/{name}/keys.json").write_bytes(published)
        tenant = Tenant(self.url, Quiet(bundles.issuer_of(name), self.good))
        return tenant, key, algorithm

    def odd(self, case):
        """A token of the odd key."""
        tenant, key, algorithm = self.cases[case]
        header, payload, _ = tenant.mint(headers={"kid": "odd", "alg": algorithm}).split(".")
        return jws.join(header, payload, lambda text: sign(algorithm, key, text))

    def usual(self, case):
        return self.cases[case][0].mint()


@pytest.fixture(scope="module")
def keys(issuer, tmp_path_factory):
    with KeyWorld(tmp_path_factory.mktemp("keys"), issuer) as running:
        yield running


def by_id(rows):
    return pytest.mark.parametrize("case", [pytest.param(row.id, id=row.id) for row in rows])


@by_id(refused(KEY_TABLES))
def test_an_odd_entry_verifies_nothing_and_spoils_no_other(keys, case):
    assert_token_rejected(keys.exchange(keys.odd(case)))
    assert keys.exchange(keys.usual(case)).status == 200


@by_id(accepted(KEY_TABLES))
def test_a_sound_entry_verifies_whatever_is_beside_it(keys, case):
    assert keys.exchange(keys.odd(case)).status == 200
    assert keys.exchange(keys.usual(case)).status == 200
