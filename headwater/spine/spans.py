"""What happened, and because of what.

A span is an operation, a delivery or a function's run. Its identity travels as a *cause*: text
``trace:span`` that is stored with whatever comes of it, and as ``X-Amzn-Trace-Id`` on the wire.
https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter, itemgetter
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
    """,
    # of which delivery this is an attempt
    "ALTER TABLE spans ADD COLUMN delivery BIGINT",
)
_INSERT = """
INSERT INTO spans
    (id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes, delivery)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# the row of a span, and its notes within: both without a line of Python for each
_ROW = attrgetter(
    *("id", "trace", "parent", "kind", "name", "subject", "account", "region", "started", "duration", "outcome"),
    *("notes_text", "delivery"),
)
_NOTES = itemgetter(11)
_FINISH = "UPDATE spans SET subject = ?, duration = ?, outcome = ?, notes = ? WHERE id = ?"
# No index over traces: each span would pay for what is asked once in a while, and a trace of ours says
# where it begins.
_SELECT_TRACE = """
SELECT id, trace, parent, kind, name, subject, account, region, started, duration, outcome, notes, delivery
FROM spans WHERE id >= ? AND trace = ? ORDER BY id
"""

_OURS = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
MOST_NOTED = 8192  # characters of a payload, where many are told of at once
MOST_KEPT = 262_144  # characters of one that can be sent again
_SIZE = 220  # bytes of a row beside its notes, about
_MASK = 2**64 - 1
_SIGN = 2**63  # a column holds signed numbers: a client's span id above this is a negative one; ours are below it
_CONTEXT = re.compile(r"(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
_HEADER = re.compile(r"Root=(1-[0-9a-fA-F]{8}-[0-9a-fA-F]{24})(?:;Parent=([0-9a-fA-F]{16}))?")


class Span:
    """One thing that happened. ``started`` is in milliseconds of the clock, ``duration`` in
    microseconds of the machine; ``outcome`` is ``ok``, an error code, or None while it runs."""

    __slots__ = (
        "account",
        "delivery",
        "duration",
        "id",
        "kept",
        "kind",
        "name",
        "notes",
        "outcome",
        "parent",
        "region",
        "started",
        "stored",
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
        # the id of the delivery that this is an attempt of
        self.delivery: int | None = None
        self.stored = False
        # False: nothing came of it that anybody would want to be told
        self.kept = True

    def note(self, key: str, value: object) -> None:
        """Add a detail that a reader of the trace wants to see."""
        if self.notes is None:
            self.notes = {}
        self.notes[key] = value

    @property
    def cause(self) -> str:
        return f"{self.trace}:{self.id & _MASK:016x}"

    @property
    def notes_text(self) -> str | None:
        return orjson.dumps(self.notes, default=str).decode() if self.notes else None


def shortened(text: str) -> str:
    """A text as a span may note it: of a long one the beginning, and how much there was."""
    if len(text) <= MOST_NOTED:
        return text
    return f"{text[:MOST_NOTED]}… [{len(text)} characters in all]"


def kept(text: str) -> str:
    """A text as a span may note it so that it can be sent again: whole up to what an event may have. Who tells of
    many spans cuts it (:func:`brief`)."""
    return text if len(text) <= MOST_KEPT else shortened(text)


def brief(notes: dict[str, Any]) -> dict[str, Any]:
    """Notes as they are told of together with those of other spans: long texts are cut."""
    return {key: shortened(value) if isinstance(value, str) else value for key, value in notes.items()}


def write(store: Transaction, spans: list[Span]) -> int:
    """Write spans that ended or begin to wait; those that were written while they waited are completed.
    About how many bytes they take."""
    completed = [span for span in spans if span.stored]
    for span in completed:
        store.run(_FINISH, (span.subject, span.duration, span.outcome, span.notes_text, span.id))
    rows = [*map(_ROW, [span for span in spans if not span.stored] if completed else spans)]
    store.many(_INSERT, rows)
    for span in spans:
        span.stored = True
    return _SIZE * len(rows) + sum(map(len, filter(None, map(_NOTES, rows))))


def split_cause(cause: str) -> tuple[str, int | None]:
    """The trace and the parent span of a cause."""
    trace, _, parent = cause.partition(":")
    return trace, number_of(parent) if parent else None


def number_of(hexadecimal: str) -> int:
    """A span's id as rows have it."""
    number = int(hexadecimal, 16)
    return number - 2 * _SIGN if number >= _SIGN else number


def name_of(number: int) -> str:
    """A span's id as it is written: sixteen hexadecimal digits."""
    return f"{number & _MASK:016x}"


def join_cause(trace: str, parent: int | None) -> str:
    return trace if parent is None else f"{trace}:{name_of(parent)}"


def is_root(cause: str) -> bool:
    """Whether a cause is the first span of its trace: such a trace bears its number (``Ids.trace``)."""
    return cause[11:27] == cause[36:]


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


def cause_of(headers: Mapping[str, str]) -> str | None:
    """The cause that a request's headers name: X-Ray's, else that of W3C's trace context."""
    header = headers.get("x-amzn-trace-id")
    if header is not None:
        return parse_trace_header(header)
    context = headers.get("traceparent")
    return parse_traceparent(context) if context is not None else None


def parse_traceparent(header: str) -> str | None:
    """https://www.w3.org/TR/trace-context/#traceparent-header: the same 32 digits as X-Ray's, without its hyphens."""
    match = _CONTEXT.fullmatch(header.strip())
    if match is None or match[2] == "0" * 32 or match[3] == "0" * 16:
        return None
    return f"1-{match[2][:8]}-{match[2][8:]}:{match[3]}"


def spans_of_trace(store: Transaction, trace: str) -> list[tuple[Any, ...]]:
    """The rows of a trace, oldest first."""
    return store.all(_SELECT_TRACE, (first_span(trace), trace))


def first_span(trace: str) -> int:
    """Where a trace of ours begins (``Ids.trace``); 0 for a client's own."""
    number = int(trace[11:27], 16) if _OURS.fullmatch(trace) else 0
    # of a client's, these digits are random: one that is no time of ours is told apart
    return number if number >> 20 < 2**43 and number >> 20 > 10**12 else 0
