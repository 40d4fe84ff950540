"""GetMetricStatistics and GetMetricData.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.monitoring.errors import bad_combination, bad_token, invalid, invalid_value, missing_parameter
from headwater.services.monitoring.metric import NO_UNIT, Window, compiled_statistic, named_metric, read_samples
from headwater.services.monitoring.queries import evaluate_queries
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_place

_MOST_POINTS = 1440
_MOST_DATAPOINTS = 100_800
_MOST_QUERIES = 500
_MINUTE = 60_000
_HIGH_RESOLUTIONS = (1, 5, 10, 20, 30)


def checked_period(seconds: int) -> int:
    """A period in ms; AwsError for what CloudWatch has not."""
    if seconds not in _HIGH_RESOLUTIONS and seconds % 60:
        raise invalid_value(
            f"The parameter Period must be a value in the set [ 1, 5, 10, 20, 30 ], or any multiple of 60: {seconds}"
        )
    return seconds * 1000


def window_of(start: int, end: int, period: int) -> Window:
    """From the beginning of the period, or at least of the minute, that holds ``start``."""
    step = min(period, _MINUTE)
    if period > _MINUTE:
        step = period
    return Window(start // step * step, end, period)


@operation("monitoring", "GetMetricStatistics", reads=True)
def get_metric_statistics(call: Call, request: Request) -> Result:
    statistics, extended = request.get("Statistics") or (), request.get("ExtendedStatistics") or ()
    if not statistics and not extended:
        raise missing_parameter("Must specify either Statistics or ExtendedStatistics")
    start, end, period = request["StartTime"], request["EndTime"], checked_period(request["Period"])
    if start >= end:
        raise invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    if (end - start) / period > _MOST_POINTS:
        raise bad_combination(
            f"You have requested up to {-((start - end) // period)} datapoints, which exceeds the limit of "
            f"{_MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time "
            "range."
        )
    metric, unit = named_metric(request), request.get("Unit")
    computed = {name: compiled_statistic(name) for name in (*statistics, *extended)}
    points = []
    for at, samples in read_samples(call, metric, window_of(start, end, period), unit).items():
        values = {name: compute(samples) for name, compute in computed.items()}
        point: dict[str, Any] = {"Timestamp": at, "Unit": unit or NO_UNIT}
        point |= {name: values[name] for name in statistics}
        if extended:
            point["ExtendedStatistics"] = {name: values[name] for name in extended if values[name] is not None}
        points.append(point)
    return {"Label": metric.name, "Datapoints": points}


@operation("monitoring", "GetMetricData", reads=True)
def get_metric_data(call: Call, request: Request) -> Result:
    queries = request["MetricDataQueries"]
    start, end = request["StartTime"], request["EndTime"]
    if len(queries) > _MOST_QUERIES:
        raise invalid(f"The collection MetricDataQueries must not have a size greater than {_MOST_QUERIES}.")
    if start >= end:
        raise invalid("The parameter StartTime must be less than the parameter EndTime.")
    if request.get("LabelOptions"):
        raise not_implemented("LabelOptions of GetMetricData")
    skipped = read_place(request.get("NextToken"), bad_token)
    room = min(request.get("MaxDatapoints") or _MOST_DATAPOINTS, _MOST_DATAPOINTS)
    newest_first = request.get("ScanBy") != "TimestampAscending"
    results, more = [], False
    for found in evaluate_queries(call, queries, start, end):
        points = sorted(found.series.items(), reverse=newest_first)
        page = points[skipped : skipped + room]
        more = more or len(points) > skipped + room
        result = {
            "Id": found.id,
            "Label": found.label,
            "Timestamps": [at for at, _ in page],
            "Values": [value for _, value in page],
            "StatusCode": "PartialData" if len(points) > skipped + room else "Complete",
        }
        results.append(result)
    answer: Result = {"MetricDataResults": results, "Messages": []}
    if more:
        answer["NextToken"] = make_token(skipped + room)
    return answer
