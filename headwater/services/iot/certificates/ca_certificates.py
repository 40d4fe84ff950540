"""Authorities of users' own, by which their devices' certificates are registered.

https://docs.aws.amazon.com/iot/latest/developerguide/manage-your-CA-certs.html
"""

from __future__ import annotations

from typing import NamedTuple

import orjson
from cryptography.x509 import Certificate as Parsed

from headwater.services.iot.certificates import tables
from headwater.services.iot.certificates.certificate import check_id, chosen, described, page_of, readable
from headwater.services.iot.certificates.trust import tell_trusted
from headwater.services.iot.certificates.x509 import common_name, id_of, is_authority, is_signed_by, load
from headwater.services.iot.errors import already_exists, invalid_request, not_found
from headwater.services.iot.provisioning.just_in_time import checked_config
from headwater.services.iot.tags import forget_tags, set_tags
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_STATUSES = ("ACTIVE", "INACTIVE")
_REGISTRATION = ("ENABLE", "DISABLE")
_MODES = ("DEFAULT", "SNI_ONLY")
_CODE_LENGTH = 64


def _arn(call: Call, identity: str) -> str:
    return make_arn("iot", call.region, call.account, f"cacert/{identity}")


@operation("iot", "GetRegistrationCode")
def get_registration_code(call: Call, request: Request) -> Result:
    """What a verification certificate has as its common name; it stays the same.

    https://docs.aws.amazon.com/iot/latest/apireference/API_GetRegistrationCode.html
    """
    row = call.store.one(tables.REGISTRATION_CODE, (call.account, call.region))
    if row is None:
        row = (call.ids.token(_CODE_LENGTH, "0123456789abcdef"),)
        call.store.run(tables.INSERT_REGISTRATION_CODE, (call.account, call.region, *row))
    return {"registrationCode": row[0]}


@operation("iot", "DeleteRegistrationCode")
def delete_registration_code(call: Call, request: Request) -> Result:
    if not call.store.run(tables.DELETE_REGISTRATION_CODE, (call.account, call.region)):
        raise not_found("The registration code was not found")
    return {}


@operation("iot", "RegisterCACertificate")
def register_ca_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_RegisterCACertificate.html"""
    registration = checked_config(call, request)
    mode, pem = chosen(request, "certificateMode", _MODES, "DEFAULT"), request["caCertificate"]
    parsed: Parsed = readable(lambda: load(pem))
    if not is_authority(parsed):
        raise AwsError("CertificateValidationException", "The certificate is not a CA certificate.")
    _verify(call, request, parsed, mode)
    identity = id_of(parsed)
    call.span.subject = arn = _arn(call, identity)
    if call.store.one(tables.CA_CERTIFICATE, (call.account, call.region, identity)) is not None:
        raise already_exists("The CA certificate is already registered", identity, arn)
    status = "ACTIVE" if request.get("setAsActive") else "INACTIVE"
    registers = "ENABLE" if request.get("allowAutoRegistration") else "DISABLE"
    key = (call.new_id(), call.account, call.region, identity)
    row = (*key, status, mode, pem, registers, call.now, call.now, registration)
    call.store.run(tables.INSERT_CA_CERTIFICATE, row)
    set_tags(call, arn, request.get("tags") or ())
    tell_trusted(call, pem)
    return {"certificateArn": arn, "certificateId": identity}


def _verify(call: Call, request: Request, authority: Parsed, mode: str) -> None:
    """That whoever registers an authority has its key: it has signed a certificate with our registration code."""
    given = request.get("verificationCertificate")
    if mode == "SNI_ONLY":
        if given:
            raise invalid_request("verificationCertificate must be empty where certificateMode is SNI_ONLY.")
        return
    if not given:
        raise invalid_request("verificationCertificate is required where certificateMode is DEFAULT.")
    proof: Parsed = readable(lambda: load(given))
    if not is_signed_by(proof, authority):
        message = "The verification certificate was not signed by the CA certificate."
        raise AwsError("CertificateValidationException", message)
    code = call.store.one(tables.REGISTRATION_CODE, (call.account, call.region))
    if code is None or common_name(proof) != code[0]:
        message = "The common name of the verification certificate is not the registration code."
        raise AwsError("RegistrationCodeValidationException", message)


class _Authority(NamedTuple):
    """``registers`` by itself the certificates that it has signed, and provisions their devices by ``registration``."""

    status: str
    mode: str
    pem: str
    registers: str
    created: int
    modified: int
    version: int
    registration: str | None


def _find(call: Call, identity: str) -> _Authority:
    row = call.store.one(tables.CA_CERTIFICATE, (call.account, call.region, identity))
    if row is None:
        raise not_found(f"CA certificate {identity} not found")
    return _Authority(*row)


@operation("iot", "DescribeCACertificate", reads=True)
def describe_ca_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeCACertificate.html"""
    identity = check_id(request, "certificateId")
    found = _find(call, identity)
    told = described(call, identity, found.pem) | {
        "certificateArn": _arn(call, identity),
        "status": found.status,
        "autoRegistrationStatus": found.registers,
        "certificateMode": found.mode,
        "creationDate": found.created,
        "lastModifiedDate": found.modified,
        "customerVersion": found.version,
        "generationId": str(found.version),
    }
    config = {"registrationConfig": orjson.loads(found.registration)} if found.registration else {}
    return {"certificateDescription": told} | config


@operation("iot", "ListCACertificates", reads=True)
def list_ca_certificates(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListCACertificates.html"""
    if request.get("templateName"):
        raise not_implemented("The member templateName of ListCACertificates")
    rows, marker = page_of(call, request, tables.CA_CERTIFICATES_UP, tables.CA_CERTIFICATES_DOWN)
    listed = [
        {
            "certificateArn": _arn(call, identity),
            "certificateId": identity,
            "status": status,
            "creationDate": created,
        }
        for _, identity, status, created in rows
    ]
    return {"certificates": listed, "nextMarker": marker}


@operation("iot", "UpdateCACertificate")
def update_ca_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCACertificate.html"""
    identity = check_id(request, "certificateId")
    call.span.subject = _arn(call, identity)
    found = _find(call, identity)
    status = chosen(request, "newStatus", _STATUSES, found.status)
    registers = chosen(request, "newAutoRegistrationStatus", _REGISTRATION, found.registers)
    registration = checked_config(call, request) or found.registration
    if request.get("removeAutoRegistration"):
        registers, registration = "DISABLE", None
    key = (call.account, call.region, identity)
    call.store.run(tables.UPDATE_CA_CERTIFICATE, (status, registers, registration, call.now, *key))
    tell_trusted(call, found.pem)
    return {}


@operation("iot", "DeleteCACertificate")
def delete_ca_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCACertificate.html"""
    identity = check_id(request, "certificateId")
    call.span.subject = arn = _arn(call, identity)
    if _find(call, identity).status == "ACTIVE":
        message = f"CA certificate must be deactivated (not ACTIVE) before deletion. Id: {identity}"
        raise AwsError("CertificateStateException", message, 406)
    call.store.run(tables.DELETE_CA_CERTIFICATE, (call.account, call.region, identity))
    forget_tags(call, arn)
    return {}
