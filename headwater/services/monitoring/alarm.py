"""Alarms as rows have them, and the tags of alarms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import orjson

from headwater.services.monitoring import tables
from headwater.services.monitoring.errors import invalid, no_such_alarm, no_such_resource
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation

Alarm = dict[str, Any]
ACTIONS: Mapping[str, str] = MappingProxyType(
    {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
)
UNCHECKED = "Unchecked: Initial alarm creation"


def is_composite(alarm: Alarm) -> bool:
    return "AlarmRule" in alarm


def find_alarm(call: Call, name: str) -> Alarm | None:
    row = call.store.one(tables.FIND_ALARM, (call.account, call.region, name))
    alarm: Alarm | None = orjson.loads(row[0]) if row else None
    return alarm


def named_alarm(call: Call, name: str) -> Alarm:
    alarm = find_alarm(call, name)
    if alarm is None:
        raise no_such_alarm(name)
    call.span.subject = alarm["AlarmArn"]
    return alarm


def all_alarms(call: Call) -> list[Alarm]:
    """By their names."""
    rows = call.store.all(tables.LIST_ALARMS, (call.account, call.region))
    return [orjson.loads(text) for _, text in rows]


def new_alarm(call: Call, request: Request, former: Alarm | None) -> Alarm:
    """What a request makes of an alarm; its state stays where there was one."""
    name = request["AlarmName"]
    for action in [action for kind in ACTIONS.values() for action in request.get(kind) or ()]:
        if parse_arn(action) is None:
            raise invalid(f"Invalid arn syntax: {action}")
    alarm: Alarm = {
        "ActionsEnabled": True,
        **{kind: [] for kind in ACTIONS.values()},
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": UNCHECKED,
        "StateUpdatedTimestamp": call.now,
        "StateTransitionedTimestamp": call.now,
    }
    if former is not None:
        alarm |= {member: value for member, value in former.items() if member.startswith("State")}
    alarm |= {member: value for member, value in request.items() if member != "Tags" and value is not None}
    alarm["AlarmArn"] = call.span.subject = make_arn("cloudwatch", call.region, call.account, f"alarm:{name}")
    alarm["AlarmConfigurationUpdatedTimestamp"] = call.now
    return alarm


def save_alarm(call: Call, alarm: Alarm, tags: Any = ()) -> None:
    texts = (orjson.dumps(alarm).decode(), orjson.dumps({tag["Key"]: tag["Value"] for tag in tags or ()}).decode())
    call.store.run(tables.PUT_ALARM, (call.account, call.region, alarm["AlarmName"], *texts))


@operation("monitoring", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tags(call, request).items()]}


@operation("monitoring", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    _save_tags(call, request, _tags(call, request) | {tag["Key"]: tag["Value"] for tag in request["Tags"]})
    return {}


@operation("monitoring", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    tags = {key: value for key, value in _tags(call, request).items() if key not in request["TagKeys"]}
    _save_tags(call, request, tags)
    return {}


def _name(request: Request) -> str:
    arn = parse_arn(request["ResourceARN"])
    return arn.resource.removeprefix("alarm:") if arn else ""


def _tags(call: Call, request: Request) -> dict[str, str]:
    row = call.store.one(tables.ALARM_TAGS, (call.account, call.region, _name(request)))
    if row is None:
        raise no_such_resource(request["ResourceARN"])
    tags: dict[str, str] = orjson.loads(row[0])
    return tags


def _save_tags(call: Call, request: Request, tags: dict[str, str]) -> None:
    text = orjson.dumps(tags).decode()
    call.store.run(tables.SET_ALARM_TAGS, (text, call.account, call.region, _name(request)))
