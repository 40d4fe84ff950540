"""CloudFormation's types of IoT Core.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson

from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource

# Names of the API that are not CloudFormation's with a small first letter.
_SPELLINGS = {"DynamoDB": "dynamoDB", "DynamoDBv2": "dynamoDBv2", "S3": "s3", "CannedAcl": "cannedAcl"}
_TAGGING = Tagging("iot", "tags", "tagKeys")
_BOOLEANS = ("ruleDisabled", "useBase64", "batchMode")
_NUMBERS = ("qos",)


def _api(value: Any) -> Any:
    """Properties with the names and types of the API."""
    if isinstance(value, list):
        return [_api(item) for item in value]
    if not isinstance(value, dict):
        return value
    members = {}
    for name, item in value.items():
        key = _SPELLINGS.get(name) or name[0].lower() + name[1:]
        if key in _BOOLEANS and isinstance(item, str):
            item = item.lower() == "true"
        elif key in _NUMBERS and isinstance(item, str):
            item = int(item)
        members[key] = _api(item)
    return members


def _arn(call: Call, kind: str, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"{kind}/{name}")


def tags_of(change: Change) -> list[dict[str, str]]:
    """The stack's tags and the resource's own."""
    return as_pairs(resource_tags(change))


def retag(call: Call, change: Change) -> None:
    """Bring the tags of a resource that is there up to date."""
    _TAGGING.update(call, {"resourceArn": change.attributes["Arn"]}, change)


def replaced(change: Change, *names: str) -> None:
    if any(change.properties.get(name) != change.previous.get(name) for name in names):
        raise Replace


@resource("AWS::IoT::TopicRule")
class TopicRuleResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("RuleName") or change.physical_name(128).replace("-", "_")
        payload = _api(change.properties["TopicRulePayload"])
        request = {"ruleName": name, "topicRulePayload": payload, "tags": urlencode(resource_tags(change))}
        call.operation("iot", "CreateTopicRule", request)
        self._describe(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "RuleName")
        payload = _api(change.properties["TopicRulePayload"])
        call.operation("iot", "ReplaceTopicRule", {"ruleName": change.physical_id, "topicRulePayload": payload})
        self._describe(call, change, change.physical_id)
        retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("iot", "DeleteTopicRule", {"ruleName": change.physical_id})
        except AwsError as error:
            if error.code != "UnauthorizedException":
                raise

    def _describe(self, call: Call, change: Change, name: str) -> None:
        change.physical_id = name
        change.attributes = {"Arn": _arn(call, "rule", name)}


@resource("AWS::IoT::Authorizer")
class AuthorizerResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("AuthorizerName") or change.physical_name(128)
        members = self._members(change) | {"tags": tags_of(change)}
        call.operation("iot", "CreateAuthorizer", {"authorizerName": name, **members})
        self._describe(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "AuthorizerName", "SigningDisabled")
        call.operation("iot", "UpdateAuthorizer", {"authorizerName": change.physical_id, **self._members(change)})
        self._describe(call, change, change.physical_id)
        retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        name = {"authorizerName": change.physical_id}
        try:
            call.operation("iot", "UpdateAuthorizer", name | {"status": "INACTIVE"})
            call.operation("iot", "DeleteAuthorizer", name)
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise

    def _members(self, change: Change) -> dict[str, Any]:
        """Members of the API; the names of the signing keys are the template's own."""
        given = {name: value for name, value in change.properties.items() if name not in ("AuthorizerName", "Tags")}
        members: dict[str, Any] = {name[0].lower() + name[1:]: value for name, value in given.items()}
        for name in ("signingDisabled", "enableCachingForHttp"):
            if isinstance(members.get(name), str):
                members[name] = members[name].lower() == "true"
        return members | {"status": members.get("status") or "ACTIVE"}

    def _describe(self, call: Call, change: Change, name: str) -> None:
        change.physical_id = name
        change.attributes = {"Arn": _arn(call, "authorizer", name)}


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
        try:
            call.operation("iot", "DeletePolicy", {"policyName": change.physical_id})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise

    def _document(self, change: Change) -> str:
        document = change.properties["PolicyDocument"]
        return document if isinstance(document, str) else orjson.dumps(document).decode()

    def _describe(self, call: Call, change: Change, name: str) -> None:
        change.physical_id = name
        change.attributes = {"Arn": _arn(call, "policy", name), "Id": name}


@resource("AWS::IoT::Thing")
class ThingResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("ThingName") or change.physical_name(128)
        made = call.operation("iot", "CreateThing", {"thingName": name, **self._payload(change)})
        change.physical_id = name
        change.attributes = {"Arn": made["thingArn"], "Id": made["thingId"]}

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "ThingName")
        call.operation("iot", "UpdateThing", {"thingName": change.physical_id, **self._payload(change)})
        thing = call.operation("iot", "DescribeThing", {"thingName": change.physical_id})
        change.attributes = {"Arn": thing["thingArn"], "Id": thing["thingId"]}

    def delete(self, call: Call, change: Change) -> None:
        call.operation("iot", "DeleteThing", {"thingName": change.physical_id})

    def _payload(self, change: Change) -> dict[str, Any]:
        given = change.properties.get("AttributePayload") or {}
        return {"attributePayload": {"attributes": given.get("Attributes") or {}, "merge": False}}
