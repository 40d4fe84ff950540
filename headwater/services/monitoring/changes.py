"""An alarm changes its state: what is kept, who is told, what is done.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.monitoring.alarm import ACTIONS, Alarm, is_composite, save_alarm
from headwater.services.monitoring.history import ACTION, STATE, note_history
from headwater.spine.admission import Visitor, admit
from headwater.spine.arns import make_arn
from headwater.spine.deliveries import Delivery, Policy, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds

_POLICY = Policy(attempts=3)
_TRIGGER = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Unit", "Dimensions", "Period",
            "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold", "TreatMissingData",
            "EvaluateLowSampleCountPercentile", "Metrics")  # fmt: skip


class Change(NamedTuple):
    """The state that an alarm comes to, and why; ``data`` is JSON."""

    value: str
    reason: str
    data: str | None = None


def change_state(call: Call, alarm: Alarm, change: Change) -> None:
    """Keep it; where it is another one, tell of it, and have composite alarms look."""
    former = {"value": alarm["StateValue"], "reason": alarm["StateReason"], "data": alarm.get("StateReasonData")}
    former["at"] = alarm["StateUpdatedTimestamp"]
    alarm["StateValue"], alarm["StateReason"] = change.value, change.reason
    alarm["StateReasonData"] = change.data
    alarm["StateUpdatedTimestamp"] = call.now
    if former["value"] == change.value:
        save_alarm(call, alarm)
        return
    alarm["StateTransitionedTimestamp"] = call.now
    save_alarm(call, alarm)
    call.signal(("monitoring", "alarms"))
    call.span.note("state", f"{former['value']} → {change.value}")
    call.span.note("reason", change.reason)
    summary = f"Alarm updated from {former['value']} to {change.value}"
    note_history(call, alarm, STATE, summary, {
        "version": "1.0",
        "oldState": {"stateValue": former["value"], "stateReason": former["reason"]},
        "newState": {"stateValue": change.value, "stateReason": change.reason},
    })  # fmt: skip
    call.operation("events", "PutServiceEvent", _event(call, alarm, former))
    if alarm["ActionsEnabled"]:
        _act(call, alarm, former)
    call.deliver("monitoring.composites", {"alarm": alarm["AlarmName"]}, target=alarm["AlarmArn"])


def offset_time(milliseconds: int) -> str:
    """``2026-11-28T07:33:23.936+0000``."""
    return iso8601_milliseconds(milliseconds).replace("Z", "+0000")


def _event(call: Call, alarm: Alarm, former: dict[str, Any]) -> dict[str, Any]:
    state = {"value": alarm["StateValue"], "reason": alarm["StateReason"], "timestamp": offset_time(call.now)}
    if alarm.get("StateReasonData"):
        state["reasonData"] = alarm["StateReasonData"]
    before = {"value": former["value"], "reason": former["reason"], "timestamp": offset_time(former["at"])}
    if former["data"]:
        before["reasonData"] = former["data"]
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": {
            "alarmName": alarm["AlarmName"],
            "state": state,
            "previousState": before,
            "configuration": _configuration(alarm),
        },
    }


def _configuration(alarm: Alarm) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if alarm.get("AlarmDescription") is not None:
        found["description"] = alarm["AlarmDescription"]
    if is_composite(alarm):
        return found | {"alarmRule": alarm["AlarmRule"]}
    if alarm.get("MetricName"):
        metric = {
            "namespace": alarm["Namespace"],
            "name": alarm["MetricName"],
            "dimensions": {each["Name"]: each["Value"] for each in alarm["Dimensions"]},
        }
        stat = {"period": alarm["Period"], "stat": alarm.get("Statistic") or alarm.get("ExtendedStatistic")}
        made = alarm["AlarmArn"].rpartition(":")[2]
        return found | {"metrics": [{"id": made, "metricStat": {"metric": metric, **stat}, "returnData": True}]}
    return found | {"metrics": [_query(query) for query in alarm["Metrics"]]}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": query["Id"], "returnData": query.get("ReturnData") is not False}
    if query.get("Expression"):
        return shown | {"expression": query["Expression"], "label": query.get("Label") or query["Id"]}
    stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
    named = {
        "namespace": metric["Namespace"],
        "name": metric["MetricName"],
        "dimensions": {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()},
    }
    return shown | {"metricStat": {"metric": named, "period": stat["Period"], "stat": stat["Stat"]}}


def _act(call: Call, alarm: Alarm, former: dict[str, Any]) -> None:
    """Its actions for the new state: topics and functions."""
    for action in alarm[ACTIONS[alarm["StateValue"]]]:
        service = action.split(":")[2]
        if service == "sns":
            title = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {call.region}'
            message = orjson.dumps(_message(call, alarm, former)).decode()
            _leave(call, alarm, action, "sns", "Publish", {
                "TopicArn": action, "Subject": title[:100], "Message": message,
            })  # fmt: skip
        elif service == "lambda":
            event = orjson.dumps(_function_event(call, alarm, former)).decode()
            _leave(call, alarm, action, "lambda", "Invoke", {
                "FunctionName": action, "InvocationType": "Event", "Payload": event,
            })  # fmt: skip
        else:
            call.span.note("action not done", f"{action}: Headwater does those of topics and functions")
            note_history(call, alarm, ACTION, f"Action {action} is not done by Headwater", {"actionState": "Failed"})


def _leave(call: Call, alarm: Alarm, action: str, service: str, name: str, request: dict[str, Any]) -> None:
    payload = {"alarm": alarm["AlarmName"], "service": service, "name": name, "request": request, "action": action}
    call.deliver("monitoring.action", payload, target=action, policy=_POLICY)


@delivery("monitoring.action")
def do_action(call: Call, item: Delivery) -> None:
    asked = item.payload
    call.span.subject = make_arn("cloudwatch", call.region, call.account, f"alarm:{asked['alarm']}")
    alarm = {"AlarmName": asked["alarm"]}
    request = asked["request"]
    if "Payload" in request:
        request = {**request, "Payload": request["Payload"].encode()}
    try:
        if asked["service"] == "sns" and call.engine.enforces_policies:
            admit(call, asked["action"], Visitor("cloudwatch", call.span.subject, call.account))
        call.operation(asked["service"], asked["name"], request)
    except AwsError as error:
        if item.attempt >= _POLICY.attempts:
            note_history(call, alarm, ACTION, f"Failed to execute action {asked['action']}: {error}", {
                "actionState": "Failed", "error": str(error), "notificationResource": asked["action"],
            })  # fmt: skip
        raise
    note_history(call, alarm, ACTION, f"Successfully executed action {asked['action']}", {
        "actionState": "Succeeded", "notificationResource": asked["action"],
    })  # fmt: skip


def _message(call: Call, alarm: Alarm, former: dict[str, Any]) -> dict[str, Any]:
    """As a topic gets it."""
    message = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": call.account,
        "AlarmConfigurationUpdatedTimestamp": offset_time(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": offset_time(call.now),
        "Region": call.region,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": former["value"],
        **{kind: alarm[kind] for kind in ACTIONS.values()},
    }
    if is_composite(alarm):
        told = orjson.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms", ())
        children = [
            {"Arn": each["arn"], "State": {"Value": each["state"]["value"], "Timestamp": each["state"]["timestamp"]}}
            for each in told
        ]
        return message | {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": children}
    trigger = {member: alarm[member] for member in _TRIGGER if alarm.get(member) is not None}
    if "Dimensions" in trigger:
        trigger["Dimensions"] = [{"value": each["Value"], "name": each["Name"]} for each in trigger["Dimensions"]]
    return message | {"Trigger": trigger}


def _function_event(call: Call, alarm: Alarm, former: dict[str, Any]) -> dict[str, Any]:
    """As a function gets it."""
    detail = _event(call, alarm, former)["Detail"]
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": call.account,
        "time": offset_time(call.now),
        "region": call.region,
        "alarmData": detail,
    }
