"""CloudFormation's types of archives, connections and API destinations.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

_BOOLEAN = ("IsValueSecret",)


def _delete(call: Call, name: str, request: dict[str, str]) -> None:
    try:
        call.operation("events", name, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise


def _typed(value: Any) -> Any:
    """Templates may give booleans as texts."""
    if isinstance(value, dict):
        return {name: str(each).lower() == "true" if name in _BOOLEAN else _typed(each) for name, each in value.items()}
    return [_typed(each) for each in value] if isinstance(value, list) else value


@resource("AWS::Events::Archive")
class ArchiveResource(Resource):
    """`Ref` is the name."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("ArchiveName") or change.physical_name(48)
        request = {"EventSourceArn": change.properties["SourceArn"], **self._settings(change.properties)}
        made = call.operation("events", "CreateArchive", {"ArchiveName": name, **request})
        change.physical_id = name
        change.attributes = {"Arn": made["ArchiveArn"], "ArchiveName": name}

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("ArchiveName", "SourceArn")):
            raise Replace
        settings = self._settings(change.properties)
        call.operation("events", "UpdateArchive", {"ArchiveName": change.physical_id, **settings})

    def delete(self, call: Call, change: Change) -> None:
        _delete(call, "DeleteArchive", {"ArchiveName": change.physical_id})

    def _settings(self, properties: dict[str, Any]) -> dict[str, Any]:
        settings: dict[str, Any] = {
            name: properties[name] for name in ("Description", "KmsKeyIdentifier") if name in properties
        }
        if "EventPattern" in properties:
            settings["EventPattern"] = orjson.dumps(properties["EventPattern"]).decode()
        if "RetentionDays" in properties:
            settings["RetentionDays"] = int(properties["RetentionDays"])
        return settings


@resource("AWS::Events::Connection")
class ConnectionResource(Resource):
    """`Ref` is the name."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(64)
        call.operation("events", "CreateConnection", {**_connection(change.properties), "Name": name})
        change.physical_id = name
        self._describe(call, change)

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        call.operation("events", "UpdateConnection", {**_connection(change.properties), "Name": change.physical_id})
        self._describe(call, change)

    def delete(self, call: Call, change: Change) -> None:
        _delete(call, "DeleteConnection", {"Name": change.physical_id})

    def _describe(self, call: Call, change: Change) -> None:
        described = call.operation("events", "DescribeConnection", {"Name": change.physical_id})
        change.attributes = {
            "Arn": described["ConnectionArn"],
            "ArnForPolicy": described["ConnectionArn"].rpartition("/")[0],
            "SecretArn": described["SecretArn"],
        }


def _connection(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: _typed(value) for name, value in properties.items() if name != "Name"}


@resource("AWS::Events::ApiDestination")
class ApiDestinationResource(Resource):
    """`Ref` is the name."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(64)
        made = call.operation("events", "CreateApiDestination", {**_destination(change.properties), "Name": name})
        change.physical_id = name
        arn = made["ApiDestinationArn"]
        change.attributes = {"Arn": arn, "ArnForPolicy": arn.rpartition("/")[0]}

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        request = {**_destination(change.properties), "Name": change.physical_id}
        call.operation("events", "UpdateApiDestination", request)

    def delete(self, call: Call, change: Change) -> None:
        _delete(call, "DeleteApiDestination", {"Name": change.physical_id})


def _destination(properties: dict[str, Any]) -> dict[str, Any]:
    request = {name: value for name, value in properties.items() if name != "Name"}
    if "InvocationRateLimitPerSecond" in request:
        request["InvocationRateLimitPerSecond"] = int(request["InvocationRateLimitPerSecond"])
    return request
