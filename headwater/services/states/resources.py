"""CloudFormation's types of Step Functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.states.definition_source import definition_of
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, found, resource

_TAG = ("key", "value")
_TAGGING = Tagging("states", "tags", "tagKeys", _TAG)
_IDENTITY = ("StateMachineName", "StateMachineType")


@resource("AWS::StepFunctions::StateMachine")
class StateMachineResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {
            "name": properties.get("StateMachineName") or change.physical_name(80),
            "type": properties.get("StateMachineType") or "STANDARD",
            "tags": as_pairs(resource_tags(change), _TAG),
            **_settings(call, properties),
        }
        change.physical_id = call.operation("states", "CreateStateMachine", request)["stateMachineArn"]
        _describe(call, change)

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        arn = make_arn("states", call.region, call.account, f"stateMachine:{properties.get('StateMachineName')}")
        return arn if found(call, "states", "DescribeStateMachine", {"stateMachineArn": arn}) else None

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in _IDENTITY):
            raise Replace
        request = {"stateMachineArn": change.physical_id, **_settings(call, change.properties)}
        if change.previous.get("EncryptionConfiguration"):
            request.setdefault("encryptionConfiguration", {"type": "AWS_OWNED_KEY"})
        call.operation("states", "UpdateStateMachine", request)
        _TAGGING.update(call, {"resourceArn": change.physical_id}, change)
        _describe(call, change)

    def delete(self, call: Call, change: Change) -> None:
        if change.physical_id.startswith("arn:"):
            call.operation("states", "DeleteStateMachine", {"stateMachineArn": change.physical_id})

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """The definition is told as a text, however it was given."""
        arn = change.physical_id
        told = call.operation("states", "DescribeStateMachine", {"stateMachineArn": arn})
        _describe(call, change)
        return {
            **dict.fromkeys(("Definition", "DefinitionS3Location", "DefinitionSubstitutions")),
            "DefinitionString": told["definition"],
            "StateMachineName": told["name"],
            "StateMachineType": told["type"],
            "RoleArn": told["roleArn"],
            "LoggingConfiguration": _capitals(told.get("loggingConfiguration")),
            "TracingConfiguration": _capitals(told.get("tracingConfiguration")),
            "EncryptionConfiguration": _capitals(told.get("encryptionConfiguration")),
            "Tags": _TAGGING.present(call, {"resourceArn": arn}),
        }

    def known(self, call: Call) -> list[str]:
        machines = all_listed(call, "states", "ListStateMachines", "stateMachines", ("nextToken", "nextToken"))
        return [machine["stateMachineArn"] for machine in machines]


def _capitals(told: Any) -> Any:
    """Members as templates spell them."""
    if isinstance(told, dict):
        return {name[:1].upper() + name[1:]: _capitals(value) for name, value in told.items() if value is not None}
    return [_capitals(each) for each in told] if isinstance(told, list) else told


def _settings(call: Call, properties: dict[str, Any]) -> dict[str, Any]:
    """What both creating and updating take."""
    settings: dict[str, Any] = {
        "definition": definition_of(call, properties),
        "roleArn": properties.get("RoleArn", ""),
        "tracingConfiguration": {"enabled": _true((properties.get("TracingConfiguration") or {}).get("Enabled"))},
    }
    logging = properties.get("LoggingConfiguration")
    if logging:
        settings["loggingConfiguration"] = {
            "level": logging.get("Level", "OFF"),
            "includeExecutionData": _true(logging.get("IncludeExecutionData")),
            "destinations": [
                {"cloudWatchLogsLogGroup": {"logGroupArn": destination["CloudWatchLogsLogGroup"]["LogGroupArn"]}}
                for destination in logging.get("Destinations") or ()
            ],
        }
    return settings | _encryption(properties)


def _encryption(properties: dict[str, Any]) -> dict[str, Any]:
    given = properties.get("EncryptionConfiguration")
    if not given:
        return {}
    encryption: dict[str, Any] = {"type": given["Type"]}
    if "KmsKeyId" in given:
        encryption["kmsKeyId"] = given["KmsKeyId"]
    if "KmsDataKeyReusePeriodSeconds" in given:
        encryption["kmsDataKeyReusePeriodSeconds"] = int(given["KmsDataKeyReusePeriodSeconds"])
    return {"encryptionConfiguration": encryption}


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _describe(call: Call, change: Change) -> None:
    described = call.operation("states", "DescribeStateMachine", {"stateMachineArn": change.physical_id})
    change.attributes = {
        "Arn": change.physical_id,
        "Name": described["name"],
        "StateMachineRevisionId": described.get("revisionId", "INITIAL"),
    }


@resource("AWS::StepFunctions::Activity")
class ActivityResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(80)
        request = {"name": name, "tags": as_pairs(resource_tags(change), _TAG), **_encryption(change.properties)}
        change.physical_id = call.operation("states", "CreateActivity", request)["activityArn"]
        change.attributes = {"Arn": change.physical_id, "Name": name}

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        arn = make_arn("states", call.region, call.account, f"activity:{properties.get('Name')}")
        return arn if found(call, "states", "DescribeActivity", {"activityArn": arn}) else None

    def update(self, call: Call, change: Change) -> None:
        if any(
            change.properties.get(name) != change.previous.get(name) for name in ("Name", "EncryptionConfiguration")
        ):
            raise Replace
        _TAGGING.update(call, {"resourceArn": change.physical_id}, change)

    def delete(self, call: Call, change: Change) -> None:
        if change.physical_id.startswith("arn:"):
            call.operation("states", "DeleteActivity", {"activityArn": change.physical_id})


@resource("AWS::StepFunctions::StateMachineVersion")
class VersionResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        request = {"stateMachineArn": properties["StateMachineArn"]}
        for member, name in (("revisionId", "StateMachineRevisionId"), ("description", "Description")):
            if properties.get(name):
                request[member] = properties[name]
        change.physical_id = call.operation("states", "PublishStateMachineVersion", request)["stateMachineVersionArn"]
        change.attributes = {"Arn": change.physical_id}

    def delete(self, call: Call, change: Change) -> None:
        if change.physical_id.startswith("arn:"):
            request = {"stateMachineVersionArn": change.physical_id}
            call.operation("states", "DeleteStateMachineVersion", request)


@resource("AWS::StepFunctions::StateMachineAlias")
class AliasResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = {"name": change.properties.get("Name") or change.physical_name(80), **_routing(change)}
        change.physical_id = call.operation("states", "CreateStateMachineAlias", request)["stateMachineAliasArn"]
        change.attributes = {"Arn": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        request = {"stateMachineAliasArn": change.physical_id, **_routing(change)}
        call.operation("states", "UpdateStateMachineAlias", request)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("states", "DeleteStateMachineAlias", {"stateMachineAliasArn": change.physical_id})
        except AwsError as error:
            if error.code not in ("ResourceNotFound", "InvalidArn"):
                raise


def _routing(change: Change) -> dict[str, Any]:
    properties = change.properties
    preference = properties.get("DeploymentPreference") or {}
    routes = properties.get("RoutingConfiguration") or [
        {"StateMachineVersionArn": preference.get("StateMachineVersionArn", ""), "Weight": 100}
    ]
    routing = [
        {"stateMachineVersionArn": route["StateMachineVersionArn"], "weight": int(route["Weight"])} for route in routes
    ]
    return {"routingConfiguration": routing, "description": properties.get("Description") or ""}
