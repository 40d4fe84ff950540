"""CloudWatch alarms and metric data, as records: metrics are not evaluated, states are set.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.logs import tables
from headwater.services.logs.errors import invalid_alarm
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601_milliseconds

_PAGE = 50
_ACTIONS: Mapping[str, str] = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}


@operation("monitoring", "PutMetricAlarm")
def put_metric_alarm(call: Call, request: Request) -> Result:
    name = request["AlarmName"]
    _refuse(request, "EvaluationCriteria", "EvaluationWindow")
    if not request.get("MetricName") and not request.get("Metrics"):
        raise invalid_alarm("At least one of the parameters MetricName or Metrics must be specified.")
    for action in [action for kind in _ACTIONS.values() for action in request.get(kind) or ()]:
        if parse_arn(action) is None:
            raise invalid_alarm(f"Invalid arn syntax: {action}")
    former = _find(call, name)
    alarm = {
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "Dimensions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": call.now,
        "StateTransitionedTimestamp": call.now,
    }
    if former is not None:
        alarm |= {member: value for member, value in former.items() if member.startswith("State")}
    alarm |= {member: value for member, value in request.items() if member != "Tags" and value is not None}
    alarm["AlarmArn"] = make_arn("cloudwatch", call.region, call.account, f"alarm:{name}")
    alarm["AlarmConfigurationUpdatedTimestamp"] = call.now
    _save(call, name, alarm, {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()})
    return {}


@operation("monitoring", "DescribeAlarms", reads=True)
def describe_alarms(call: Call, request: Request) -> Result:
    _refuse(request, "ChildrenOfAlarmName", "ParentsOfAlarmName")
    if "MetricAlarm" not in (request.get("AlarmTypes") or ["MetricAlarm"]):
        return {"MetricAlarms": [], "CompositeAlarms": []}
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix") or ""
    state, action = request.get("StateValue"), request.get("ActionPrefix") or ""
    rows = call.store.all(tables.LIST_ALARMS, (call.account, call.region, request.get("NextToken") or ""))
    alarms = [
        alarm
        for name, text in rows
        if (not names or name in names) and name.startswith(prefix)
        for alarm in [orjson.loads(text)]
        if state in (None, alarm["StateValue"])
        and (not action or any(arn.startswith(action) for each in _ACTIONS.values() for arn in alarm[each]))
    ]
    limit = request.get("MaxRecords") or _PAGE
    result: Result = {"MetricAlarms": alarms[:limit], "CompositeAlarms": []}
    if len(alarms) > limit:
        result["NextToken"] = alarms[limit - 1]["AlarmName"]
    return result


@operation("monitoring", "DeleteAlarms")
def delete_alarms(call: Call, request: Request) -> Result:
    for name in request["AlarmNames"]:
        call.store.run(tables.DELETE_ALARM, (call.account, call.region, name))
    return {}


@operation("monitoring", "SetAlarmState")
def set_alarm_state(call: Call, request: Request) -> Result:
    """Moves an alarm by hand, with its event and its actions: how alarms are tried out on AWS too."""
    alarm = _find(call, request["AlarmName"])
    if alarm is None:
        raise AwsError("ResourceNotFound", "", 404)
    former = {"value": alarm["StateValue"], "reason": alarm["StateReason"]}
    alarm["StateValue"] = request["StateValue"]
    alarm["StateReason"] = request["StateReason"]
    alarm["StateReasonData"] = request.get("StateReasonData")
    alarm["StateUpdatedTimestamp"] = call.now
    if former["value"] != alarm["StateValue"]:
        alarm["StateTransitionedTimestamp"] = call.now
        _tell(call, alarm, former)
    _save(call, alarm["AlarmName"], alarm, {})
    return {}


@operation("monitoring", "PutMetricData")
def put_metric_data(call: Call, request: Request) -> Result:
    for datum in request.get("MetricData") or ():
        at = datum.get("Timestamp") or call.now
        row = (call.new_id(), call.account, call.region, request["Namespace"], datum["MetricName"], at)
        call.store.run(tables.INSERT_DATUM, (*row, orjson.dumps(datum, default=str).decode()))
    return {}


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


def _refuse(request: Request, *members: str) -> None:
    for member in members:
        if request.get(member) is not None:
            raise not_implemented(f"{member} of CloudWatch's alarms")


def _find(call: Call, name: str) -> dict[str, Any] | None:
    row = call.store.one(tables.FIND_ALARM, (call.account, call.region, name))
    alarm: dict[str, Any] | None = orjson.loads(row[0]) if row else None
    return alarm


def _save(call: Call, name: str, alarm: dict[str, Any], tags: dict[str, str]) -> None:
    texts = (orjson.dumps(alarm).decode(), orjson.dumps(tags).decode())
    call.store.run(tables.PUT_ALARM, (call.account, call.region, name, *texts))


def _name(request: Request) -> str:
    arn = parse_arn(request["ResourceARN"])
    return arn.resource.removeprefix("alarm:") if arn else ""


def _tags(call: Call, request: Request) -> dict[str, str]:
    row = call.store.one(tables.ALARM_TAGS, (call.account, call.region, _name(request)))
    if row is None:
        raise AwsError("ResourceNotFoundException", f"Unknown resource {request['ResourceARN']}", 404)
    tags: dict[str, str] = orjson.loads(row[0])
    return tags


def _save_tags(call: Call, request: Request, tags: dict[str, str]) -> None:
    text = orjson.dumps(tags).decode()
    call.store.run(tables.SET_ALARM_TAGS, (text, call.account, call.region, _name(request)))


def _tell(call: Call, alarm: dict[str, Any], former: dict[str, str]) -> None:
    """The event on the default bus, and the actions that are topics or functions."""
    at = iso8601_milliseconds(call.now).replace("Z", "+0000")
    state = {"value": alarm["StateValue"], "reason": alarm["StateReason"], "timestamp": at}
    detail = {"alarmName": alarm["AlarmName"], "state": state, "previousState": former}
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": detail,
    }
    call.operation("events", "PutServiceEvent", entry)
    if not alarm["ActionsEnabled"]:
        return
    message = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": call.account,
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": at,
        "Region": call.region,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": former["value"],
    }
    for action in alarm[_ACTIONS[alarm["StateValue"]]]:
        if action.split(":")[2] == "sns":
            title = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {call.region}'
            request = {"TopicArn": action, "Subject": title[:100], "Message": orjson.dumps(message).decode()}
            try:
                call.operation("sns", "Publish", request)
            except AwsError as error:
                call.span.note("action failed", str(error))
