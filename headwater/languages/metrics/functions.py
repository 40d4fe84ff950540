"""The functions of metric math.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html#using-metric-math-functions-list
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from statistics import pstdev
from types import MappingProxyType
from typing import NamedTuple

Series = dict[int, float]
Value = float | str | Series | list[Series]
Reduce = Callable[[Sequence[float]], float]


class InvalidExpression(ValueError):
    """It is no expression, or its parts do not fit."""


class UnknownFunction(ValueError):
    """A function that is not known here, by its name."""


class Surroundings(NamedTuple):
    """``values`` by the ids of queries; ``instants`` are all periods' beginnings, ``period`` their length in seconds;
    ``metrics`` are the series that come of no expression, by id."""

    values: Mapping[str, Value]
    instants: Sequence[int]
    period: int
    metrics: Mapping[str, Series]


Function = Callable[[Surroundings, list[Value]], Value]


def combine(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """An operation on numbers, series (where both have a value) and lists of series (each of them)."""
    if isinstance(left, str) or isinstance(right, str):
        raise InvalidExpression("a text is no operand")
    if isinstance(left, list) and isinstance(right, list):
        raise InvalidExpression("two arrays cannot be operands of one another")
    if isinstance(left, list):
        return [_as_series(combine(operation, each, right)) for each in left]
    if isinstance(right, list):
        return [_as_series(combine(operation, left, each)) for each in right]
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = {at: (value, right[at]) for at, value in left.items() if at in right}
    elif isinstance(left, dict):
        assert not isinstance(right, dict)
        pairs = {at: (value, right) for at, value in left.items()}
    elif isinstance(right, dict):
        pairs = {at: (left, value) for at, value in right.items()}
    else:
        found = _calculate(operation, left, right)
        return math.nan if found is None else found
    results = {at: _calculate(operation, *pair) for at, pair in pairs.items()}
    return {at: value for at, value in results.items() if value is not None}


def _calculate(operation: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        found = operation(left, right)
    except (ZeroDivisionError, OverflowError, ValueError):
        return None
    return float(found) if isinstance(found, int | float) else None


def _as_series(value: Value) -> Series:
    if not isinstance(value, dict):
        raise InvalidExpression("a time series is expected")
    return value


def _number(value: Value) -> float:
    if not isinstance(value, float):
        raise InvalidExpression("a number is expected")
    return value


def _reducing(reduce: Reduce) -> Function:
    """Of one series a number, of several series the series of what stands at each instant."""

    def function(world: Surroundings, arguments: list[Value]) -> Value:
        (value,) = _exactly(arguments, 1)
        if isinstance(value, dict):
            return float(reduce(list(value.values()))) if value else math.nan
        if isinstance(value, list):
            instants = sorted({at for each in value for at in each})
            return {at: float(reduce([each[at] for each in value if at in each])) for at in instants}
        raise InvalidExpression("a time series or an array of them is expected")

    return function


def _each(change: Callable[[float], float]) -> Function:
    def function(world: Surroundings, arguments: list[Value]) -> Value:
        (value,) = _exactly(arguments, 1)
        return combine(lambda left, _: change(left), value, 0.0)

    return function


def _through(change: Callable[[Surroundings, Series], Series]) -> Function:
    """What is made of a series as a whole."""

    def function(world: Surroundings, arguments: list[Value]) -> Value:
        (value,) = _exactly(arguments, 1)
        if isinstance(value, list):
            return [change(world, each) for each in value]
        return change(world, _as_series(value))

    return function


def _exactly(arguments: list[Value], number: int) -> list[Value]:
    if len(arguments) != number:
        raise InvalidExpression(f"{number} argument(s) expected, not {len(arguments)}")
    return arguments


def _differences(world: Surroundings, series: Series) -> Series:
    return {later: series[later] - series[earlier] for earlier, later in pairwise(sorted(series))}


def _rates(world: Surroundings, series: Series) -> Series:
    return {
        later: (series[later] - series[earlier]) / ((later - earlier) / 1000)
        for earlier, later in pairwise(sorted(series))
    }


def _gaps(world: Surroundings, series: Series) -> Series:
    return {later: (later - earlier) / 1000 for earlier, later in pairwise(sorted(series))}


def _running(world: Surroundings, series: Series) -> Series:
    instants = sorted(series)
    return dict(zip(instants, accumulate(series[at] for at in instants), strict=True))


def _fill(world: Surroundings, arguments: list[Value]) -> Value:
    value, filler = _exactly(arguments, 2)
    if isinstance(value, list):
        return [_as_series(_fill(world, [each, filler])) for each in value]
    series = _as_series(value)
    filled: Series = {}
    for at in sorted({*world.instants, *series}):
        if at in series:
            filled[at] = series[at]
        elif isinstance(filler, dict):
            if at in filler:
                filled[at] = filler[at]
        elif filler == "REPEAT":
            before = [each for each in series if each < at]
            if before:
                filled[at] = series[max(before)]
        elif filler == "LINEAR":
            before, after = [each for each in series if each < at], [each for each in series if each > at]
            if before and after:
                left, right = max(before), min(after)
                filled[at] = series[left] + (series[right] - series[left]) * (at - left) / (right - left)
        else:
            filled[at] = _number(filler)
    return filled


def _if(world: Surroundings, arguments: list[Value]) -> Value:
    if len(arguments) not in (2, 3):
        raise InvalidExpression("IF takes two or three arguments")
    condition, *choices = arguments
    if isinstance(condition, float):
        return choices[0] if condition else choices[1] if len(choices) > 1 else {}
    results: Series = {}
    for at, truth in _as_series(condition).items():
        if not truth and len(choices) == 1:
            continue
        choice = choices[0 if truth else 1]
        if isinstance(choice, float):
            results[at] = choice
        elif at in _as_series(choice):
            results[at] = _as_series(choice)[at]
    return results


def _metrics(world: Surroundings, arguments: list[Value]) -> Value:
    part = arguments[0] if arguments else ""
    if not isinstance(part, str):
        raise InvalidExpression("METRICS takes a text")
    return [series for name, series in world.metrics.items() if part in name]


def _period(world: Surroundings, arguments: list[Value]) -> Value:
    return float(world.period)


def _time_series(world: Surroundings, arguments: list[Value]) -> Value:
    (value,) = _exactly(arguments, 1)
    return dict.fromkeys(world.instants, _number(value))


def _end(first: bool) -> Function:
    def function(world: Surroundings, arguments: list[Value]) -> Value:
        (value,) = _exactly(arguments, 1)
        if not isinstance(value, list) or not value:
            raise InvalidExpression("an array of time series is expected")
        return value[0 if first else -1]

    return function


def _calendar(part: Callable[[datetime], int]) -> Function:
    def of(world: Surroundings, series: Series) -> Series:
        return {at: float(part(datetime.fromtimestamp(at / 1000, UTC))) for at in series}

    return _through(of)


FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "ABS": _each(abs),
        "AVG": _reducing(lambda values: sum(values) / len(values)),
        "CEIL": _each(math.ceil),
        "DATAPOINT_COUNT": _reducing(len),
        "DAY": _calendar(lambda at: at.isoweekday()),
        "DIFF": _through(_differences),
        "DIFF_TIME": _through(_gaps),
        "FILL": _fill,
        "FIRST": _end(True),
        "FLOOR": _each(math.floor),
        "HOUR": _calendar(lambda at: at.hour),
        "IF": _if,
        "LAST": _end(False),
        "LOG": _each(math.log),
        "LOG10": _each(math.log10),
        "MAX": _reducing(max),
        "METRICS": _metrics,
        "METRIC_COUNT": _reducing(len),
        "MIN": _reducing(min),
        "MINUTE": _calendar(lambda at: at.minute),
        "MONTH": _calendar(lambda at: at.month),
        "PERIOD": _period,
        "RATE": _through(_rates),
        "RUNNING_SUM": _through(_running),
        "STDDEV": _reducing(pstdev),
        "SUM": _reducing(sum),
        "TIME_SERIES": _time_series,
        "YEAR": _calendar(lambda at: at.year),
    }
)
