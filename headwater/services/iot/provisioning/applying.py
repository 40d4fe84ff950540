"""What a provisioning template declares, made: a thing, its certificate and the policies of that, by their operations.

https://docs.aws.amazon.com/iot/latest/developerguide/provision-template.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from headwater.services.iot.provisioning.body import BodyProblem, Declared, Plan
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Result

_LATER = ("BillingGroup", "PackageVersions")
_STATUSES = ("ACTIVE", "INACTIVE", "PENDING_ACTIVATION")


@dataclass(slots=True)
class Provisioned:
    """``arns`` by the resources' logical names."""

    thing: str | None = None
    pem: str | None = None
    arns: dict[str, str] = field(default_factory=dict)


class _Certificate(NamedTuple):
    id: str
    arn: str
    status: str


def apply(call: Call, plan: Plan) -> Provisioned:
    """Make what a plan says. BodyProblem for a plan that says too little, AwsError of what refuses it."""
    made = Provisioned()
    certificate = None
    if plan.thing is not None:
        made.thing = _text(plan.thing, "ThingName")
        made.arns[plan.thing.name] = _thing(call, plan.thing, made.thing)
    if plan.certificate is not None:
        certificate, made.pem = _certificate(call, plan.certificate)
        made.arns[plan.certificate.name] = certificate.arn
    for declared in plan.policies:
        name, made.arns[declared.name] = _policy(call, declared)
        if certificate is not None:
            call.operation("iot", "AttachPolicy", {"policyName": name, "target": certificate.arn})
    if made.thing is not None and plan.certificate is not None and certificate is not None:
        attached = {"thingName": made.thing, "principal": certificate.arn}
        kind = plan.certificate.properties.get("ThingPrincipalType")
        call.operation("iot", "AttachThingPrincipal", attached | {"thingPrincipalType": kind})
    return made


def _text(declared: Declared, member: str) -> str:
    value = declared.properties.get(member)
    if not isinstance(value, str) or not value:
        raise BodyProblem(f"The resource {declared.name} must have the text {member}.")
    return value


def _optional(declared: Declared, member: str) -> str | None:
    return None if declared.properties.get(member) is None else _text(declared, member)


def _conflict(declared: Declared, member: str) -> AwsError:
    message = f"The resource {declared.name} exists already, with another {member}."
    return AwsError("ResourceConflictsException", message, 409)


# ---- things


def _thing(call: Call, declared: Declared, name: str) -> str:
    """The ARN of a thing that is as declared, or as its settings leave it."""
    properties = declared.properties
    for member in _LATER:
        if properties.get(member):
            raise not_implemented(f"The property {member} of a provisioning template's thing")
    attributes, groups = properties.get("AttributePayload") or {}, properties.get("ThingGroups") or []
    if not isinstance(attributes, dict) or not all(isinstance(value, str) for value in attributes.values()):
        raise BodyProblem(f"The AttributePayload of {declared.name} must be names with texts.")
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BodyProblem(f"The ThingGroups of {declared.name} must be a list of texts.")
    former = _described(call, name)
    if former is None:
        request: dict[str, Any] = {"thingName": name, "attributePayload": {"attributes": attributes}}
        request["thingTypeName"] = _optional(declared, "ThingTypeName")
        arn = call.operation("iot", "CreateThing", request)["thingArn"]
    else:
        arn = former["thingArn"]
        _change(call, declared, former, attributes)
    _join(call, declared, name, groups, is_new=former is None)
    return str(arn)


def _described(call: Call, name: str) -> Result | None:
    try:
        return call.operation("iot", "DescribeThing", {"thingName": name})
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return None


