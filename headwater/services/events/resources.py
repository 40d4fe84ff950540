"""CloudFormation's types of EventBridge.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Events.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.events.buses import DEFAULT, bus_name
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, found, resource

_TAGGING = Tagging("events")


def _tag_list(change: Change) -> list[dict[str, str]]:
    return as_pairs(resource_tags(change))


def _changed(change: Change, *names: str) -> bool:
    return any(change.properties.get(name) != change.previous.get(name) for name in names)


@resource("AWS::Events::EventBus")
class EventBusResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        request = {**_settings(change.properties), "Name": change.properties["Name"], "Tags": _tag_list(change)}
        made = call.operation("events", "CreateEventBus", request)
        self._describe(change, made["EventBusArn"])
        self._set_policy(call, change)

    def update(self, call: Call, change: Change) -> None:
        if _changed(change, "Name"):
            raise Replace
        request = {**_settings(change.properties), "Name": change.physical_id}
        if "LogConfig" in change.previous:
            request.setdefault("LogConfig", {"Level": "OFF"})
        call.operation("events", "UpdateEventBus", request)
        self._describe(change, change.attributes["Arn"])
        self._set_policy(call, change)
        _TAGGING.update(call, {"ResourceARN": change.attributes["Arn"]}, change)

    def delete(self, call: Call, change: Change) -> None:
        call.operation("events", "DeleteEventBus", {"Name": change.physical_id})

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        told = call.operation("events", "DescribeEventBus", {"Name": change.physical_id})
        change.attributes = {"Arn": told["Arn"], "Name": told["Name"], "Policy": told.get("Policy", "")}
        names = ("Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig")
        return {
            **{name: told.get(name) or None for name in names},
            "Name": told["Name"],
            "Policy": orjson.loads(told["Policy"]) if told.get("Policy") else None,
            "Tags": _TAGGING.present(call, {"ResourceARN": told["Arn"]}),
        }

    def known(self, call: Call) -> list[str]:
        return [each["Name"] for each in all_listed(call, "events", "ListEventBuses", "EventBuses")]

    def _describe(self, change: Change, arn: str) -> None:
        change.physical_id = change.properties["Name"]
        change.attributes = {"Arn": arn, "Name": change.physical_id, "Policy": ""}

    def _set_policy(self, call: Call, change: Change) -> None:
        """The whole policy of the bus, where the template has changed it."""
        policy, bus = change.properties.get("Policy"), {"EventBusName": change.physical_id}
        if policy and policy != change.previous.get("Policy"):
            text = policy if isinstance(policy, str) else orjson.dumps(policy).decode()
            call.operation("events", "PutPermission", {**bus, "Policy": text})
        elif not policy and change.previous.get("Policy"):
            call.operation("events", "RemovePermission", {**bus, "RemoveAllPermissions": True})


def _settings(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name not in ("Name", "Tags", "Policy")}


@resource("AWS::Events::EventBusPolicy")
class EventBusPolicyResource(Resource):
    """The statement is given whole, or as action, principal and condition."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        bus = properties.get("EventBusName") or DEFAULT
        request = {name: value for name, value in properties.items() if name != "Statement"}
        if statement := properties.get("Statement"):
            if not isinstance(statement, dict):
                raise AwsError("ValidationException", "Statement must be an object.")
            policy = _policy_of(call, bus)
            kept = [other for other in policy if other.get("Sid") != properties["StatementId"]]
            whole = [*kept, {**statement, "Sid": properties["StatementId"]}]
            document = {"Version": "2012-10-17", "Statement": whole}
            request = {"EventBusName": bus, "Policy": orjson.dumps(document).decode()}
        call.operation("events", "PutPermission", request)
        change.physical_id = f"{bus}|{properties['StatementId']}"

    def update(self, call: Call, change: Change) -> None:
        if _changed(change, "EventBusName", "StatementId"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        bus, _, sid = change.physical_id.partition("|")
        try:
            call.operation("events", "RemovePermission", {"EventBusName": bus, "StatementId": sid})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise


def _policy_of(call: Call, bus: str) -> list[dict[str, Any]]:
    described = call.operation("events", "DescribeEventBus", {"Name": bus})
    policy = described.get("Policy")
    statements: list[dict[str, Any]] = orjson.loads(policy)["Statement"] if policy else []
    return statements


@resource("AWS::Events::Rule")
class RuleResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(64)
        self._put(call, change, name)
        self._put_targets(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        if _changed(change, "Name", "EventBusName"):
            raise Replace
        name = change.attributes["Arn"].rpartition("/")[2]
        self._put(call, change, name)
        wanted = {target["Id"] for target in change.properties.get("Targets") or ()}
        gone = [target["Id"] for target in change.previous.get("Targets") or () if target["Id"] not in wanted]
        self._remove_targets(call, change.properties, name, gone)
        self._put_targets(call, change, name)
        _TAGGING.update(call, {"ResourceARN": change.attributes["Arn"]}, change)

    def delete(self, call: Call, change: Change) -> None:
        name = change.physical_id.rpartition("|")[2]
        targets = [target["Id"] for target in change.properties.get("Targets") or ()]
        try:
            self._remove_targets(call, change.properties, name, targets)
            call.operation("events", "DeleteRule", {"Name": name, **_bus(change.properties)})
        except AwsError as error:
            if error.code != "ResourceNotFoundException":
                raise

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        bus, _, name = change.physical_id.rpartition("|")
        named = {"EventBusName": bus or DEFAULT}
        told = call.operation("events", "DescribeRule", {"Name": name, **named})
        targets = call.operation("events", "ListTargetsByRule", {"Rule": name, **named})["Targets"]
        change.attributes = {"Arn": told["Arn"], "RuleName": name}
        present = {each: told.get(each) or None for each in ("Description", "RoleArn", "ScheduleExpression", "State")}
        pattern = told.get("EventPattern")
        return {
            **present,
            "EventPattern": orjson.loads(pattern) if pattern else None,
            "EventBusName": told["EventBusName"],
            "Name": name,
            "Targets": targets or None,
            "Tags": _TAGGING.present(call, {"ResourceARN": told["Arn"]}),
        }

    def known(self, call: Call) -> list[str]:
        buses = [each["Name"] for each in all_listed(call, "events", "ListEventBuses", "EventBuses")]
        return [
            self.locate(rule["Arn"])
            for bus in buses
            for rule in all_listed(call, "events", "ListRules", "Rules", request={"EventBusName": bus})
        ]

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        rule = {"Name": properties.get("Name"), "EventBusName": properties.get("EventBusName")}
        there = found(call, "events", "DescribeRule", rule) if rule["Name"] else None
        return self.locate(there["Arn"]) if there else None

    def locate(self, identifier: str) -> str:
        """The identifier is the ARN, ``…:rule/[bus/]name``; `Ref` gives ``[bus|]name``."""
        return identifier.rpartition(":rule/")[2].replace("/", "|")

    def _put(self, call: Call, change: Change, name: str) -> None:
        properties = {key: value for key, value in change.properties.items() if key != "Targets"}
        if "EventPattern" in properties:
            properties["EventPattern"] = orjson.dumps(properties["EventPattern"]).decode()
        request = {**properties, "Name": name, "Tags": _tag_list(change)}
        arn = call.operation("events", "PutRule", request)["RuleArn"]
        bus = change.properties.get("EventBusName") or DEFAULT
        bus = bus_name(bus) or bus
        change.physical_id = name if bus == DEFAULT else f"{bus}|{name}"
        change.attributes = {"Arn": arn, "RuleName": name}

    def _put_targets(self, call: Call, change: Change, name: str) -> None:
        if targets := change.properties.get("Targets"):
            request = {"Rule": name, **_bus(change.properties), "Targets": [_target(target) for target in targets]}
            call.operation("events", "PutTargets", request)

    def _remove_targets(self, call: Call, properties: dict[str, Any], name: str, targets: list[str]) -> None:
        if targets:
            call.operation("events", "RemoveTargets", {"Rule": name, **_bus(properties), "Ids": targets})


def _bus(properties: dict[str, Any]) -> dict[str, str]:
    return {"EventBusName": properties["EventBusName"]} if properties.get("EventBusName") else {}


def _target(target: dict[str, Any]) -> dict[str, Any]:
    """Templates may give numbers as texts."""
    retry = target.get("RetryPolicy")
    return {**target, "RetryPolicy": {name: int(value) for name, value in retry.items()}} if retry else target
