"""What a metric is called, and its samples by periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from headwater.languages.metrics import InvalidStatistic, Samples, Series, compile_statistic
from headwater.services.monitoring import tables
from headwater.services.monitoring.errors import invalid_value
from headwater.services.monitoring.own import own_samples
from headwater.spine.operations import Call

NO_UNIT = "None"


class Metric(NamedTuple):
    """``dimensions`` are pairs of name and value, in the order of names."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The dimensions as rows have them."""
        return orjson.dumps(self.dimensions).decode()

    @property
    def shown(self) -> dict[str, Any]:
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


class Window(NamedTuple):
    """From ``start`` to before ``end`` (ms) in periods of so many ms; the first begins at ``start``."""

    start: int
    end: int
    period: int

    @property
    def instants(self) -> range:
        return range(self.start, self.end, self.period)


def named_metric(request: Mapping[str, Any]) -> Metric:
    """The metric that a request's, alarm's or query's members name."""
    dimensions = sorted((each["Name"], each["Value"]) for each in request.get("Dimensions") or ())
    return Metric(request["Namespace"], request["MetricName"], tuple(dimensions))


def read_samples(call: Call, metric: Metric, window: Window, unit: str | None = None) -> dict[int, Samples]:
    """Samples by the beginnings of periods that have any: what was put, and what our own services did."""
    found: dict[int, Samples] = {}

    def at(instant: int) -> Samples:
        start = window.start + (instant - window.start) // window.period * window.period
        if start not in found:
            found[start] = Samples()
        return found[start]

    row = call.store.one(tables.FIND_METRIC, (call.account, call.region, metric.namespace, metric.name, metric.key))
    if row is not None:
        _add_put(call.store.all(tables.SAMPLES, (row[0], window.start, window.end)), at, unit)
    for instant, value, own_unit in own_samples(call, metric, window.start, window.end):
        if unit in (None, own_unit):
            at(instant).add(value)
    return found


def _add_put(rows: Iterable[tuple[Any, ...]], at: Callable[[int], Samples], unit: str | None) -> None:
    for instant, its_unit, count, total, minimum, maximum, data in rows:
        if unit not in (None, its_unit):
            continue
        samples = at(instant)
        if data is None:
            samples.add_set(count, total, minimum, maximum)
        else:
            for value, times in orjson.loads(data):
                samples.add(value, times)


def read_series(call: Call, metric: Metric, window: Window, statistic: str, unit: str | None = None) -> Series:
    """One statistic by the beginnings of periods."""
    compute = compiled_statistic(statistic)
    values = {at: compute(samples) for at, samples in read_samples(call, metric, window, unit).items()}
    return {at: value for at, value in sorted(values.items()) if value is not None}


def compiled_statistic(name: str) -> Callable[[Samples], float | None]:
    try:
        return compile_statistic(name)
    except InvalidStatistic:
        raise invalid_value(f"The value {name} for parameter Stat is not supported.") from None
