"""Metric alarms: putting, describing, deleting them, setting their state by hand.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from operator import itemgetter
from types import MappingProxyType

from headwater.services.monitoring import tables
from headwater.services.monitoring.alarm import (
    ACTIONS,
    Alarm,
    all_alarms,
    find_alarm,
    is_composite,
    named_alarm,
    new_alarm,
    save_alarm,
)
from headwater.services.monitoring.changes import Change, change_state
from headwater.services.monitoring.composites import children, parents
from headwater.services.monitoring.errors import bad_format, bad_token, invalid
from headwater.services.monitoring.evaluating import begin_evaluating
from headwater.services.monitoring.history import CONFIGURATION, note_history
from headwater.services.monitoring.metric import compiled_statistic, named_metric
from headwater.services.monitoring.queries import check_queries
from headwater.services.monitoring.querying import checked_period
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_PAGE = 50
_LACKS = ("EvaluationCriteria", "ThresholdMetricId", "WarmUpConfiguration", "ActionConfiguration", "EvaluationInterval")
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_LONGEST = 7 * 86_400
COMPARISONS: Mapping[str, str] = MappingProxyType(
    {
        "GreaterThanOrEqualToThreshold": ">=",
        "GreaterThanThreshold": ">",
        "LessThanThreshold": "<",
        "LessThanOrEqualToThreshold": "<=",
    }
)


@operation("monitoring", "PutMetricAlarm")
def put_metric_alarm(call: Call, request: Request) -> Result:
    _refuse(request, *_LACKS)
    if "WallClockWindow" in (request.get("EvaluationWindow") or {}):
        raise not_implemented("EvaluationWindow.WallClockWindow of CloudWatch's alarms")
    former = find_alarm(call, request["AlarmName"])
    if former is not None and is_composite(former):
        raise invalid(f"Alarm {request['AlarmName']} already exists as a composite alarm.")
    _check(request)
    alarm = {"Dimensions": [], **new_alarm(call, request, former)}
    begin_evaluating(call, alarm, former)
    save_alarm(call, alarm, request.get("Tags"))
    note_history(call, alarm, CONFIGURATION, f'Alarm "{alarm["AlarmName"]}" {"updated" if former else "created"}', {
        "type": "Update" if former else "Create", "version": "1.0",
    })  # fmt: skip
    return {}


def _check(request: Request) -> None:
    if not request.get("MetricName") and not request.get("Metrics"):
        raise invalid("At least one of the parameters MetricName or Metrics must be specified.")
    if request.get("MetricName") and request.get("Metrics"):
        raise invalid("Exactly one of the parameters MetricName or Metrics must be specified.")
    _require(request, "ComparisonOperator")
    if request["ComparisonOperator"] not in COMPARISONS:
        raise not_implemented(f"ComparisonOperator {request['ComparisonOperator']} (anomaly detection)")
    _require(request, "Threshold", "EvaluationPeriods")
    treatment = request.get("TreatMissingData")
    if treatment is not None and treatment not in _TREATMENTS:
        raise invalid(f"The value {treatment} for parameter TreatMissingData is not supported.")
    periods = request["EvaluationPeriods"]
    if (request.get("DatapointsToAlarm") or 1) > periods:
        raise invalid("The value of DatapointsToAlarm must not be greater than the value of EvaluationPeriods.")
    if request.get("Metrics"):
        _check_queries(request)
        return
    _require(request, "Namespace", "Period")
    if bool(request.get("Statistic")) == bool(request.get("ExtendedStatistic")):
        raise invalid("Exactly one of the parameters Statistic or ExtendedStatistic must be specified.")
    compiled_statistic(request.get("Statistic") or request["ExtendedStatistic"])
    checked_period(request["Period"])
    if request["Period"] * periods > _LONGEST:
        raise invalid(
            "Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800)."
        )


def _require(request: Request, *members: str) -> None:
    for member in members:
        if request.get(member) in (None, ""):
            raise invalid(f"The parameter {member} is required.")


def _check_queries(request: Request) -> None:
    queries = request["Metrics"]
    check_queries(queries)
    if sum(query.get("ReturnData") is not False for query in queries) != 1:
        raise invalid("Exactly one element of the metrics list should return data.")
    periods = {query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")}
    periods |= {query["Period"] for query in queries if query.get("Period")}
    if len(periods) != 1:
        raise invalid("All metrics of an alarm must have the same period.")
    for query in queries:
        if query.get("MetricStat"):
            compiled_statistic(query["MetricStat"]["Stat"])
            checked_period(query["MetricStat"]["Period"])


def _refuse(request: Request, *members: str) -> None:
    for member in members:
        if request.get(member) is not None:
            raise not_implemented(f"{member} of CloudWatch's alarms")


@operation("monitoring", "DescribeAlarms", reads=True)
def describe_alarms(call: Call, request: Request) -> Result:
    kinds = request.get("AlarmTypes") or ["MetricAlarm"]  # without telling, composite alarms are not shown
    alarms = all_alarms(call)
    if request.get("ChildrenOfAlarmName"):
        wanted = children(call, request["ChildrenOfAlarmName"])
        return _shown([_brief(alarm) for alarm in alarms if alarm["AlarmName"] in wanted], None)
    if request.get("ParentsOfAlarmName"):
        wanted = parents(call, request["ParentsOfAlarmName"])
        return _shown([_brief(alarm) for alarm in alarms if alarm["AlarmName"] in wanted], None)
    names, prefix = request.get("AlarmNames"), request.get("AlarmNamePrefix") or ""
    state, action = request.get("StateValue"), request.get("ActionPrefix") or ""
    found = [
        alarm
        for alarm in alarms
        if (not names or alarm["AlarmName"] in names)
        and alarm["AlarmName"].startswith(prefix)
        and ("CompositeAlarm" if is_composite(alarm) else "MetricAlarm") in kinds
        and state in (None, alarm["StateValue"])
        and (not action or any(arn.startswith(action) for each in ACTIONS.values() for arn in alarm[each]))
    ]

    def fetch(after: str, count: int) -> list[Alarm]:
        rest = (alarm for alarm in found if alarm["AlarmName"] > after)
        return list(islice(rest, count))

    limit = request.get("MaxRecords") or _PAGE
    return _shown(*page(request.get("NextToken"), limit, fetch, itemgetter("AlarmName"), bad_token))


def _brief(alarm: Alarm) -> Alarm:
    return {name: alarm[name] for name in ("AlarmName", "AlarmArn", "StateValue", "AlarmRule") if name in alarm}


def _shown(alarms: list[Alarm], token: str | None) -> Result:
    shown = [{name: value for name, value in alarm.items() if name != "Timer"} for alarm in alarms]
    result: Result = {
        "MetricAlarms": [alarm for alarm in shown if not is_composite(alarm)],
        "CompositeAlarms": [alarm for alarm in shown if is_composite(alarm)],
    }
    return result if token is None else result | {"NextToken": token}


@operation("monitoring", "DescribeAlarmsForMetric", reads=True)
def describe_alarms_for_metric(call: Call, request: Request) -> Result:
    wanted = named_metric(request)
    alarms = [
        alarm
        for alarm in all_alarms(call)
        if alarm.get("MetricName")
        and named_metric(alarm) == wanted
        and all(
            request.get(member) in (None, alarm.get(member))
            for member in ("Statistic", "ExtendedStatistic", "Period", "Unit")
        )
    ]
    return _shown(alarms, None)


@operation("monitoring", "DeleteAlarms")
def delete_alarms(call: Call, request: Request) -> Result:
    alarms = [alarm for name in request["AlarmNames"] if (alarm := find_alarm(call, name)) is not None]
    going = {alarm["AlarmName"] for alarm in alarms}
    for alarm in alarms:
        if left := parents(call, alarm["AlarmName"]) - going:
            raise invalid(
                f"Cannot delete {alarm['AlarmName']} as there are composite alarms depending on it: {min(left)}"
            )
    for alarm in alarms:
        if alarm.get("Timer"):
            call.cancel(alarm["Timer"])
        call.store.run(tables.DELETE_ALARM, (call.account, call.region, alarm["AlarmName"]))
        note_history(call, alarm, CONFIGURATION, f'Alarm "{alarm["AlarmName"]}" deleted', {
            "type": "Delete", "version": "1.0",
        })  # fmt: skip
    return {}


@operation("monitoring", "SetAlarmState")
def set_alarm_state(call: Call, request: Request) -> Result:
    """Moves an alarm by hand, with its event and its actions: how alarms are tried out on AWS too. A metric alarm is
    put right again by its next evaluation."""
    alarm = named_alarm(call, request["AlarmName"])
    data = request.get("StateReasonData")
    if data is not None and not data.lstrip().startswith("{"):
        raise bad_format("StateReasonData is no JSON object")
    change_state(call, alarm, Change(request["StateValue"], request["StateReason"], data))
    return {}


@operation("monitoring", "EnableAlarmActions")
def enable_alarm_actions(call: Call, request: Request) -> Result:
    return _set_enabled(call, request, True)


@operation("monitoring", "DisableAlarmActions")
def disable_alarm_actions(call: Call, request: Request) -> Result:
    return _set_enabled(call, request, False)


def _set_enabled(call: Call, request: Request, enabled: bool) -> Result:
    for name in request["AlarmNames"]:
        alarm = find_alarm(call, name)
        if alarm is not None and alarm["ActionsEnabled"] != enabled:
            alarm["ActionsEnabled"] = enabled
            alarm["AlarmConfigurationUpdatedTimestamp"] = call.now
            save_alarm(call, alarm)
            note_history(call, alarm, CONFIGURATION, f'Alarm "{name}" updated', {"type": "Update", "version": "1.0"})
    return {}
