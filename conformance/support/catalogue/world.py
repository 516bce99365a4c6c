"""One server that trusts the sample's issuer, one of every algorithm, and the platforms' bundles."""

from support import documents, jws
from support.catalogue import bundles, platforms
from support.catalogue.tenant import Quiet, Tenant
from support.issuer import KID, Issuer
from support.server import Server
from support.signers import NEW, jwk

# The algorithm that an issuer signs with, its kind of key, and what else it publishes.
SIGNS = {
    "es256": ("ES256", "P-256"),
    "es256-by-text": ("ES256", "P-256"),
    "es384": ("ES384", "P-384"),
    "ps256": ("PS256", "RSA"),
    "eddsa": ("EdDSA", "Ed25519"),
    "mixed": ("RS256", "RSA"),
}
BESIDE = ["P-256", "P-384", "secp256k1", "Ed25519", "Ed448", "X25519"]


class World(Server):
    """Its tenants sign with keys of their own; all RSA keys but the sample's are one."""

    def __init__(self, folder, issuer):
        super().__init__(folder, issuer)
        self.keys_of = {kind: make() for kind, make in NEW.items()}
        self.canary = Issuer()
        self.tenants = {}
        for name, how in bundles.OWN.items():
            self._add(name, bundles.own(name, **how))
        for name, pins in bundles.SHIPPED.items():
            self._add(name, bundles.shipped(name, pins))

    def _add(self, name, files):
        documents.write(self.folder, files)
        text = files[f"trust-bundles/{name}/bundle.yaml"]
        algorithm, kind = SIGNS.get(name, ("RS256", "RSA"))
        key = self.keys_of[kind]
        claims = platforms.CLAIMS.get(name)
        issuer = Quiet(bundles.value(text, "issuer"), key, algorithm, claims)
        audience = self.url if "\naudiences:" not in text else bundles.value(text, "audiences").strip('[]"')
        self.tenants[name] = Tenant(audience, issuer)
        usage = "jwt-svid" if name == "spiffe" else "sig"
        published = [jwk(key, KID, alg=algorithm, use=usage)]
        published += [jwk(self.keys_of[other], other) for other in BESIDE if name == "mixed"]
        (self.folder / f"trust-bundles/{name}/keys.json").write_bytes(jws.encode({"keys": published}))

    def __enter__(self):
        self.canary.__enter__()
        try:
            return super().__enter__()
        except BaseException:
            self.canary.__exit__()
            raise

    def __exit__(self, kind, *rest):
        self.canary.__exit__()
        super().__exit__(kind, *rest)
