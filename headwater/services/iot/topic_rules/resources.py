"""CloudFormation's types of topic rules and their destinations.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from headwater.services.iot.properties import replaced, resource_arn, retag
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import resource_tags
from headwater.spine.resources import Change, Resource, resource

# Names of the API that are not CloudFormation's with a small first letter.
_SPELLINGS = {"DynamoDB": "dynamoDB", "DynamoDBv2": "dynamoDBv2", "S3": "s3", "CannedAcl": "cannedAcl"}
_BOOLEANS = ("ruleDisabled", "useBase64", "batchMode", "enableBatching")
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
        change.attributes = {"Arn": resource_arn(call, "rule", name)}


@resource("AWS::IoT::TopicRuleDestination")
class TopicRuleDestinationResource(Resource):
    """`Ref` is its ARN. The stack does not wait until somebody confirms it."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        configuration = {
            "httpUrlConfiguration": _api(properties.get("HttpUrlProperties")),
            "vpcConfiguration": _api(properties.get("VpcProperties")),
            "influxDBConfiguration": _api(properties.get("InfluxDBProperties")),
        }
        request = {"destinationConfiguration": configuration}
        made = call.operation("iot", "CreateTopicRuleDestination", request)["topicRuleDestination"]
        change.physical_id = made["arn"]
        if properties.get("Status", made["status"]) != made["status"]:
            self._set_status(call, change)
        self._describe(call, change)

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "HttpUrlProperties", "VpcProperties", "InfluxDBProperties")
        if change.properties.get("Status") not in (None, change.previous.get("Status")):
            self._set_status(call, change)
        self._describe(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("iot", "DeleteTopicRuleDestination", {"arn": change.physical_id})
        except AwsError as error:
            if error.code != "UnauthorizedException":
                raise

    def _set_status(self, call: Call, change: Change) -> None:
        request = {"arn": change.physical_id, "status": change.properties["Status"]}
        call.operation("iot", "UpdateTopicRuleDestination", request)

    def _describe(self, call: Call, change: Change) -> None:
        found = call.operation("iot", "GetTopicRuleDestination", {"arn": change.physical_id})["topicRuleDestination"]
        change.attributes = {"Arn": found["arn"], "StatusReason": found["statusReason"]}
