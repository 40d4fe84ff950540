"""Certificates as users make them, with keys of an elliptic curve, which are quickly made."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_VALID = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 1, 1, tzinfo=UTC)


class Made(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @property
    def id(self) -> str:
        return self.certificate.fingerprint(SHA256()).hex()


def made(common_name: str, by: Made | None = None, ca: bool = False) -> Made:
    """A certificate, signed by another or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = by.certificate.subject if by is not None else _name(common_name)
    builder = x509.CertificateBuilder().subject_name(_name(common_name)).issuer_name(issuer)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(_VALID[0]).not_valid_after(_VALID[1])
    builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    return Made(builder.sign(by.key if by is not None else key, SHA256()), key)


def request(common_name: str) -> tuple[str, ec.EllipticCurvePrivateKey]:
    """A certificate signing request, and the key that it is of."""
    key = ec.generate_private_key(ec.SECP256R1())
    asked = x509.CertificateSigningRequestBuilder().subject_name(_name(common_name)).sign(key, SHA256())
    return asked.public_bytes(Encoding.PEM).decode(), key


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
