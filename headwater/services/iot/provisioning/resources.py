"""CloudFormation's type of provisioning templates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iot-provisioningtemplate.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.iot.properties import attempt, is_true, members, replaced, resource_arn, retag, tags_of
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource


@resource("AWS::IoT::ProvisioningTemplate")
class ProvisioningTemplateResource(Resource):
    """`Ref` is its name."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("TemplateName") or change.physical_name(36)
        request = {"templateName": name, "templateBody": change.properties["TemplateBody"], "tags": tags_of(change)}
        request |= self._members(change) | {"type": change.properties.get("TemplateType")}
        call.operation("iot", "CreateProvisioningTemplate", request)
        self._describe(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        """A new default version where the body is another; the former one goes, so that versions never run out."""
        replaced(change, "TemplateName", "TemplateType")
        named = {"templateName": change.physical_id}
        body = change.properties["TemplateBody"]
        if body != change.previous.get("TemplateBody"):
            former = call.operation("iot", "DescribeProvisioningTemplate", named)["defaultVersionId"]
            request = named | {"templateBody": body, "setAsDefault": True}
            call.operation("iot", "CreateProvisioningTemplateVersion", request)
            call.operation("iot", "DeleteProvisioningTemplateVersion", named | {"versionId": former})
        members = self._members(change) | {"removePreProvisioningHook": "PreProvisioningHook" not in change.properties}
        call.operation("iot", "UpdateProvisioningTemplate", named | members)
        self._describe(call, change, change.physical_id)
        retag(call, change, "TemplateArn")

    def delete(self, call: Call, change: Change) -> None:
        attempt(call, "DeleteProvisioningTemplate", {"templateName": change.physical_id})

    def _members(self, change: Change) -> dict[str, Any]:
        properties = change.properties
        return {
            "description": properties.get("Description"),
            "enabled": is_true(properties.get("Enabled")),
            "provisioningRoleArn": properties["ProvisioningRoleArn"],
            "preProvisioningHook": members(properties.get("PreProvisioningHook")) or None,
        }

    def _describe(self, call: Call, change: Change, name: str) -> None:
        change.physical_id = name
        change.attributes = {"TemplateArn": resource_arn(call, "provisioningtemplate", name)}
