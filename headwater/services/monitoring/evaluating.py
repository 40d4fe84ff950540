"""Alarms are evaluated at each full minute of the clock; those of shorter periods every ten seconds.

The periods slide: the newest ends when it is evaluated.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import orjson

from headwater.languages.metrics import Series
from headwater.services.monitoring.alarm import Alarm, find_alarm
from headwater.services.monitoring.changes import Change, change_state
from headwater.services.monitoring.gauges import GAUGES, read_gauge
from headwater.services.monitoring.metric import Metric, Window, named_metric, read_series
from headwater.services.monitoring.metrics import keep, tell_values
from headwater.services.monitoring.queries import evaluate_queries
from headwater.services.monitoring.sleeping import EVALUATE, asleep_until
from headwater.services.monitoring.verdict import INSUFFICIENT_DATA, LOOKED_BEYOND, Rule, Verdict, judge
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds, short

_MINUTE, _OFTEN = 60_000, 10_000
_MOST_TOLD = 5
_TEXTS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


def begin_evaluating(call: Call, alarm: Alarm, former: Alarm | None) -> None:
    """An alarm has one timer, as long as it is there."""
    if former is not None and former.get("Timer"):
        call.cancel(former["Timer"])
    payload = {"alarm": alarm["AlarmName"]}
    due = _next(call.now, _step(alarm))
    alarm["Timer"] = call.deliver(EVALUATE, payload, target=alarm["AlarmArn"], due=due, policy=FOREVER)


def _next(now: int, step: int) -> int:
    return now // step * step + step


def _step(alarm: Alarm) -> int:
    return _OFTEN if _period(alarm) < _MINUTE else _MINUTE


def _period(alarm: Alarm) -> int:
    """In ms."""
    if alarm.get("Period"):
        return int(alarm["Period"]) * 1000
    queries = alarm["Metrics"]
    seconds = next(query["MetricStat"]["Period"] if query.get("MetricStat") else query["Period"]
                   for query in queries if query.get("MetricStat") or query.get("Period"))  # fmt: skip
    return int(seconds) * 1000


@delivery(EVALUATE)
def evaluate(call: Call, item: Delivery) -> Again | None:
    """``slept`` in the payload: when it was evaluated last, where nothing has happened since."""
    alarm = find_alarm(call, item.payload["alarm"])
    if alarm is None or alarm.get("Timer") != item.id:
        return None
    call.span.subject = alarm["AlarmArn"]
    call.span.kept = False
    step = _step(alarm)
    end = call.now // step * step
    rule = Rule(
        alarm["ComparisonOperator"],
        float(alarm["Threshold"]),
        alarm["EvaluationPeriods"],
        alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        alarm.get("TreatMissingData") or "missing",
    )
    window = Window(end - (rule.periods + LOOKED_BEYOND) * _period(alarm), end, _period(alarm))
    slept = item.payload.get("slept")
    _keep_gauges(call, alarm, range(end if slept is None else max(slept, window.start) + step, end, step))
    payload = {"alarm": alarm["AlarmName"]}
    due = _next(call.now, step)
    try:
        series = _series(call, alarm, window)
    except AwsError as error:  # such as an expression that makes no single series
        call.span.kept = True
        call.span.note("not evaluated", str(error))
        return Again(due, payload)
    newest_first = [series.get(at) for at in reversed(window.instants)]
    verdict = judge(rule, newest_first)
    if verdict.state not in (None, alarm["StateValue"]):
        call.span.kept = True
        change_state(call, alarm, _change(call, alarm, rule, verdict, window, series))
    elif (until := asleep_until(call, alarm, window)) is not None and until > due:
        return Again(-(-until // step) * step, {**payload, "slept": end})
    return Again(due, payload)


def _series(call: Call, alarm: Alarm, window: Window) -> Series:
    if alarm.get("MetricName"):
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        return read_series(call, named_metric(alarm), window, statistic, alarm.get("Unit"))
    found = evaluate_queries(call, alarm["Metrics"], window.start, window.end, window)
    return found[0].series if found else {}


def _keep_gauges(call: Call, alarm: Alarm, slept: range) -> None:
    """What is told of a moment only has a past from now on. ``slept``: when it was not looked at, being 0."""
    for metric in _metrics(alarm):
        if (metric.namespace, metric.name) in GAUGES and (value := read_gauge(call, metric)) is not None:
            for at, seen in (*((at, 0.0) for at in slept), (call.now, value)):
                keep(call, metric, at - 1, tell_values([(seen, 1.0)]), GAUGES[metric.namespace, metric.name])


def _metrics(alarm: Alarm) -> list[Metric]:
    if alarm.get("MetricName"):
        return [named_metric(alarm)]
    return [named_metric(query["MetricStat"]["Metric"]) for query in alarm["Metrics"] if query.get("MetricStat")]


def _change(call: Call, alarm: Alarm, rule: Rule, verdict: Verdict, window: Window, series: Series) -> Change:
    assert verdict.state is not None
    recent = sorted(series.items(), reverse=True)[: rule.periods]
    data = {
        "version": "1.0",
        "queryDate": iso8601_milliseconds(call.now).replace("Z", "+0000"),
        "period": window.period // 1000,
        "recentDatapoints": [value for _, value in reversed(recent)],
        "threshold": rule.threshold,
    }
    if recent:
        data["startDate"] = iso8601_milliseconds(recent[-1][0]).replace("Z", "+0000")
    if alarm.get("Statistic"):
        data["statistic"] = alarm["Statistic"]
    used = sorted(series.items(), reverse=True)[: len(verdict.used)]
    return Change(verdict.state, _reason(rule, verdict, used), orjson.dumps(data).decode())


def _reason(rule: Rule, verdict: Verdict, used: list[tuple[int, float]]) -> str:
    """``used``: when each datapoint that it comes of began, and its value, the newest first."""
    if verdict.state == INSUFFICIENT_DATA:
        many = "datapoint was" if rule.periods == 1 else "datapoints were"
        return f"Insufficient Data: {rule.periods} {many} unknown."
    alarms = verdict.state == "ALARM"
    if not used:
        treated = "missing datapoint was" if rule.periods == 1 else "missing datapoints were"
        return (
            f"Threshold Crossed: no datapoints were received for {rule.periods} period{'s'[: rule.periods > 1]} and "
            f"{rule.periods} {treated} treated as [{'Breaching' if alarms else 'NonBreaching'}]."
        )
    number = max(verdict.breaching if alarms else len(used) - verdict.breaching, 0)
    needed = rule.needed if alarms else rule.periods - rule.needed + 1
    shown = ", ".join(f"{value} ({short(at)})" for at, value in used[:_MOST_TOLD])
    was = ("was" if number == 1 else "were") + ("" if alarms else " not")
    return (
        f"Threshold Crossed: {number} out of the last {rule.periods} datapoints [{shown}] {was} "
        f"{_TEXTS[rule.comparison]} the threshold ({rule.threshold}) (minimum {needed} "
        f"datapoint{'s'[: needed > 1]} for {'OK -> ALARM' if alarms else 'ALARM -> OK'} transition)."
    )
