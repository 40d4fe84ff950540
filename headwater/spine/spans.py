"""What happened, and because of what.

A span is an operation, a delivery or a function's run. Its identity travels as a *cause*: text
``trace:span`` that is stored with whatever comes of it, and as ``X-Amzn-Trace-Id`` on the wire.
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.spine.store import Transaction

SCHEMA = (
    """
    CREATE TABLE spans (
        id BIGINT PRIMARY KEY, trace TEXT NOT NULL, parent BIGINT, kind TEXT NOT NULL, name TEXT NOT NULL,
        subject TEXT, account TEXT NOT NULL, region TEXT NOT NULL,
        started BIGINT NOT NULL, duration BIGINT, outcome TEXT, notes TEXT
    );
    CREATE INDEX spans_by_trace ON spans (trace);
    """,
)
INSERT = """
INSERT INTO spans (id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, duration = excluded.duration,
    outcome = excluded.outcome, notes = excluded.notes
"""
SELECT_TRACE = """
SELECT id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes
FROM spans WHERE trace = ? ORDER BY id
"""

_LARGEST = 2**63 - 1  # what a column holds; span ids of ours are below it
_HEADER = re.compile(r"Root=(1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24})(?:;Parent=([0-9a-fA-F]{16}))?")


class Span:
    """One thing that happened. ``started`` is in milliseconds of the clock, ``duration`` in
    microseconds of the machine; ``outcome`` is ``ok``, an error code, or None while it runs."""

    __slots__ = (
        "account",
        "duration",
        "id",
        "kind",
        "name",
        "notes",
        "outcome",
        "parent",
        "region",
        "started",
        "subject",
        "trace",
    )

    def __init__(
        self,
        identity: int,
        trace: str,
        parent: int | None,
        kind: str,
        name: str,
        account: str,
        region: str,
        started: int,
    ) -> None:
        self.id = identity
        self.trace = trace
        self.parent = parent
        self.kind = kind
        self.name = name
        self.account = account
        self.region = region
        self.started = started
        self.subject: str | None = None
        self.duration: int | None = None
        self.outcome: str | None = None
        self.notes: dict[str, Any] | None = None

    def note(self, key: str, value: object) -> None:
        """Add a detail that a reader of the trace wants to see."""
        if self.notes is None:
            self.notes = {}
        self.notes[key] = value

    @property
    def cause(self) -> str:
        return f"{self.trace}:{self.id:016x}"

    def row(self) -> tuple[Any, ...]:
        notes = orjson.dumps(self.notes, default=str).decode() if self.notes else None
        return (
            self.id,
            self.trace,
            self.parent,
            self.kind,
            self.name,
            self.subject,
            self.account,
            self.region,
            self.started,
            self.duration,
            self.outcome,
            notes,
        )


def split_cause(cause: str) -> tuple[str, int | None]:
    """The trace and the parent span of a cause."""
    trace, _, parent = cause.partition(":")
    return trace, int(parent, 16) & _LARGEST if parent else None


def trace_header(cause: str) -> str:
    """A cause as the value of ``X-Amzn-Trace-Id``."""
    trace, _, parent = cause.partition(":")
    return f"Root={trace};Parent={parent};Sampled=1" if parent else f"Root={trace};Sampled=1"


def parse_trace_header(header: str) -> str | None:
    """The cause that an ``X-Amzn-Trace-Id`` names, or None where it is not well formed."""
    match = _HEADER.search(header)
    if match is None:
        return None
    return f"{match[1]}:{match[2]}" if match[2] else match[1]


def spans_of_trace(store: Transaction, trace: str) -> list[tuple[Any, ...]]:
    """The rows of a trace, oldest first."""
    return store.all(SELECT_TRACE, (trace,))
