"""The traces of late, newest first: found by text, outcome and time."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.insight.outcomes import GOOD, has_failed
from headwater.spine.operations import Call

# Spans are read newest first, so many at a time, until enough traces are found or so many were looked at.
_CHUNK = 5_000
_MOST_LOOKED_AT = 200_000
_BEFORE = """
SELECT id, trace, parent, kind, name, subject, started, duration, outcome, notes FROM spans
WHERE id < ? AND started >= ? ORDER BY id DESC LIMIT ?
"""
_LARGEST = 2**63 - 1
FAILED = "failed"
RUNNING = "running"
# in the text of a span's notes; within a text of a user's its quotes would be escaped
_FUNCTION_ERROR = '"functionError":'
# An operation that only looks, and of which nothing came.
_LOOKS = ("Describe", "Get", "List", "Head", "Filter", "Receive", "Query", "Scan", "Batch")


class Wanted(NamedTuple):
    """``text`` in any name, subject, outcome or note; ``status`` failed or running; ``since`` in ms; ``before`` a
    span's id, as an earlier answer's ``next`` gave it; ``looks``: also requests that only read, and caused nothing."""

    text: str = ""
    status: str | None = None
    since: int = 0
    before: int = _LARGEST
    limit: int = 100
    looks: bool = False


class _Trace:
    """What is told of one trace in a list."""

    def __init__(self) -> None:
        self.first: tuple[Any, ...] = ()
        self.last_end = 0
        self.spans = 0
        self.failures = 0
        self.running = 0
        self.found = False

    def add(self, row: tuple[Any, ...], text: str) -> None:
        _, _, _, kind, name, subject, started, duration, outcome, notes = row
        self.first = row  # rows come newest first, so that the last one added is the first that happened
        self.last_end = max(self.last_end, started * 1000 + (duration or 0))
        self.spans += 1
        self.running += outcome is None
        if outcome not in GOOD or _FUNCTION_ERROR in (notes or ""):
            self.failures += has_failed(name, outcome, orjson.loads(notes or "{}"))
        if not self.found:
            self.found = not text or any(text in str(each).lower() for each in (name, subject, outcome, notes, kind))

    @property
    def is_look(self) -> bool:
        return self.spans == 1 and self.first[8] in GOOD and self.first[4].partition(":")[2].startswith(_LOOKS)

    def shown(self, trace: str) -> dict[str, Any]:
        identity, _, _, kind, name, subject, started, _, outcome, _ = self.first
        return {
            "trace": trace,
            "first": f"{identity:016x}",
            "kind": kind,
            "name": name,
            "subject": subject,
            "started": started,
            "duration": self.last_end - started * 1000,
            "spans": self.spans,
            "failures": self.failures,
            "outcome": outcome,
            "running": self.running,
        }


def search_traces(call: Call, wanted: Wanted) -> dict[str, Any]:
    """``traces``, newest first, and ``next``: where to go on, or None where that was all."""
    traces: dict[str, _Trace] = {}
    before, looked, more = wanted.before, 0, True
    text = wanted.text.lower()
    while more and looked < _MOST_LOOKED_AT and _count(traces, wanted) <= wanted.limit:
        rows = call.store.all(_BEFORE, (before, wanted.since, _CHUNK))
        for row in rows:
            trace = traces.get(row[1])
            if trace is None:
                trace = traces[row[1]] = _Trace()
                trace.found = bool(text) and text in row[1].lower()
            trace.add(row, text)
        more = len(rows) == _CHUNK
        looked += len(rows)
        before = rows[-1][0] if rows else before
    found = [(name, trace) for name, trace in traces.items() if _fits(trace, wanted)]
    # by their beginning: a deployment whose alarm is evaluated each minute is no news
    found.sort(key=lambda each: each[1].first[0], reverse=True)
    shown = [trace.shown(name) for name, trace in found[: wanted.limit]]
    at = int(shown[-1]["first"], 16) if len(found) > wanted.limit else before if more else None
    return {"traces": shown, "next": f"{at:016x}" if at is not None else None}


def _count(traces: dict[str, _Trace], wanted: Wanted) -> int:
    return sum(_fits(trace, wanted) for trace in traces.values())


def _fits(trace: _Trace, wanted: Wanted) -> bool:
    if not trace.found or (trace.is_look and not wanted.looks):
        return False
    if wanted.status == FAILED and not trace.failures and trace.first[8] in GOOD:
        return False
    return not (wanted.status == RUNNING and not trace.running)
