"""Putting metric data, and listing metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.monitoring import tables
from headwater.services.monitoring.errors import bad_combination, bad_token, invalid_value, missing_parameter
from headwater.services.monitoring.metric import NO_UNIT, Metric, named_metric
from headwater.services.monitoring.own import own_metrics
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place

_OLDEST, _NEWEST = 14 * 86_400_000, 2 * 3_600_000
_KEPT = 455 * 86_400_000
_TRIM_EVERY = 256
_MOST_DATA, _MOST_VALUES = 1000, 150
_LARGEST = 2.0**360
_RECENT = 3 * 3_600_000
_PAGE = 500


class Told(NamedTuple):
    """What a datum tells: sums, and its values with how often each came (None for a statistic set)."""

    samples: float
    total: float
    minimum: float
    maximum: float
    values: list[tuple[float, float]] | None


@operation("monitoring", "PutMetricData")
def put_metric_data(call: Call, request: Request) -> Result:
    if request.get("EntityMetricData"):
        raise not_implemented("EntityMetricData of PutMetricData")
    namespace, data = request["Namespace"], request.get("MetricData") or []
    if namespace.startswith("AWS/"):
        raise invalid_value(f"The value {namespace} for parameter Namespace is invalid.")
    if not data:
        raise missing_parameter("The parameter MetricData is required.")
    if len(data) > _MOST_DATA:
        raise invalid_value("The collection MetricData must not have a size greater than 1000.")
    told = [_check(call, datum, f"MetricData.member.{number}") for number, datum in enumerate(data, 1)]
    for datum, each in zip(data, told, strict=True):
        at = datum.get("Timestamp")
        keep(
            call,
            named_metric({**datum, "Namespace": namespace}),
            call.now if at is None else at,
            each,
            datum.get("Unit"),
        )
    return {}


def keep(call: Call, metric: Metric, at: int, told: Told, unit: str | None = None) -> None:
    """Keep a sample."""
    row = call.store.one(tables.FIND_METRIC, (call.account, call.region, metric.namespace, metric.name, metric.key))
    identity = call.new_id()
    if row is None:
        known = call.new_id()
        place = (call.account, call.region, metric.namespace, metric.name, metric.key)
        call.store.run(tables.INSERT_METRIC, (known, *place, at))
    else:
        known = row[0]
        call.store.run(tables.TOUCH_METRIC, (at, known, at))
    data = None if told.values is None else orjson.dumps(told.values).decode()
    call.store.run(tables.INSERT_SAMPLE, (identity, known, at, unit or NO_UNIT, *told[:4], data))
    if identity % _TRIM_EVERY == 0:
        call.store.run(tables.TRIM_SAMPLES, (known, call.now - _KEPT))


def tell_values(pairs: list[tuple[float, float]]) -> Told:
    """Of values with how often each came."""
    count = sum(times for _, times in pairs)
    total = sum(value * times for value, times in pairs)
    return Told(count, total, min(pairs)[0], max(pairs)[0], pairs)


def _check(call: Call, datum: Mapping[str, Any], place: str) -> Told:
    at = datum.get("Timestamp")
    if at is not None and not call.now - _OLDEST <= at <= call.now + _NEWEST:
        when = "two weeks in the past" if at < call.now else "two hours in the future"
        raise invalid_value(f"The parameter {place}.Timestamp must specify a time no more than {when}.")
    if datum.get("StorageResolution") not in (None, 1, 60):
        raise invalid_value(
            f"The value {datum['StorageResolution']} for parameter {place}.StorageResolution is invalid."
        )
    names = [dimension["Name"] for dimension in datum.get("Dimensions") or ()]
    if len(set(names)) < len(names):
        raise invalid_value(f"The parameter {place}.Dimensions contains duplicate dimension names.")
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if len(given) > 1:
        raise bad_combination(
            f"The parameters {place}.{given[0]} and {place}.{given[1]} are mutually exclusive and you have specified "
            "both."
        )
    if not given:
        raise missing_parameter(
            f"At least one of the parameters must be specified: {place}.Value, {place}.StatisticValues."
        )
    if given == ["StatisticValues"]:
        return _check_set(datum["StatisticValues"], place)
    values = [datum["Value"]] if given == ["Value"] else datum["Values"]
    counts = datum.get("Counts") if given == ["Values"] else None
    if not 0 < len(values) <= _MOST_VALUES:
        raise invalid_value(f"The collection {place}.Values must have a size between 1 and {_MOST_VALUES}.")
    if counts is not None and len(counts) != len(values):
        raise invalid_value(f"The parameters {place}.Values and {place}.Counts must be of the same size.")
    for value in values:
        _check_number(value, f"{place}.{given[0]}")
    if counts is not None and any(not 0 < count < math.inf for count in counts):
        raise invalid_value(f"The parameter {place}.Counts must hold values greater than 0.")
    return tell_values(list(zip(values, counts or [1.0] * len(values), strict=True)))


def _check_set(statistics: Mapping[str, float], place: str) -> Told:
    for name, value in statistics.items():
        _check_number(value, f"{place}.StatisticValues.{name}")
    count, total = statistics["SampleCount"], statistics["Sum"]
    if count <= 0:
        raise invalid_value(f"The value {count} for parameter {place}.StatisticValues.SampleCount is invalid.")
    if statistics["Minimum"] > statistics["Maximum"]:
        raise invalid_value(
            f"The parameter {place}.StatisticValues.Maximum must be greater than or equal to "
            f"{place}.StatisticValues.Minimum."
        )
    return Told(count, total, statistics["Minimum"], statistics["Maximum"], None)


def _check_number(value: float, place: str) -> None:
    if not abs(value) <= _LARGEST:  # no number at all is refused so, too
        raise invalid_value(f"The value {value} for parameter {place} is invalid.")


@operation("monitoring", "ListMetrics", reads=True)
def list_metrics(call: Call, request: Request) -> Result:
    if request.get("IncludeLinkedAccounts") or request.get("OwningAccount"):
        raise not_implemented("IncludeLinkedAccounts and OwningAccount of ListMetrics")
    since = call.now - _RECENT if request.get("RecentlyActive") else 0
    rows = call.store.all(tables.LIST_METRICS, (call.account, call.region, since))
    put = {(namespace, name, tuple(map(tuple, orjson.loads(text)))) for namespace, name, text in rows}
    wanted = request.get("Namespace")
    own = own_metrics(call, since) if wanted is None or wanted.startswith("AWS/") else set()
    found = sorted(metric for metric in put | own if _fits(metric, request))
    start = read_place(request.get("NextToken"), bad_token)
    result: Result = {"Metrics": [Metric(*metric).shown for metric in found[start : start + _PAGE]]}
    if len(found) > start + _PAGE:
        result["NextToken"] = make_token(start + _PAGE)
    return result


def _fits(metric: tuple[str, str, tuple[tuple[str, str], ...]], request: Request) -> bool:
    namespace, name, pairs = metric
    dimensions = dict(pairs)
    return (
        request.get("Namespace") in (None, namespace)
        and request.get("MetricName") in (None, name)
        and all(
            each["Name"] in dimensions and each.get("Value") in (None, dimensions[each["Name"]])
            for each in request.get("Dimensions") or ()
        )
    )
