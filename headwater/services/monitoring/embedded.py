"""The embedded metric format: log events that tell metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from headwater.services.monitoring.metric import Metric
from headwater.services.monitoring.metrics import Told, keep, tell_values
from headwater.spine.operations import Call, Request, Result, operation

_MOST_METRICS, _MOST_DIMENSIONS, _MOST_VALUES = 100, 30, 100
_LARGEST = 2.0**360
# before what `console.log` of a Node.js function writes: time, request and level
_CONSOLE = re.compile(r"\S+Z\t[0-9a-f-]{36}\t[A-Z]+\t\s*(?=\{)")


@operation("monitoring", "PutEmbedded", internal=True)
def put_embedded(call: Call, request: Request) -> Result:
    """``Events``: pairs of time and text, of which some may tell metrics. What is malformed tells none."""
    kept = 0
    for at, text in request["Events"]:
        prefix = _CONSOLE.match(text)
        try:
            document = orjson.loads(text[prefix.end() :] if prefix else text)
        except orjson.JSONDecodeError:
            continue
        for metric, when, told, unit in _told(document, at):
            keep(call, metric, when, told, unit)
            kept += 1
    call.span.kept = kept > 0
    call.span.note("metrics", kept)
    return {}


@operation("monitoring", "PutSamples", internal=True)
def put_samples(call: Call, request: Request) -> Result:
    """What a metric filter of a log group counts: ``Samples`` of one metric, with ``Dimensions`` as a mapping."""
    for sample in request["Samples"]:
        metric = Metric(request["Namespace"], request["MetricName"], tuple(sorted(sample["Dimensions"].items())))
        keep(call, metric, sample["Timestamp"], tell_values([(float(sample["Value"]), 1.0)]), request.get("Unit"))
    return {}


def _told(document: Any, at: int) -> Iterator[tuple[Metric, int, Told, str | None]]:
    said = document.get("_aws") if isinstance(document, dict) else None
    if not isinstance(said, dict) or not isinstance(said.get("CloudWatchMetrics"), list):
        return
    when = said.get("Timestamp")
    when = when if isinstance(when, int) and not isinstance(when, bool) and when > 0 else at
    for directive in said["CloudWatchMetrics"]:
        if isinstance(directive, dict) and isinstance(directive.get("Namespace"), str):
            yield from _of_directive(document, directive, when)


def _of_directive(
    document: Mapping[str, Any], directive: Mapping[str, Any], when: int
) -> Iterator[tuple[Metric, int, Told, str | None]]:
    metrics, sets = directive.get("Metrics"), directive.get("Dimensions")
    if not isinstance(metrics, list):
        return
    dimension_sets = (
        [found for each in sets if (found := _dimensions(document, each)) is not None]
        if isinstance(sets, list) and sets
        else [()]
    )
    for definition in metrics[:_MOST_METRICS]:
        name = definition.get("Name") if isinstance(definition, dict) else None
        told = _values(document.get(name)) if isinstance(name, str) else None
        if told is None or not isinstance(name, str):
            continue
        unit = definition.get("Unit")
        for dimensions in dimension_sets:
            yield Metric(directive["Namespace"], name, dimensions), when, told, unit if isinstance(unit, str) else None


def _dimensions(document: Mapping[str, Any], names: Any) -> tuple[tuple[str, str], ...] | None:
    """The dimensions of a set with their values; None where one is missing."""
    if not isinstance(names, list) or len(names) > _MOST_DIMENSIONS or not all(isinstance(name, str) for name in names):
        return None
    values = {name: document.get(name) for name in names}
    if not all(isinstance(value, str | int | float) for value in values.values()):
        return None
    return tuple(sorted((name, str(value)) for name, value in values.items()))


def _values(value: Any) -> Told | None:
    values = value if isinstance(value, list) else [value]
    if not 0 < len(values) <= _MOST_VALUES:
        return None
    if not all(
        isinstance(each, int | float) and not isinstance(each, bool) and abs(each) <= _LARGEST for each in values
    ):
        return None
    return tell_values([(float(each), 1.0) for each in values])
