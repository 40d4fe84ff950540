"""Queries of metrics and expressions over them, as GetMetricData and alarms have them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from headwater.languages.metrics import Expression, InvalidExpression, Series, UnknownFunction, compile_expression
from headwater.languages.metrics.functions import Surroundings, Value
from headwater.services.monitoring.errors import invalid
from headwater.services.monitoring.metric import Window, named_metric, read_series
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call

_ID = re.compile(r"[a-z]\w*")
_SUBSTITUTED = "${"

Query = Mapping[str, Any]


class Found(NamedTuple):
    """The series of a query, or one of those of an expression that makes several."""

    id: str
    label: str
    series: Series


def check_queries(queries: Sequence[Query]) -> dict[str, Expression]:
    """The expressions by id; AwsError where something is wrong."""
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        raise invalid("The values for parameter Id in MetricDataQueries must be unique.")
    expressions: dict[str, Expression] = {}
    for query in queries:
        if not _ID.fullmatch(query["Id"]):
            raise invalid(
                f"The value {query['Id']} for parameter MetricDataQueries.member.Id is not matching the expected "
                "pattern ^[a-z][a-zA-Z0-9_]*$."
            )
        if bool(query.get("MetricStat")) == bool(query.get("Expression")):
            raise invalid("Exactly one of the parameters MetricStat or Expression must be specified.")
        metric = (query.get("MetricStat") or {}).get("Metric")
        if metric is not None:
            for member in ("Namespace", "MetricName"):
                if not metric.get(member):
                    raise invalid(f"The parameter MetricStat.Metric.{member} is required.")
        if query.get("AccountId"):
            raise not_implemented("AccountId of metric data queries")
        if query.get("Expression"):
            expressions[query["Id"]] = _compile(query)
    for name, expression in expressions.items():
        if unknown := sorted(expression.names - set(ids)):
            raise invalid(f"Error in expression '{name}': Unknown identifier(s): {', '.join(unknown)}")
    return expressions


def _compile(query: Query) -> Expression:
    try:
        return compile_expression(query["Expression"])
    except UnknownFunction as error:
        raise not_implemented(f"{error} in metric math") from None
    except InvalidExpression as error:
        raise invalid(f"Error in expression '{query['Id']}': {error}") from None


def evaluate_queries(
    call: Call, queries: Sequence[Query], start: int, end: int, window: Window | None = None
) -> list[Found]:
    """Those that are asked for (``ReturnData``), in their order. ``window``: the same for all, as alarms have it."""
    expressions = check_queries(queries)
    by_id = {query["Id"]: query for query in queries}
    period = _shortest(queries)
    if window is None:
        window = Window(start // period * period, end, period)
    values: dict[str, Value] = {}
    for name, query in by_id.items():
        if query.get("MetricStat"):
            values[name] = _read(call, query, window)
    metrics = {name: value for name, value in values.items() if isinstance(value, dict)}
    world = Surroundings(values, window.instants, window.period // 1000, metrics)
    evaluate = partial(_evaluate, expressions, world)
    for name in expressions:
        evaluate(name, ())
    return [
        found
        for name, query in by_id.items()
        if query.get("ReturnData") is not False
        for found in _found(query, values[name], window)
    ]


def _shortest(queries: Sequence[Query]) -> int:
    """In ms: of the metrics, or where there are none of the expressions, else a minute."""
    metrics = [query["MetricStat"]["Period"] for query in queries if query.get("MetricStat")]
    return 1000 * int(min(metrics or [query["Period"] for query in queries if query.get("Period")] or [60]))


def _read(call: Call, query: Query, window: Window) -> Series:
    stat = query["MetricStat"]
    period = stat["Period"] * 1000
    its = window if period == window.period else Window(window.start // period * period, window.end, period)
    metric = named_metric(stat["Metric"])
    return read_series(call, metric, its, stat["Stat"], stat.get("Unit"))


def _evaluate(expressions: Mapping[str, Expression], world: Surroundings, name: str, above: tuple[str, ...]) -> None:
    """One expression, after those that it needs."""
    if name in world.values:
        return
    if name in above:
        raise invalid(f"Error in expression '{name}': it refers to itself.")
    expression = expressions[name]
    for needed in sorted(expression.names):
        _evaluate(expressions, world, needed, (*above, name))
    try:
        value = expression.evaluate(world)
    except RecursionError:
        raise invalid(f"Error in expression '{name}': it is too long.") from None
    except InvalidExpression as error:
        raise invalid(f"Error in expression '{name}': {error}") from None
    assert isinstance(world.values, dict)
    world.values[name] = value


def _found(query: Query, value: Value, window: Window) -> list[Found]:
    label = query.get("Label") or _label(query)
    if _SUBSTITUTED in label:
        raise not_implemented("A dynamic label (${…}) of metric data queries")
    if isinstance(value, list):
        return [Found(query["Id"], f"{label} {number}", _clean(each)) for number, each in enumerate(value, 1)]
    if isinstance(value, dict):
        return [Found(query["Id"], label, _clean(value))]
    raise invalid(f"Error in expression '{query['Id']}': The expression must result in a time series.")


def _label(query: Query) -> str:
    return str(query["MetricStat"]["Metric"]["MetricName"] if query.get("MetricStat") else query["Id"])


def _clean(series: Series) -> Series:
    return {at: value for at, value in series.items() if math.isfinite(value)}
