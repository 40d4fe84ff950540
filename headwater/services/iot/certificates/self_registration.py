"""Just-in-time registration: a certificate that nobody has registered, but whose authority somebody has; where that has
a template, its device is provisioned too.

https://docs.aws.amazon.com/iot/latest/developerguide/auto-register-device-cert.html
"""

from __future__ import annotations

import orjson
from cryptography import x509

from headwater.services.iot.broker.memory import broker_of
from headwater.services.iot.broker.messages import Publication
from headwater.services.iot.broker.publishing import publish
from headwater.services.iot.certificates import tables
from headwater.services.iot.certificates.certificate import Certificate
from headwater.services.iot.certificates.certificates import keep_certificate
from headwater.services.iot.certificates.x509 import id_of, is_signed_by, load, pem_of
from headwater.services.iot.errors import unauthorized
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

_TOPIC = "$aws/events/certificates/registered/"
_PENDING = "PENDING_ACTIVATION"


@operation("iot-mqtt", "RegisterShown", internal=True)
def register_shown(call: Call, request: Request) -> Answer:
    """Register a certificate with its authority, if that wants it; its client is refused in any case.

    Request: Certificate (DER). UnauthorizedException, always.
    """
    return _register(call.work, request["Certificate"], _registrar(call, request["Certificate"]))


async def _register(work: Work, shown: bytes, registrar: tuple[str, str, str] | None) -> Result:
    if registrar is not None:
        account, region, ca = registrar
        await work.operation("iot-mqtt", "RegisterPending", {"Certificate": shown, "Authority": ca}, account, region)
    raise unauthorized("The certificate is not registered.")


def _registrar(call: Call, shown: bytes) -> tuple[str, str, str] | None:
    """Account, region and id of the authority that registers it."""
    certificate = x509.load_der_x509_certificate(shown)
    for account, region, ca, pem in call.store.all(tables.REGISTRARS):
        if is_signed_by(certificate, load(pem)):
            return account, region, ca
    return None


@operation("iot-mqtt", "RegisterPending", internal=True)
def register_pending(call: Call, request: Request) -> Result:
    """Request: Certificate (DER), Authority (the id of the CA certificate). Whoever listens is told, and may make it
    ACTIVE."""
    certificate, ca = x509.load_der_x509_certificate(request["Certificate"]), request["Authority"]
    identity = id_of(certificate)
    if call.store.one(tables.CERTIFICATE, (call.account, call.region, identity)) is not None:
        return {}
    row = call.store.one(tables.CA_CERTIFICATE, (call.account, call.region, ca))
    mode = row[1] if row is not None else "DEFAULT"
    made = Certificate(_PENDING, mode, pem_of(certificate), ca, call.now, call.now, 1)
    keep_certificate(call, identity, made, issued_here=False)
    event = {
        "certificateId": identity,
        "caCertificateId": ca,
        "timestamp": call.now,
        "certificateStatus": _PENDING,
        "awsAccountId": call.account,
        "certificateRegistrationTimestamp": str(call.now),
    }
    publish(call, broker_of(call), Publication(f"{_TOPIC}{ca}", orjson.dumps(event)))
    if row is not None and row[7] is not None:
        _provision(call, certificate, identity, row[7])
    return {}


def _provision(call: Call, certificate: x509.Certificate, identity: str, config: str) -> None:
    """By the authority's template. What cannot be provisioned is left as it is, PENDING_ACTIVATION."""
    request = {"Certificate": certificate, "CertificateId": identity, "Config": config}
    try:
        call.operation("iot-mqtt", "ProvisionShown", request)
    except AwsError as error:
        call.span.note("not provisioned", error.message)
