"""CloudFormation's types of EventBridge Schemas.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EventSchemas.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource

_TAGGING = Tagging("schemas", pair=None)


def _retag(call: Call, change: Change) -> None:
    _TAGGING.update(call, {"ResourceArn": change.physical_id}, change)


def _unless_gone(call: Call, operation: str, request: dict[str, Any]) -> None:
    try:
        call.operation("schemas", operation, request)
    except AwsError as error:
        if error.code != "NotFoundException":
            raise


def _replaced(change: Change, *names: str) -> None:
    if any(change.properties.get(name) != change.previous.get(name) for name in names):
        raise Replace


@resource("AWS::EventSchemas::Registry")
class RegistryResource(Resource):
    """`Ref` is the ARN."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("RegistryName") or change.physical_name(64)
        request = {
            "RegistryName": name,
            "Description": change.properties.get("Description"),
            "Tags": resource_tags(change),
        }
        made = call.operation("schemas", "CreateRegistry", request)
        change.physical_id = made["RegistryArn"]
        change.attributes = {"RegistryName": name, "RegistryArn": made["RegistryArn"]}

    def update(self, call: Call, change: Change) -> None:
        _replaced(change, "RegistryName")
        request = {
            "RegistryName": change.attributes["RegistryName"],
            "Description": change.properties.get("Description") or "",
        }
        call.operation("schemas", "UpdateRegistry", request)
        _retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _unless_gone(call, "DeleteRegistry", {"RegistryName": change.physical_id.rpartition("/")[2]})


@resource("AWS::EventSchemas::Schema")
class SchemaResource(Resource):
    """`Ref` is the ARN."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        name = properties.get("SchemaName") or change.physical_name(128)
        request = {"SchemaName": name, "Tags": resource_tags(change)} | {
            member: properties.get(member) for member in ("RegistryName", "Type", "Content", "Description")
        }
        made = call.operation("schemas", "CreateSchema", request)
        change.physical_id = made["SchemaArn"]
        change.attributes = _attributes(made)

    def update(self, call: Call, change: Change) -> None:
        _replaced(change, "RegistryName", "SchemaName")
        request = {"SchemaName": change.attributes["SchemaName"]} | {
            member: change.properties.get(member) for member in ("RegistryName", "Type", "Content", "Description")
        }
        change.attributes = _attributes(call.operation("schemas", "UpdateSchema", request))
        _retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        request = {
            "RegistryName": change.properties["RegistryName"],
            "SchemaName": change.physical_id.rpartition("/")[2],
        }
        _unless_gone(call, "DeleteSchema", request)


def _attributes(made: dict[str, Any]) -> dict[str, Any]:
    return {name: made[name] for name in ("SchemaArn", "SchemaName", "SchemaVersion")}


@resource("AWS::EventSchemas::Discoverer")
class DiscovererResource(Resource):
    """`Ref` is the ARN."""

    def create(self, call: Call, change: Change) -> None:
        request = {member: change.properties.get(member) for member in ("SourceArn", "Description")}
        cross = change.properties.get("CrossAccount")
        request["CrossAccount"] = None if cross is None else str(cross).lower() == "true"
        made = call.operation("schemas", "CreateDiscoverer", request | {"Tags": resource_tags(change)})
        change.physical_id = made["DiscovererArn"]
        change.attributes = {name: made[name] for name in ("DiscovererArn", "DiscovererId", "State")}

    def update(self, call: Call, change: Change) -> None:
        _replaced(change, "SourceArn")
        cross = change.properties.get("CrossAccount")
        request = {
            "DiscovererId": change.attributes["DiscovererId"],
            "Description": change.properties.get("Description") or "",
            "CrossAccount": cross is None or str(cross).lower() == "true",
        }
        call.operation("schemas", "UpdateDiscoverer", request)
        _retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _unless_gone(call, "DeleteDiscoverer", {"DiscovererId": change.physical_id.rpartition("/")[2]})


@resource("AWS::EventSchemas::RegistryPolicy")
class RegistryPolicyResource(Resource):
    """`Ref` is the registry's name."""

    def create(self, call: Call, change: Change) -> None:
        policy = change.properties["Policy"]
        text = policy if isinstance(policy, str) else orjson.dumps(policy).decode()
        request = {"RegistryName": change.properties["RegistryName"], "Policy": text}
        made = call.operation("schemas", "PutResourcePolicy", request)
        change.physical_id = change.properties["RegistryName"]
        change.attributes = {"Id": change.physical_id, "RevisionId": made["RevisionId"]}

    def update(self, call: Call, change: Change) -> None:
        _replaced(change, "RegistryName")
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _unless_gone(call, "DeleteResourcePolicy", {"RegistryName": change.physical_id})