def _change(call: Call, declared: Declared, former: Result, attributes: Mapping[str, str]) -> None:
    """Bring a thing that is there to what is declared, as far as the settings want it."""
    changes: dict[str, Any] = {}
    if "AttributePayload" in declared.properties:
        setting = _setting(declared, "AttributePayload", attributes != former["attributes"])
        if setting in ("REPLACE", "MERGE"):
            changes["attributePayload"] = {"attributes": attributes, "merge": setting == "MERGE"}
    kind = _optional(declared, "ThingTypeName")
    if kind and _setting(declared, "ThingTypeName", kind != former["thingTypeName"]) == "REPLACE":
        changes["thingTypeName"] = kind
    if changes:
        call.operation("iot", "UpdateThing", {"thingName": former["thingName"], **changes})


def _setting(declared: Declared, member: str, differs: bool) -> str | None:
    """What is to be done with a property of what is there. Without a setting it must be as declared."""
    setting = declared.settings.get(member)
    if setting == "FAIL" or (setting is None and differs):
        raise _conflict(declared, member)
    return setting


def _join(call: Call, declared: Declared, name: str, groups: list[str], is_new: bool) -> None:
    setting = None if is_new else declared.settings.get("ThingGroups")
    if not groups or setting == "DO_NOTHING":
        return
    if setting == "FAIL":
        raise _conflict(declared, "ThingGroups")
    request: dict[str, Any] = {"thingName": name, "thingGroupsToAdd": groups}
    if setting == "REPLACE":
        listed = call.operation("iot", "ListThingGroupsForThing", {"thingName": name})["thingGroups"]
        former = [group["groupName"] for group in listed]
        request["thingGroupsToRemove"] = [group for group in former if group not in groups]
    call.operation("iot", "UpdateThingGroupsForThing", request)


# ---- certificates and policies


def _certificate(call: Call, declared: Declared) -> tuple[_Certificate, str]:
    """A certificate with the status that is declared, and its PEM."""
    properties = declared.properties
    status = str(properties.get("Status") or "ACTIVE").upper()
    if status not in _STATUSES:
        raise BodyProblem(f"The Status of {declared.name} must be one of {', '.join(_STATUSES)}.")
    identity = _optional(declared, "CertificateId") or _make_certificate(call, declared)
    found = call.operation("iot", "DescribeCertificate", {"certificateId": identity})["certificateDescription"]
    setting = declared.settings.get("Status")
    if setting == "FAIL" and properties.get("CertificateId"):
        raise _conflict(declared, "Status")
    if found["status"] != status and setting != "DO_NOTHING":
        call.operation("iot", "UpdateCertificate", {"certificateId": identity, "newStatus": status})
    return _Certificate(identity, found["certificateArn"], status), found["certificatePem"]


def _make_certificate(call: Call, declared: Declared) -> str:
    properties = declared.properties
    if properties.get("CertificateSigningRequest"):
        request = {"certificateSigningRequest": _text(declared, "CertificateSigningRequest")}
        made = call.operation("iot", "CreateCertificateFromCsr", request)
    elif properties.get("CertificatePem"):
        request = {"certificatePem": _text(declared, "CertificatePem")}
        if properties.get("CACertificatePem"):
            request["caCertificatePem"] = _text(declared, "CACertificatePem")
        made = call.operation("iot", "RegisterCertificate", request)
    else:
        message = "CertificateId, CertificateSigningRequest or CertificatePem"
        raise BodyProblem(f"The resource {declared.name} must have {message}.")
    return str(made["certificateId"])


def _policy(call: Call, declared: Declared) -> tuple[str, str]:
    """The name and the ARN of a policy: one that is there, or one by the hash of its document."""
    properties = declared.properties
    if bool(properties.get("PolicyName")) == bool(properties.get("PolicyDocument")):
        raise BodyProblem(f"The resource {declared.name} must have PolicyName or PolicyDocument, but not both.")
    if properties.get("PolicyName"):
        name = _text(declared, "PolicyName")
        return name, call.operation("iot", "GetPolicy", {"policyName": name})["policyArn"]
    document = _text(declared, "PolicyDocument")
    name = sha256(document.encode()).hexdigest()
    request = {"policyName": name, "policyDocument": document}
    try:
        return name, call.operation("iot", "CreatePolicy", request)["policyArn"]
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
        return name, str(error.members["resourceArn"])
