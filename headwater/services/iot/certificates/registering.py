"""Certificates that others have made: registered with their authority, or on their own.

https://docs.aws.amazon.com/iot/latest/developerguide/register-device-cert.html
"""

from __future__ import annotations

from cryptography.x509 import Certificate as Parsed

from headwater.services.iot.certificates import tables
from headwater.services.iot.certificates.certificate import Certificate, certificate_arn, chosen, readable
from headwater.services.iot.certificates.certificates import keep_certificate
from headwater.services.iot.certificates.trust import tell_trusted
from headwater.services.iot.certificates.x509 import id_of, is_signed_by, load
from headwater.services.iot.errors import already_exists
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_STATUSES = ("ACTIVE", "INACTIVE", "REVOKED")


@operation("iot", "RegisterCertificate")
def register_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificate.html"""
    parsed: Parsed = readable(lambda: load(request["certificatePem"]))
    signers = [(ca, mode) for ca, mode, pem in _authorities(call, parsed) if is_signed_by(parsed, load(pem))]
    if request.get("caCertificatePem"):
        wanted = id_of(readable(lambda: load(request["caCertificatePem"])))
        signers = [signer for signer in signers if signer[0] == wanted]
    if not signers:
        message = "The certificate was not signed by a CA certificate that is registered and ACTIVE."
        raise AwsError("CertificateValidationException", message)
    if len({ca for ca, _ in signers}) > 1:
        message = "Unable to verify the certificate with the CA certificates of its issuer: name one of them."
        raise AwsError("CertificateConflictException", message, 409)
    default = "ACTIVE" if request.get("setAsActive") else "INACTIVE"
    return _register(call, request, parsed, default, *signers[0])


@operation("iot", "RegisterCertificateWithoutCA")
def register_certificate_without_ca(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCertificateWithoutCA.html"""
    parsed: Parsed = readable(lambda: load(request["certificatePem"]))
    return _register(call, request, parsed, "INACTIVE", None, "SNI_ONLY")


def _register(call: Call, request: Request, parsed: Parsed, default: str, ca: str | None, mode: str) -> Result:
    identity, status = id_of(parsed), chosen(request, "status", _STATUSES, default)
    arn = certificate_arn(call, identity)
    if call.store.one(tables.CERTIFICATE, (call.account, call.region, identity)) is not None:
        raise already_exists("The certificate is already provisioned or registered", identity, arn)
    pem = request["certificatePem"]
    keep_certificate(call, identity, Certificate(status, mode, pem, ca, call.now, call.now, 1), issued_here=False)
    tell_trusted(call, pem)
    return {"certificateArn": arn, "certificateId": identity}


def _authorities(call: Call, certificate: Parsed) -> list[tuple[str, str, str]]:
    """Id, mode and PEM of the authorities that bear the issuer's name."""
    found = call.store.all(tables.CA_CERTIFICATES, (call.account, call.region))
    return [(ca, mode, pem) for ca, mode, pem in found if load(pem).subject == certificate.issuer]
