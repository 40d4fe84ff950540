"""CloudFormation's types of vended logs.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-delivery.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.resource_tags import resource_tags
from headwater.spine.resources import Change, Replace, Resource, found, resource


def _request(change: Change, **named: str) -> dict[str, Any]:
    """Members as the API has them: of properties that are given, by their names."""
    request = {member: change.properties[name] for member, name in named.items() if change.properties.get(name)}
    tags = resource_tags(change)
    return request | ({"tags": tags} if tags else {})


def _delete(call: Call, name: str, request: dict[str, str]) -> None:
    try:
        call.operation("logs", name, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise


class _Named(Resource):
    """What is put by its name, and put again where it has changed."""

    described = ""

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("Name")
        return name if name and found(call, "logs", self.described, {"name": name}) else None

    def update(self, call: Call, change: Change) -> None:
        if change.properties["Name"] != change.previous.get("Name"):
            raise Replace
        self.create(call, change)


@resource("AWS::Logs::DeliverySource")
class DeliverySourceResource(_Named):
    described = "GetDeliverySource"

    def create(self, call: Call, change: Change) -> None:
        request = _request(change, name="Name", resourceArn="ResourceArn", logType="LogType")
        made = call.operation("logs", "PutDeliverySource", request)["deliverySource"]
        change.physical_id = made["name"]
        change.attributes = {"Arn": made["arn"], "ResourceArns": made["resourceArns"], "Service": made["service"]}

    def delete(self, call: Call, change: Change) -> None:
        _delete(call, "DeleteDeliverySource", {"name": change.physical_id})


@resource("AWS::Logs::DeliveryDestination")
class DeliveryDestinationResource(_Named):
    described = "GetDeliveryDestination"

    def create(self, call: Call, change: Change) -> None:
        request = _request(
            change, name="Name", outputFormat="OutputFormat", deliveryDestinationType="DeliveryDestinationType"
        )
        if change.properties.get("DeliveryDestinationPolicy"):
            raise not_implemented("The DeliveryDestinationPolicy of AWS::Logs::DeliveryDestination")
        if arn := change.properties.get("DestinationResourceArn"):
            request["deliveryDestinationConfiguration"] = {"destinationResourceArn": arn}
        made = call.operation("logs", "PutDeliveryDestination", request)["deliveryDestination"]
        change.physical_id = made["name"]
        change.attributes = {"Arn": made["arn"], "DeliveryDestinationType": made["deliveryDestinationType"]}

    def delete(self, call: Call, change: Change) -> None:
        _delete(call, "DeleteDeliveryDestination", {"name": change.physical_id})


@resource("AWS::Logs::Delivery")
class DeliveryResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = _request(
            change,
            deliverySourceName="DeliverySourceName",
            deliveryDestinationArn="DeliveryDestinationArn",
            recordFields="RecordFields",
            fieldDelimiter="FieldDelimiter",
        )
        made = call.operation("logs", "CreateDelivery", request)["delivery"]
        change.physical_id = made["id"]
        kind = made["deliveryDestinationType"]
        change.attributes = {"Arn": made["arn"], "DeliveryId": made["id"], "DeliveryDestinationType": kind}

    def delete(self, call: Call, change: Change) -> None:
        _delete(call, "DeleteDelivery", {"id": change.physical_id})
