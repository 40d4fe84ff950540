"""The authority that vouches for this server: one of the user's own machine, kept in a folder.

Who trusts its certificate (`ca.pem`) can connect. Its key signs nothing but certificates of this server.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

CERTIFICATE, _KEY, _SERVER = "ca.pem", "ca.key", "server.pem"
# what no client can be told to call, it need not be vouched for
NAMES = (
    "localhost",
    "*.localhost",
    "localhost.localstack.cloud",
    "*.localhost.localstack.cloud",
    "host.docker.internal",
    "127.0.0.1",
    "::1",
)
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
# clients compare it with the machine's time, wherever our clock stands; Apple's take no more than 825 days
_AUTHORITY_DAYS, _SERVER_DAYS = 3650, 820


def is_host_name(name: str) -> bool:
    """Whether a certificate can be issued for it."""
    return _HOST_NAME.fullmatch(name) is not None


class Authority:
    """Reads its key and certificate from a folder, and makes them where they are not there."""

    def __init__(self, folder: Path) -> None:
        # cryptography takes 80 ms to import, and few clouds have TLS
        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / CERTIFICATE
        self._server = folder / _SERVER
        key = folder / _KEY
        if not (key.exists() and self.path.exists()):
            made = generate_private_key(SECP256R1())
            _write(key, _pem_of_key(made))
            _write(self.path, _authority_certificate(made), 0o644)
        self._key: EllipticCurvePrivateKey = load_pem_private_key(key.read_bytes(), None)  # type: ignore[assignment]
        self.pem = self.path.read_bytes()
        self._certificate = x509.load_pem_x509_certificate(self.pem)
        self._server_key = generate_private_key(SECP256R1())

    def issue(self, names: Iterable[str]) -> Path:
        """A file of the server's key and a certificate for host names and addresses; the next takes its place."""
        from cryptography import x509
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509.oid import ExtendedKeyUsageOID

        public = self._server_key.public_key()
        builder = _builder("Headwater", self._certificate.subject, _SERVER_DAYS).public_key(public)
        for extension, critical in (
            (x509.SubjectAlternativeName([_general_name(name) for name in names]), False),
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False),
            (x509.SubjectKeyIdentifier.from_public_key(public), False),
        ):
            builder = builder.add_extension(extension, critical)
        certificate = builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
        _write(self._server, _pem_of_key(self._server_key) + certificate + self.pem)
        return self._server


def _authority_certificate(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    name = _name("Headwater on this machine")
    builder = _builder("Headwater on this machine", name, _AUTHORITY_DAYS).public_key(key.public_key())
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **usage), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def _builder(common_name: str, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    from cryptography import x509

    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(_name(common_name)).issuer_name(issuer)
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=days))


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem_of_key(key: EllipticCurvePrivateKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all; for the user alone to read unless ``mode`` says otherwise."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    beside.replace(path)
