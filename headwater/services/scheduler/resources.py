"""CloudFormation's types of EventBridge Scheduler.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Scheduler.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.scheduler.errors import validation
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, resource
from headwater.spine.timestamps import iso8601, parse

_TAGGING = Tagging("scheduler")


@resource("AWS::Scheduler::ScheduleGroup")
class ScheduleGroupResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(64)
        made = call.operation(
            "scheduler", "CreateScheduleGroup", {"Name": name, "Tags": as_pairs(resource_tags(change))}
        )
        change.physical_id = name
        self._describe(call, change, made["ScheduleGroupArn"])

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("Name") != change.previous.get("Name"):
            raise Replace
        arn = change.attributes["Arn"]
        _TAGGING.update(call, {"ResourceArn": arn}, change)
        self._describe(call, change, arn)

    def delete(self, call: Call, change: Change) -> None:
        _unless_gone(call, "DeleteScheduleGroup", {"Name": change.physical_id})

    def _describe(self, call: Call, change: Change, arn: str) -> None:
        group = call.operation("scheduler", "GetScheduleGroup", {"Name": change.physical_id})
        change.attributes = {
            "Arn": arn,
            "State": group["State"],
            **{name: iso8601(group[name]) for name in ("CreationDate", "LastModificationDate")},
        }


@resource("AWS::Scheduler::Schedule")
class ScheduleResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("Name") or change.physical_name(64)
        self._put(call, change, "CreateSchedule", name)

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(name) != change.previous.get(name) for name in ("Name", "GroupName")):
            raise Replace
        self._put(call, change, "UpdateSchedule", change.physical_id)

    def delete(self, call: Call, change: Change) -> None:
        group = change.properties.get("GroupName")
        _unless_gone(call, "DeleteSchedule", {"Name": change.physical_id, "GroupName": group})

    def _put(self, call: Call, change: Change, operation: str, name: str) -> None:
        request = _request(change.properties) | {"Name": name}
        made = call.operation("scheduler", operation, request)
        change.physical_id = name
        change.attributes = {"Arn": made["ScheduleArn"]}


def _request(properties: dict[str, Any]) -> dict[str, Any]:
    """Templates give dates as texts and may give numbers so; inputs may be JSON."""
    request = dict(properties)
    for name in ("StartDate", "EndDate"):
        if name in request:
            request[name] = _date(request[name])
    window = request.get("FlexibleTimeWindow") or {}
    if "MaximumWindowInMinutes" in window:
        request["FlexibleTimeWindow"] = {**window, "MaximumWindowInMinutes": int(window["MaximumWindowInMinutes"])}
    target = dict(request.get("Target") or {})
    if retry := target.get("RetryPolicy"):
        target["RetryPolicy"] = {name: int(value) for name, value in retry.items()}
    if isinstance(target.get("Input"), dict | list):
        target["Input"] = orjson.dumps(target["Input"]).decode()
    return request | {"Target": target} if target else request


def _date(text: Any) -> int:
    try:
        return parse(str(text))
    except ValueError:
        raise validation(f"{text} is not a date") from None


def _unless_gone(call: Call, operation: str, request: dict[str, Any]) -> None:
    try:
        call.operation("scheduler", operation, {name: value for name, value in request.items() if value is not None})
    except AwsError as error:
        if error.code not in ("ResourceNotFoundException", "ConflictException"):
            raise
