"""CloudFormation's types of certificates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.iot.properties import attempt, is_true, members, retag, tags_of
from headwater.spine.operations import Call, Result
from headwater.spine.resources import Change, Replace, Resource, Step, resource


def _changed(change: Change, *apart: str) -> bool:
    """Whether anything but some properties is another."""
    names = (change.properties.keys() | change.previous.keys()) - set(apart)
    return any(change.properties.get(name) != change.previous.get(name) for name in names)


@resource("AWS::IoT::Certificate")
class CertificateResource(Resource):
    """From a signing request, or one that is registered with its authority or without. `Ref` is its id."""

    def create(self, call: Call, change: Change) -> Step:
        properties = change.properties
        status = properties["Status"]
        if "CertificateSigningRequest" in properties:
            asked = {"certificateSigningRequest": properties["CertificateSigningRequest"]}
            return self._sign(change, asked | {"setAsActive": status == "ACTIVE"}, status)
        request = {"certificatePem": properties.get("CertificatePem") or "", "status": status}
        if properties.get("CertificateMode") == "SNI_ONLY":
            made = call.operation("iot", "RegisterCertificateWithoutCA", request)
        else:
            authority = {"caCertificatePem": properties["CACertificatePem"]} if "CACertificatePem" in properties else {}
            made = call.operation("iot", "RegisterCertificate", request | authority)
        self._describe(call, change, made)
        return None

    async def _sign(self, change: Change, request: dict[str, Any], status: str) -> None:
        assert change.work is not None
        made = await change.work.operation("iot", "CreateCertificateFromCsr", request)
        if status not in ("ACTIVE", "INACTIVE"):
            named = {"certificateId": made["certificateId"], "newStatus": status}
            await change.work.operation("iot", "UpdateCertificate", named)
        await change.work.transact(self._describe, change, made)

    def _describe(self, call: Call, change: Change, made: Result) -> None:
        change.physical_id = made["certificateId"]
        change.attributes = {"Arn": made["certificateArn"], "Id": made["certificateId"]}

    def update(self, call: Call, change: Change) -> None:
        if _changed(change, "Status"):
            raise Replace
        named = {"certificateId": change.physical_id, "newStatus": change.properties["Status"]}
        call.operation("iot", "UpdateCertificate", named)

    def delete(self, call: Call, change: Change) -> None:
        named = {"certificateId": change.physical_id}
        attempt(call, "UpdateCertificate", named | {"newStatus": "INACTIVE"})
        attempt(call, "DeleteCertificate", named)


@resource("AWS::IoT::CACertificate")
class CaCertificateResource(Resource):
    """`Ref` is its id."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {
            "caCertificate": properties["CACertificatePem"],
            "verificationCertificate": properties.get("VerificationCertificatePem"),
            "certificateMode": properties.get("CertificateMode"),
            "setAsActive": properties["Status"] == "ACTIVE",
            "allowAutoRegistration": properties.get("AutoRegistrationStatus") == "ENABLE",
            "registrationConfig": members(properties.get("RegistrationConfig")) or None,
            "tags": tags_of(change),
        }
        made = call.operation("iot", "RegisterCACertificate", request)
        change.physical_id = made["certificateId"]
        change.attributes = {"Arn": made["certificateArn"], "Id": made["certificateId"]}

    def update(self, call: Call, change: Change) -> None:
        changing = ("Status", "AutoRegistrationStatus", "RegistrationConfig", "RemoveAutoRegistration", "Tags")
        if _changed(change, *changing):
            raise Replace
        properties = change.properties
        request = {
            "certificateId": change.physical_id,
            "newStatus": properties["Status"],
            "newAutoRegistrationStatus": properties.get("AutoRegistrationStatus") or "DISABLE",
            "registrationConfig": members(properties.get("RegistrationConfig")) or None,
            "removeAutoRegistration": is_true(properties.get("RemoveAutoRegistration")),
        }
        call.operation("iot", "UpdateCACertificate", request)
        retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        named = {"certificateId": change.physical_id}
        attempt(call, "UpdateCACertificate", named | {"newStatus": "INACTIVE"})
        attempt(call, "DeleteCACertificate", named)
