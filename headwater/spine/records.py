"""What was published, as it came, and to whom it went: events, messages, notifications.

Each record is one row, written with the spans of its group. Nothing is looked up or matched for it: explanations
are worked out from it when somebody asks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.spine.store import Transaction

SCHEMA = (
    """
    CREATE TABLE records (
        id BIGINT PRIMARY KEY, cause TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL,
        body TEXT NOT NULL, routes TEXT
    );
    """,
)
_INSERT = "INSERT INTO records (id, cause, channel, name, body, routes) VALUES (?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT id, cause, channel, name, body, routes FROM records"
# No index over names: each publishing would pay for what is asked once in a while. The newest is found first.
_NAMED = f"{_SELECT} WHERE name = ? ORDER BY id DESC LIMIT 1"
_NAMED_ON = f"{_SELECT} WHERE name = ? AND channel = ? ORDER BY id DESC LIMIT 1"
_LAST = f"{_SELECT} WHERE channel = ? ORDER BY id DESC LIMIT ?"
_OF_TRACE = f"{_SELECT} WHERE id > ? AND substr(cause, 1, ?) = ? ORDER BY id LIMIT ?"
# What a span publishes is recorded soon after it began.
_OF_SPAN = f"{_SELECT} WHERE id > ? AND id < ? AND cause = ? ORDER BY id LIMIT ?"
_SOON = 1000 << 20  # ids rise by so many in a second
_MOST_OF_SPAN = 10
_SIZE = 150  # bytes of a row beside its body and routes, about


class Route(NamedTuple):
    """To whom something was given: a rule or subscription, its target, and the delivery's id."""

    taker: str
    target: str
    delivery: int


class Record(NamedTuple):
    """A row. ``channel`` is the ARN of the bus, topic or stream, ``name`` the id of what came."""

    id: int
    cause: str
    channel: str
    name: str
    body: str
    routes: list[Route]

    @property
    def trace(self) -> str:
        return self.cause.partition(":")[0]


Row = tuple[int, str, str, str, str, str | None]


def make_row(identity: int, cause: str, channel: str, name: str, body: str, routes: list[tuple[str, str, int]]) -> Row:
    return identity, cause, channel, name, body, orjson.dumps(routes).decode() if routes else None


def write(store: Transaction, rows: list[Row]) -> int:
    """Write records; about how many bytes they take."""
    store.many(_INSERT, rows)
    return sum(_SIZE + len(row[4]) + len(row[5] or "") for row in rows)


def find(store: Transaction, name: str, channel: str | None = None) -> Record | None:
    """The newest record of an id."""
    row = store.one(_NAMED, (name,)) if channel is None else store.one(_NAMED_ON, (name, channel))
    return None if row is None else read(row)


def last(store: Transaction, channel: str, count: int) -> list[Record]:
    """The newest records of a channel, the newest first."""
    return [read(row) for row in store.all(_LAST, (channel, count))]


def of_trace(store: Transaction, trace: str, after: int, limit: int) -> list[Record]:
    """What was published in a trace after the row of an id, in order."""
    return [read(row) for row in store.all(_OF_TRACE, (after, len(trace), trace, limit))]


def of_span(store: Transaction, trace: str, span: int) -> list[Record]:
    """What a span published, ten at most."""
    cause = f"{trace}:{span:016x}"
    return [read(row) for row in store.all(_OF_SPAN, (span, span + _SOON, cause, _MOST_OF_SPAN))]


def read(row: tuple[Any, ...]) -> Record:
    routes = [Route(*route) for route in orjson.loads(row[5])] if row[5] else []
    return Record(row[0], row[1], row[2], row[3], row[4], routes)
