"""CloudFormation's types of policies, and of what is attached to them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

from __future__ import annotations

import orjson

from headwater.services.iot.properties import attempt, replaced, resource_arn, retag, tags_of
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource


@resource("AWS::IoT::Policy")
class PolicyResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("PolicyName") or change.physical_name(128)
        request = {"policyName": name, "policyDocument": self._document(change), "tags": tags_of(change)}
        call.operation("iot", "CreatePolicy", request)
        self._describe(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        """A new default version; the former one goes, so that versions never run out."""
        replaced(change, "PolicyName")
        name = change.physical_id
        former = call.operation("iot", "GetPolicy", {"policyName": name})["defaultVersionId"]
        request = {"policyName": name, "policyDocument": self._document(change), "setAsDefault": True}
        call.operation("iot", "CreatePolicyVersion", request)
        call.operation("iot", "DeletePolicyVersion", {"policyName": name, "policyVersionId": former})
        self._describe(call, change, name)
        retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        attempt(call, "DeletePolicy", {"policyName": change.physical_id})

    def _document(self, change: Change) -> str:
        document = change.properties["PolicyDocument"]
        return document if isinstance(document, str) else orjson.dumps(document).decode()

    def _describe(self, call: Call, change: Change, name: str) -> None:
        change.physical_id = name
        change.attributes = {"Arn": resource_arn(call, "policy", name), "Id": name}


@resource("AWS::IoT::PolicyPrincipalAttachment")
class PolicyPrincipalAttachmentResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name, principal = change.properties["PolicyName"], change.properties["Principal"]
        call.operation("iot", "AttachPolicy", {"policyName": name, "target": principal})
        change.physical_id = f"{name}|{principal}"

    def delete(self, call: Call, change: Change) -> None:
        name, _, principal = change.physical_id.partition("|")
        attempt(call, "DetachPolicy", {"policyName": name, "target": principal})
