"""What our own services did, as the metrics that AWS has of it: computed from the spans when somebody asks.

Nothing is written for them when things happen, except that an alarm has those kept that tell of a moment only.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from headwater.services.monitoring import tables
from headwater.services.monitoring.counting import Count, Dead, Seen, dimensions_of
from headwater.services.monitoring.gauges import GAUGES, read_gauge
from headwater.services.monitoring.sources import SOURCES
from headwater.services.monitoring.workflows import EXECUTIONS, read_executions
from headwater.spine.arns import make_arn
from headwater.spine.ids import instant_of
from headwater.spine.operations import Call

if TYPE_CHECKING:
    from headwater.services.monitoring.metric import Metric

_WORTH = 60_000  # a span may have got its id so much before it began, in ms
_LATE = 1 << 62
MATCHES = frozenset({("AWS/Events", "MatchedEvents"), ("AWS/Events", "TriggeredRules")})
LAST = "\x7f"  # after all names

Sample = tuple[int, float, str]
"""Instant in ms, value, unit."""


def is_own(metric: Metric) -> bool:
    return metric.namespace.startswith("AWS/")


def own_samples(call: Call, metric: Metric, start: int, end: int) -> Iterator[Sample]:
    """Between two instants; nothing for what is no metric of ours."""
    key = (metric.namespace, metric.name)
    if not is_own(metric):
        return
    if (source := SOURCES.get(key)) is not None:
        yield from (
            _dead(call, metric, source, start, end)
            if isinstance(source, Dead)
            else _counted(call, metric, source, start, end)
        )
    elif key in MATCHES:
        yield from _matched(call, metric, start, end)
    elif key in GAUGES and start <= call.now - 1 < end:
        value = read_gauge(call, metric)
        if value is not None:
            yield call.now - 1, value, GAUGES[key]
    elif key in EXECUTIONS:
        yield from read_executions(call, metric, start, end)


def _counted(call: Call, metric: Metric, source: Count, start: int, end: int) -> Iterator[Sample]:
    statement = tables.SPANS.format(marks=", ".join("?" * len(source.spans)))
    span = ((start - _WORTH) << 20, (end << 20) if end < _LATE >> 20 else _LATE)
    wanted = dict(metric.dimensions).items()
    fits: dict[tuple[str, str], bool] = {}  # there are many spans of few subjects
    for row in call.store.all(statement, (*span, call.account, call.region, *source.spans, start, end)):
        at, name, subject, outcome, duration, notes = row
        key = (name, subject or "")
        if key not in fits:
            fits[key] = wanted <= dimensions_of(metric.namespace, Seen(*key, "ok", None, {})).items()
        if fits[key]:
            value = source.value(Seen(*key, outcome, duration, orjson.loads(notes) if notes else {}))
            if value is not None:
                yield at, value, source.unit


def _matched(call: Call, metric: Metric, start: int, end: int) -> Iterator[Sample]:
    """Events that a rule matched: each counts once, however many targets the rule has."""
    prefix = make_arn("events", call.region, call.account, "event-bus/")
    wanted = dict(metric.dimensions)
    last = prefix + LAST
    for identity, routes in call.store.all(tables.ROUTED, (start << 20, (end << 20) - 1, prefix, last)):
        for rule in {taker for taker, *_ in orjson.loads(routes)}:
            if wanted.items() <= dimensions_of(metric.namespace, Seen("events.target", rule, "ok", None, {})).items():
                yield instant_of(identity), 1.0, "Count"


def _dead(call: Call, metric: Metric, source: Dead, start: int, end: int) -> Iterator[Sample]:
    wanted = dict(metric.dimensions)
    rows = call.store.all(tables.DEAD, (call.account, call.region, source.handler, start, end))
    for died, handler, payload, code, dead_letter in rows:
        subject = orjson.loads(payload).get(source.subject) or ""
        seen = Seen(handler, subject, code, None, {"dead-lettered to": dead_letter} if dead_letter else {})
        if wanted.items() <= dimensions_of(metric.namespace, seen).items():
            value = source.value(seen)
            if value is not None:
                yield died, value, "Count"


def own_metrics(call: Call, since: int) -> set[tuple[str, str, tuple[tuple[str, str], ...]]]:
    """Namespace, name and dimensions of what there is something to tell of since an instant."""
    names = sorted({name for source in SOURCES.values() if isinstance(source, Count) for name in source.spans})
    statement = tables.SPAN_SUBJECTS.format(marks=", ".join("?" * len(names)))
    found: set[tuple[str, str, tuple[tuple[str, str], ...]]] = set()
    subjects = call.store.all(statement, (since << 20, call.account, call.region, *names))
    for (namespace, metric), source in SOURCES.items():
        for name, subject in subjects:
            if isinstance(source, Count) and name in source.spans:
                dimensions = dimensions_of(namespace, Seen(name, subject, "ok", 0, {}))
                if dimensions:
                    found.add((namespace, metric, tuple(sorted(dimensions.items()))))
    return found
