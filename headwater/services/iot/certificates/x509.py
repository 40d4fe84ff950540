"""X.509 certificates as a pure matter: reading, making and comparing them. Everything in and out is PEM text.

A certificate's id is the SHA-256 of its DER, in hexadecimal, as AWS's.
https://docs.aws.amazon.com/iot/latest/developerguide/x509-client-certs.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

# devices compare it with the machine's time, wherever our clock stands; the end is that of AWS's own
_VALID = datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
_SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AWS IoT Certificate")])
_ISSUER = x509.Name(
    [
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Amazon Web Services"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Amazon.com Inc."),
        x509.NameAttribute(NameOID.LOCALITY_NAME, "Seattle"),
        x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, "Washington"),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
    ]
)
_SMALLEST_RSA = 2048
_CURVES = ("secp256r1", "secp384r1", "secp521r1")


class Invalid(Exception):
    """What is no certificate or request that AWS IoT would take; the text says why."""


class KeyPair(NamedTuple):
    private: str
    public: str


def make_keys() -> KeyPair:
    """An RSA pair of 2048 bits; it takes some 50 ms."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return KeyPair(private.decode(), public.decode())


def make_authority() -> tuple[str, str]:
    """A private key and its certificate, which may sign others."""
    keys = make_keys()
    key = _rsa(keys.private)
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    builder = _builder(_ISSUER, key.public_key()).add_extension(constraints, critical=True)
    return keys.private, pem_of(builder.sign(key, SHA256()))


def issue(authority_key: str, authority: str, private_key: str) -> str:
    """A certificate for a pair of keys that we have made."""
    return _issue(authority_key, authority, _SUBJECT, _rsa(private_key).public_key())


def issue_for_request(authority_key: str, authority: str, request: str) -> str:
    """A certificate for what a certificate signing request asks, with its subject."""
    try:
        asked = x509.load_pem_x509_csr(request.encode())
        key, is_signed = asked.public_key(), asked.is_signature_valid
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Invalid("The certificate signing request could not be parsed.") from error
    if not is_signed:
        raise Invalid("The signature of the certificate signing request is not valid.")
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or not _is_strong(key):
        raise Invalid("The key must be RSA of at least 2048 bits, or of the curves NIST P-256, P-384 or P-521.")
    return _issue(authority_key, authority, asked.subject, key)


def _issue(
    authority_key: str, authority: str, subject: x509.Name, public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
) -> str:
    signer, issuer = _rsa(authority_key), x509.load_pem_x509_certificate(authority.encode())
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = _builder(subject, public, issuer.subject)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(x509.KeyUsage(digital_signature=True, **usage), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    return pem_of(builder.sign(signer, SHA256()))


def _builder(
    subject: x509.Name, public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, issuer: x509.Name | None = None
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer or subject).public_key(public)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(_VALID[0]).not_valid_after(_VALID[1])
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _rsa(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _is_strong(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bool:
    return key.key_size >= _SMALLEST_RSA if isinstance(key, rsa.RSAPublicKey) else key.curve.name in _CURVES


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def load(pem: str) -> x509.Certificate:
    """The first certificate in a text; `Invalid` where it has none."""
    try:
        return x509.load_pem_x509_certificate(pem.encode())
    except ValueError as error:
        raise Invalid("The certificate could not be parsed.") from error


def id_of(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(SHA256()).hex()


def validity_of(pem: str) -> tuple[int, int]:
    """Not before and not after, in milliseconds."""
    certificate = load(pem)
    times = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return int(times[0].timestamp() * 1000), int(times[1].timestamp() * 1000)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may sign others."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return constraints.ca


def is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def common_name(certificate: x509.Certificate) -> str | None:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else None


_ATTRIBUTES = {
    "CommonName": NameOID.COMMON_NAME,
    "Country": NameOID.COUNTRY_NAME,
    "State": NameOID.STATE_OR_PROVINCE_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "DistinguishedNameQualifier": NameOID.DN_QUALIFIER,
    "SerialNumber": NameOID.SERIAL_NUMBER,
    "Title": NameOID.TITLE,
    "Surname": NameOID.SURNAME,
    "GivenName": NameOID.GIVEN_NAME,
    "Initials": NameOID.INITIALS,
    "Pseudonym": NameOID.PSEUDONYM,
    "GenerationQualifier": NameOID.GENERATION_QUALIFIER,
}


def variables_of(pem: str) -> dict[str, str]:
    """What policies call `iot:Certificate.…`; of an attribute that is there more than once, the first.

    https://docs.aws.amazon.com/iot/latest/developerguide/cert-policy-variables.html
    """
    certificate = load(pem)
    variables = {"iot:Certificate.SerialNumber": str(certificate.serial_number)}
    for owner, name in (("Subject", certificate.subject), ("Issuer", certificate.issuer)):
        for attribute, oid in _ATTRIBUTES.items():
            values = name.get_attributes_for_oid(oid)
            if values:
                variables[f"iot:Certificate.{owner}.{attribute}"] = str(values[0].value)
    return variables
