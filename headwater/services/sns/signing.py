"""Signatures that HTTP endpoints can verify, with a key of this cloud's own.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from headwater.services.sns import tables
from headwater.spine.operations import Call, Request, Result, operation

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
# receivers compare it with the machine's time, wherever our clock stands
_VALID = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)


class Signer:
    """The private key in hand, and the certificate (PEM) of its public half."""

    def __init__(self, private_key: str, certificate: str) -> None:
        # cryptography takes 80 ms to import, and few clouds have HTTP subscribers
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        self._key: RSAPrivateKey = load_pem_private_key(private_key.encode(), None)  # type: ignore[assignment]
        self.certificate = certificate

    def sign(self, members: Mapping[str, str], version: str) -> str:
        """The signature of a message; version 1 is SHA-1, 2 is SHA-256."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256

        names = [name for name in _SIGNED[members["Type"]] if members.get(name) is not None]
        text = "".join(f"{name}\n{members[name]}\n" for name in names)
        return b64encode(self._key.sign(text.encode(), PKCS1v15(), SHA1() if version == "1" else SHA256())).decode()


def find_signer(call: Call) -> Signer:
    """This cloud's signer; its key is made when it is first needed, and kept."""
    if call.memory.signer is None:
        row = call.store.one(tables.FIND_SIGNING_KEY)
        if row is None:
            row = _make_key()
            call.store.run(tables.INSERT_SIGNING_KEY, row)
        call.memory.signer = Signer(*row)
    signer: Signer = call.memory.signer
    return signer


def _make_key() -> tuple[str, str]:
    """A private key and its self-signed certificate, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    certificate = builder.not_valid_before(_VALID[0]).not_valid_after(_VALID[1]).sign(key, SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), certificate.public_bytes(Encoding.PEM).decode()


def certificate_url(call: Call) -> str:
    """By https where that is spoken: what verifies signatures insists on it."""
    return f"{call.secure_endpoint or call.endpoint}/SimpleNotificationService.pem"


@operation("sns", "GetSigningCertificate", internal=True)
def get_signing_certificate(call: Call, request: Request) -> Result:
    """The certificate that ``SigningCertURL`` names, as PEM."""
    return {"Certificate": find_signer(call).certificate}
