"""The causal tree of a trace, from the spans' rows."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.spine.operations import Call
from headwater.spine.spans import spans_of_trace

_LAST = """
SELECT trace FROM spans AS s WHERE parent IS NULL AND kind = 'operation' AND EXISTS (
    SELECT 1 FROM spans AS child WHERE child.trace = s.trace AND child.parent IS NOT NULL)
ORDER BY id DESC LIMIT 1
"""
_LAST_OF_ANY_KIND = "SELECT trace FROM spans WHERE kind = 'operation' ORDER BY id DESC LIMIT 1"
_BY_SUBJECT = "SELECT trace FROM spans WHERE subject = ? ORDER BY id DESC LIMIT 1"
_BY_TRACE = "SELECT trace FROM spans WHERE trace = ? LIMIT 1"
_BY_NOTE = "SELECT trace FROM spans WHERE notes LIKE ? ORDER BY id DESC LIMIT 1"


def last_trace(call: Call) -> str | None:
    """The newest trace in which something caused something else; the newest of any kind otherwise."""
    row = call.store.one(_LAST) or call.store.one(_LAST_OF_ANY_KIND)
    return row[0] if row else None


def find_trace(call: Call, identity: str) -> str | None:
    """The trace that an id names: a trace's own, a subject's (ARN), or one that a span notes."""
    escaped = identity.replace("%", "").replace('"', "")
    for statement, argument in ((_BY_TRACE, identity), (_BY_SUBJECT, identity), (_BY_NOTE, f'%"{escaped}"%')):
        row = call.store.one(statement, (argument,))
        if row is not None:
            trace: str = row[0]
            return trace
    return None


def tree(call: Call, trace: str) -> list[dict[str, Any]]:
    """The roots of a trace, each span with its ``children`` in the order of their beginning.

    A span whose parent is not ours (a client's own tracing) is a root.
    """
    spans = {row[0]: _span(row) for row in spans_of_trace(call.store, trace)}
    roots: list[dict[str, Any]] = []
    for span in spans.values():
        parent = spans.get(span["parent"])
        (parent["children"] if parent is not None else roots).append(span)
    for span in spans.values():
        span["id"] = f"{span['id']:016x}"
        span["parent"] = f"{span['parent']:016x}" if span["parent"] is not None else None
    return roots


def _span(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, _, parent, kind, name, subject, account, region, started, duration, outcome, notes = row
    return {
        "id": identity,
        "parent": parent,
        "kind": kind,
        "name": name,
        "subject": subject,
        "account": account,
        "region": region,
        "started": started,
        "duration": duration,
        "outcome": outcome,
        "notes": orjson.loads(notes) if notes else {},
        "children": [],
    }
