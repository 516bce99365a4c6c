"""Certificates of an authority of our own, right and wrong in one way each."""

import socket
import ssl
import warnings
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

NAMES = ["localhost"]
ADDRESSES = ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::ffff:127.0.0.1"]
DAY = timedelta(days=1)


class Authority:
    """Signs what it is asked to; `ca_file` is what a trust bundle lists."""

    def __init__(self, folder, name):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name, self._key, self._count = folder, name, new_key(), 0
        self._certificate = build(name, self._key, name, self._key, authority=True)
        self.ca_file = folder / f"{name}.pem"
        self.ca_file.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    def server(self, self_signed=False, **changes):
        """A server's TLS, with a certificate of ours or, as a stranger's would be, of its own."""
        key = new_key()
        by, signer = ("localhost", key) if self_signed else (self._name, self._key)
        return self._context(build("localhost", key, by, signer, **changes), key)

    def _context(self, certificate, key):
        self._count += 1
        file = self._folder / f"{self._name}-{self._count}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def new_key():
    return ec.generate_private_key(ec.SECP256R1())


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def build(name, key, by, signer, authority=False, begins=-DAY, ends=DAY, names=NAMES, addresses=ADDRESSES):
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(named(by), named(name), key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now + begins).not_valid_after(now + ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    if not authority:
        other = [x509.DNSName(one) for one in names] + [x509.IPAddress(ip_address(one)) for one in addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(other), critical=False)
    return builder.sign(signer, hashes.SHA256())


def only(context, version):
    """The same TLS in one version, however old: Python warns of those that we mean to be refused."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore"):
        context.minimum_version = context.maximum_version = version
    return context


def speaks(place, version):
    """Whether a client that takes anything can reach such a server here at all."""
    client = only(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), version)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection(place, timeout=5) as plain, client.wrap_socket(plain):
            return True
    except OSError:
        return False
