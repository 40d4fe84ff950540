"""Just-in-time provisioning: what the template of an authority makes of a device that first comes.

https://docs.aws.amazon.com/iot/latest/developerguide/jit-provisioning.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from cryptography import x509
from cryptography.x509.oid import NameOID

from headwater.services.iot.errors import invalid_request
from headwater.services.iot.provisioning.applying import apply
from headwater.services.iot.provisioning.body import BodyProblem, plan
from headwater.services.iot.provisioning.templates import body_of, checked_body, find_template
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.permissions import check_passing

# What a template may refer to, each as `AWS::IoT::Certificate::…`, of the certificate's subject.
_PARAMETERS = {
    "Country": NameOID.COUNTRY_NAME,
    "Organization": NameOID.ORGANIZATION_NAME,
    "OrganizationalUnit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "DistinguishedNameQualifier": NameOID.DN_QUALIFIER,
    "StateName": NameOID.STATE_OR_PROVINCE_NAME,
    "CommonName": NameOID.COMMON_NAME,
    "SerialNumber": NameOID.SERIAL_NUMBER,
}


def checked_config(call: Call, request: Request) -> str | None:
    """The ``registrationConfig`` of a request, as it is kept; None where it has none."""
    config: Mapping[str, Any] = request.get("registrationConfig") or {}
    if not config:
        return None
    if config.get("templateName"):
        if config.get("templateBody"):
            raise invalid_request("A registrationConfig has either templateName or templateBody.")
        template = find_template(call, config["templateName"])
        if template.document["type"] != "JITP":
            raise invalid_request(f"The provisioning template {template.name} is not of the type JITP.")
    else:
        checked_body(config)
        if not config.get("roleArn"):
            raise invalid_request("A registrationConfig with a templateBody must have a roleArn.")
        check_passing(call, config["roleArn"], "iot")
    return orjson.dumps(dict(config)).decode()


@operation("iot-mqtt", "ProvisionShown", internal=True)
def provision_shown(call: Call, request: Request) -> Result:
    """All of it or nothing. Request: Certificate (of `cryptography`), CertificateId, Config (text).
    InvalidRequestException for a template that asks for what the certificate does not tell, or of what refuses it."""
    config = orjson.loads(request["Config"])
    body = config.get("templateBody")
    if body is None:
        template = find_template(call, config["templateName"])
        if not template.document["enabled"]:
            raise invalid_request(f"The provisioning template {template.name} is not enabled.")
        body = body_of(call, template)
    parameters = _parameters(request["Certificate"]) | {"AWS::IoT::Certificate::Id": request["CertificateId"]}
    try:
        apply(call, plan(body, parameters))
    except BodyProblem as problem:
        raise invalid_request(str(problem)) from problem
    return {}


def _parameters(certificate: x509.Certificate) -> dict[str, str]:
    found = {name: certificate.subject.get_attributes_for_oid(oid) for name, oid in _PARAMETERS.items()}
    return {f"AWS::IoT::Certificate::{name}": str(values[0].value) for name, values in found.items() if values}
