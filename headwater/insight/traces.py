"""The causal tree of a trace, from the spans' rows."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.insight.misses import explain_misses
from headwater.insight.refusals import note_refusals
from headwater.spine import records
from headwater.spine.ids import instant_of
from headwater.spine.operations import Call
from headwater.spine.records import Record
from headwater.spine.spans import brief, first_span, name_of, shortened, spans_of_trace

# Trace ids begin with their time, so the largest is the newest. A page that polls, or a test that waits,
# reads more often than it causes anything: what caused something comes first.
_NEWEST = (
    "SELECT max(trace) FROM spans WHERE kind = 'delivery'",
    "SELECT max(trace) FROM spans WHERE parent IS NOT NULL",
    "SELECT max(trace) FROM spans WHERE kind = 'operation'",
)
# A deployment is all deliveries: what was done since with what it made is newer, also where nothing was delivered.
_IS_DEPLOYMENT = "SELECT 1 FROM spans WHERE trace = ? AND kind = 'delivery' AND name LIKE 'cloudformation.%' LIMIT 1"
_SINCE = "SELECT max(trace) FROM spans WHERE parent IS NOT NULL AND trace > ?"
# What somebody has run by hand is newer than what was delivered before it.
_RUN_SINCE = """
SELECT max(trace) FROM spans WHERE trace > ? AND parent IS NULL AND kind = 'operation'
AND name IN ('lambda:Invoke', 'states:StartExecution', 'states:StartSyncExecution')
"""
_BY_SUBJECT = "SELECT trace FROM spans WHERE subject = ? ORDER BY id DESC LIMIT 1"
_BY_END_OF_SUBJECT = "SELECT trace FROM spans WHERE subject LIKE ? ORDER BY id DESC LIMIT 1"
_AFTER = """
SELECT id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes, delivery
FROM spans WHERE id > ? ORDER BY id LIMIT ?
"""
_ONE = """
SELECT id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes, delivery
FROM spans WHERE id = ?
"""
_MOST_PUBLISHED = 200
_BY_TRACE = "SELECT trace FROM spans WHERE trace = ? LIMIT 1"
_BY_NOTE = "SELECT trace FROM spans WHERE notes LIKE ? ORDER BY id DESC LIMIT 1"


def last_trace(call: Call) -> str | None:
    """The newest trace with a delivery in it, or of what was run by hand; else one in which something caused something;
    else the newest."""
    for statement in _NEWEST:
        found = _newest(call, statement)
        if found is not None:
            trace = _since_deployment(call, found)
            return _newest(call, _RUN_SINCE, trace) or trace
    return None


def _since_deployment(call: Call, trace: str) -> str:
    if call.store.one(_IS_DEPLOYMENT, (trace,)) is None:
        return trace
    return _newest(call, _SINCE, trace) or trace


def _newest(call: Call, statement: str, *arguments: str) -> str | None:
    row = call.store.one(statement, arguments)
    newest: str | None = row[0] if row is not None else None
    return newest


def find_trace(call: Call, identity: str) -> str | None:
    """The trace that an id names: a trace's own, an event's or message's, a subject's (ARN, or its end), or one that
    a span notes."""
    if (record := records.find(call.store, identity)) is not None:
        return record.trace
    escaped = identity.replace("%", "").replace('"', "")
    ways = (
        (_BY_TRACE, identity),
        (_BY_SUBJECT, identity),
        (_BY_NOTE, f'%"{escaped}"%'),
        (_BY_END_OF_SUBJECT, f"%:{escaped}"),
    )
    for statement, argument in ways:
        row = call.store.one(statement, (argument,))
        if row is not None:
            trace: str = row[0]
            return trace
    return identity if _segments(call, identity) else None


def tree(call: Call, trace: str) -> list[dict[str, Any]]:
    """The roots of a trace, each span with its ``children`` in the order of their beginning.

    What clients told of their own tracing (X-Ray, OpenTelemetry) is among them, as ``segment``. A span whose parent
    is not known is a root.
    """
    call.span.kept = False  # what is asked for this is nothing that happened: it would be told of, and asked for again
    spans = {row[0]: _span(row) for row in spans_of_trace(call.store, trace)}
    explain_misses(call, list(spans.values()))
    note_refusals(call, list(spans.values()))
    for segment in _segments(call, trace):
        spans.setdefault(segment["id"], segment)
    roots: list[dict[str, Any]] = []
    for span in spans.values():
        parent = spans.get(span["parent"])
        (parent["children"] if parent is not None else roots).append(span)
    for span in spans.values():
        _name_by_hexadecimal(span)
    return roots


def _segments(call: Call, trace: str) -> list[dict[str, Any]]:
    if not call.engine.catalogue.loaded("xray"):
        return []
    found = call.operation("xray", "SegmentsOfTrace", {"TraceId": trace})["Segments"]
    return [{**segment, "children": []} for segment in found]


def published(call: Call, trace: str) -> list[dict[str, Any]]:
    """What was published in a trace, bodies cut where they are long; ``deliveries`` are those that it was given to."""
    found = records.of_trace(call.store, trace, first_span(trace) - 1, _MOST_PUBLISHED)
    return [_published(record) | {"body": shortened(record.body)} for record in found]


def _published(record: Record) -> dict[str, Any]:
    return {
        "id": record.name,
        "span": record.cause.partition(":")[2],
        "channel": record.channel,
        "at": instant_of(record.id),
        "body": record.body,
        "deliveries": [f"{route.delivery:016x}" for route in record.routes],
    }


def whole_span(call: Call, identity: int) -> dict[str, Any] | None:
    """One span with all that it noted and published, nothing of it cut but what was too long to be kept."""
    row = call.store.one(_ONE, (identity,))
    if row is None:
        return None
    span = _span(row) | {"notes": orjson.loads(row[11]) if row[11] else {}}
    _name_by_hexadecimal(span)
    return span | {"published": [_published(each) for each in records.of_span(call.store, row[1], identity)]}


def spans_after(call: Call, identity: int, limit: int, explained: bool = False) -> list[dict[str, Any]]:
    """Spans that began after one, oldest first, each with an empty list of ``children``."""
    spans = [_span(row) for row in call.store.all(_AFTER, (identity, limit))]
    if explained:
        explain_misses(call, spans)
    for span in spans:
        _name_by_hexadecimal(span)
    return spans


def last_span(call: Call) -> str:
    """The id of the newest span; zero where there is none."""
    row = call.store.one("SELECT max(id) FROM spans")
    return f"{(row and row[0]) or 0:016x}"


def _name_by_hexadecimal(span: dict[str, Any]) -> None:
    span["id"] = name_of(span["id"])
    span["parent"] = name_of(span["parent"]) if span["parent"] is not None else None


def _span(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes, delivery = row
    span = {
        "id": identity,
        "trace": trace,
        "parent": parent,
        "kind": kind,
        "name": name,
        "subject": subject,
        "account": account,
        "region": region,
        "started": started,
        "duration": duration,
        "outcome": outcome,
        "notes": brief(orjson.loads(notes)) if notes else {},
        "children": [],
    }
    if delivery is not None:
        span["delivery"] = f"{delivery:016x}"
    return span
