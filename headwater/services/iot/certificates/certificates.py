"""Certificates: those that IoT makes, and their life.

https://docs.aws.amazon.com/iot/latest/developerguide/device-certs-create.html
"""

from __future__ import annotations

import asyncio

from headwater.services.iot.certificates import tables
from headwater.services.iot.certificates.authority import ensure_authority, find_authority
from headwater.services.iot.certificates.certificate import (
    Certificate,
    certificate_arn,
    check_id,
    chosen,
    described,
    find_certificate,
    page_of,
    readable,
)
from headwater.services.iot.certificates.x509 import KeyPair, id_of, issue, issue_for_request, load, make_keys
from headwater.services.iot.errors import invalid_request
from headwater.services.iot.policies.devices import disconnect_principal
from headwater.services.iot.policies.tables import ATTACHED_POLICIES, DETACH_ALL_POLICIES
from headwater.services.iot.registry.tables import PRINCIPAL_THINGS
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

STATUSES = ("ACTIVE", "INACTIVE", "REVOKED", "PENDING_TRANSFER", "REGISTER_INACTIVE", "PENDING_ACTIVATION")
PENDING = "PENDING_ACTIVATION"
_INTERNAL = ("PENDING_TRANSFER", PENDING)


@operation("iot", "CreateKeysAndCertificate")
def create_keys_and_certificate(call: Call, request: Request) -> Answer:
    """A pair of keys, of which none is kept, and its certificate.

    https://docs.aws.amazon.com/iot/latest/apireference/API_CreateKeysAndCertificate.html
    """
    return _create_keys(call.work, request)


async def _create_keys(work: Work, request: Request) -> Result:
    await ensure_authority(work)
    return await work.transact(_create, request, await asyncio.to_thread(make_keys))


def _create(call: Call, request: Request, keys: KeyPair) -> Result:
    pem = issue(*(find_authority(call) or ("", "")), keys.private)
    pair = {"PublicKey": keys.public, "PrivateKey": keys.private}
    return keep_issued(call, pem, _status(request)) | {"keyPair": pair}


@operation("iot", "CreateCertificateFromCsr")
def create_certificate_from_csr(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_CreateCertificateFromCsr.html"""
    if find_authority(call) is not None:
        return _create_from_csr(call, request)
    return _create_from_csr_later(call.work, request)


async def _create_from_csr_later(work: Work, request: Request) -> Result:
    await ensure_authority(work)
    return await work.transact(_create_from_csr, request)


def _create_from_csr(call: Call, request: Request) -> Result:
    authority, asked = find_authority(call) or ("", ""), request["certificateSigningRequest"]
    pem = readable(lambda: issue_for_request(*authority, asked), "InvalidRequestException")
    return keep_issued(call, pem, _status(request))


def _status(request: Request) -> str:
    return "ACTIVE" if request.get("setAsActive") else "INACTIVE"


def keep_issued(call: Call, pem: str, status: str) -> Result:
    """Keep a certificate that was made here."""
    identity = id_of(load(pem))
    keep_certificate(call, identity, Certificate(status, "DEFAULT", pem, None, call.now, call.now, 1), issued_here=True)
    return {"certificateArn": certificate_arn(call, identity), "certificateId": identity, "certificatePem": pem}


def keep_certificate(call: Call, identity: str, made: Certificate, issued_here: bool) -> None:
    call.span.subject = certificate_arn(call, identity)
    row = (call.new_id(), call.account, call.region, identity, made.status, made.mode, made.pem, made.ca)
    call.store.run(tables.INSERT_CERTIFICATE, (*row, int(issued_here), call.now, call.now))


@operation("iot", "DescribeCertificate", reads=True)
def describe_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeCertificate.html"""
    identity = check_id(request, "certificateId")
    found = find_certificate(call, identity)
    return {
        "certificateDescription": described(call, identity, found.pem)
        | {
            "caCertificateId": found.ca,
            "status": found.status,
            "creationDate": found.created,
            "lastModifiedDate": found.modified,
            "customerVersion": found.version,
            "generationId": str(found.version),
            "certificateMode": found.mode,
            "transferData": {},
        }
    }


@operation("iot", "ListCertificates", reads=True)
def list_certificates(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificates.html"""
    return _listed(call, request, "")


@operation("iot", "ListCertificatesByCA", reads=True)
def list_certificates_by_ca(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificatesByCA.html"""
    return _listed(call, request, check_id(request, "caCertificateId"))


def _listed(call: Call, request: Request, ca: str) -> Result:
    rows, marker = page_of(call, request, tables.CERTIFICATES_UP, tables.CERTIFICATES_DOWN, (ca, ca))
    return {
        "certificates": [
            {
                "certificateArn": certificate_arn(call, identity),
                "certificateId": identity,
                "status": status,
                "certificateMode": mode,
                "creationDate": created,
            }
            for _, identity, status, mode, created in rows
        ],
        "nextMarker": marker,
    }


@operation("iot", "UpdateCertificate")
def update_certificate(call: Call, request: Request) -> Result:
    """Who is connected with a certificate that is no longer ACTIVE is disconnected.

    https://docs.aws.amazon.com/iot/latest/apireference/API_UpdateCertificate.html
    """
    identity, status = check_id(request, "certificateId"), chosen(request, "newStatus", STATUSES, "")
    if status in _INTERNAL:
        raise invalid_request(f"The status {status} cannot be set.")
    call.span.subject = certificate_arn(call, identity)
    if find_certificate(call, identity).status != status:
        _set_status(call, identity, status)
    return {}


def _set_status(call: Call, identity: str, status: str) -> None:
    call.store.run(tables.SET_CERTIFICATE_STATUS, (status, call.now, call.account, call.region, identity))
    if status != "ACTIVE":
        disconnect_principal(call, identity)


@operation("iot", "DeleteCertificate")
def delete_certificate(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_DeleteCertificate.html"""
    identity = check_id(request, "certificateId")
    call.span.subject = arn = certificate_arn(call, identity)
    if find_certificate(call, identity).status == "ACTIVE":
        message = f"Certificate must be deactivated (not ACTIVE) before deletion. Id: {identity}"
        raise AwsError("CertificateStateException", message, 406)
    target = (call.account, call.region, arn)
    if call.store.all(PRINCIPAL_THINGS, (*target, "", "", "", 1)):
        raise AwsError("DeleteConflictException", f"Things must be detached before deletion (arn: {arn})", 409)
    if request.get("forceDelete"):
        call.store.run(DETACH_ALL_POLICIES, target)
    elif call.store.all(ATTACHED_POLICIES, (*target, "", 1)):
        message = f"Certificate policies must be detached before deletion (arn: {arn})"
        raise AwsError("DeleteConflictException", message, 409)
    call.store.run(tables.DELETE_CERTIFICATE, (call.account, call.region, identity))
    return {}
