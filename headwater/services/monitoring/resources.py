"""CloudFormation's types of CloudWatch.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CloudWatch.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, found, resource

_TAGGING = Tagging("monitoring")
_NUMBERS = {"Threshold": float, "Period": int, "EvaluationPeriods": int, "DatapointsToAlarm": int}


_SHARED = (
    *("ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmName", "InsufficientDataActions", "OKActions"),
)


def _put(call: Call, change: Change, operation: str, kind: str) -> None:
    """Create or update an alarm; templates may give numbers and truths as texts."""
    properties = change.properties
    name = change.physical_id or properties.get("AlarmName") or change.physical_name(255)
    request = {member: value for member, value in properties.items() if member not in ("AlarmName", "Tags")}
    for member, number in _NUMBERS.items():
        if member in request:
            request[member] = number(request[member])
    if "ActionsEnabled" in request:
        request["ActionsEnabled"] = _truth(request["ActionsEnabled"])
    if "Metrics" in request:
        request["Metrics"] = [_query(query) for query in request["Metrics"]]
    tags = as_pairs(resource_tags(change))
    call.operation("monitoring", operation, request | {"AlarmName": name, "Tags": tags})
    alarm = call.operation("monitoring", "DescribeAlarms", {"AlarmNames": [name], "AlarmTypes": [kind]})[f"{kind}s"][0]
    change.physical_id = name
    change.attributes = {"Arn": alarm["AlarmArn"]}


def _truth(value: Any) -> bool:
    return str(value).lower() == "true"


def _query(query: dict[str, Any]) -> dict[str, Any]:
    query = dict(query)
    if "ReturnData" in query:
        query["ReturnData"] = _truth(query["ReturnData"])
    if "Period" in query:
        query["Period"] = int(query["Period"])
    if "MetricStat" in query:
        query["MetricStat"] = {**query["MetricStat"], "Period": int(query["MetricStat"]["Period"])}
    return query


class _AlarmResource(Resource):
    operation = ""
    kind = ""
    reads: tuple[str, ...] = ()

    def create(self, call: Call, change: Change) -> None:
        _put(call, change, self.operation, self.kind)

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("AlarmName") != change.previous.get("AlarmName"):
            raise Replace
        _put(call, change, self.operation, self.kind)
        _TAGGING.update(call, {"ResourceARN": change.attributes["Arn"]}, change)

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        request = {"AlarmNames": [change.physical_id], "AlarmTypes": [self.kind]}
        found = call.operation("monitoring", "DescribeAlarms", request).get(f"{self.kind}s")
        if not found:
            raise AwsError("ResourceNotFound", f"There is no alarm {change.physical_id}.")
        change.attributes = {"Arn": found[0]["AlarmArn"]}
        present = {
            name: found[0].get(name) or None for name in self.reads if name not in ("ActionsEnabled", "Threshold")
        }
        present |= {name: found[0].get(name) for name in self.reads if name in ("ActionsEnabled", "Threshold")}
        return {**present, "Tags": _TAGGING.present(call, {"ResourceARN": found[0]["AlarmArn"]})}

    def known(self, call: Call) -> list[str]:
        request = {"AlarmTypes": [self.kind]}
        alarms = all_listed(call, "monitoring", "DescribeAlarms", f"{self.kind}s", request=request)
        return [alarm["AlarmName"] for alarm in alarms]

    def delete(self, call: Call, change: Change) -> None:
        call.operation("monitoring", "DeleteAlarms", {"AlarmNames": [change.physical_id]})


@resource("AWS::CloudWatch::Alarm")
class AlarmResource(_AlarmResource):
    operation, kind = "PutMetricAlarm", "MetricAlarm"
    reads = (
        *(*_SHARED, "ComparisonOperator", "DatapointsToAlarm", "Dimensions", "EvaluateLowSampleCountPercentile"),
        *("EvaluationPeriods", "ExtendedStatistic", "MetricName", "Metrics", "Namespace", "Period", "Statistic"),
        *("Threshold", "ThresholdMetricId", "TreatMissingData", "Unit"),
    )


@resource("AWS::CloudWatch::CompositeAlarm")
class CompositeAlarmResource(_AlarmResource):
    operation, kind = "PutCompositeAlarm", "CompositeAlarm"
    reads = (
        *(
            *_SHARED,
            "ActionsSuppressor",
            "ActionsSuppressorExtensionPeriod",
            "ActionsSuppressorWaitPeriod",
            "AlarmRule",
        ),
    )


@resource("AWS::CloudWatch::Dashboard")
class DashboardResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.physical_id or change.properties.get("DashboardName") or change.physical_name(255)
        body = change.properties["DashboardBody"]
        text = body if isinstance(body, str) else orjson.dumps(body).decode()
        call.operation("monitoring", "PutDashboard", {"DashboardName": name, "DashboardBody": text})
        change.physical_id = name

    def named(self, call: Call, properties: Mapping[str, Any]) -> str | None:
        name = properties.get("DashboardName")
        return name if name and found(call, "monitoring", "GetDashboard", {"DashboardName": name}) else None

    def update(self, call: Call, change: Change) -> None:
        if change.properties.get("DashboardName") != change.previous.get("DashboardName"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        try:
            call.operation("monitoring", "DeleteDashboards", {"DashboardNames": [change.physical_id]})
        except AwsError as error:
            if error.code != "DashboardNotFoundError":
                raise
