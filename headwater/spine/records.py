"""What was published, as it came, and to whom it went: events, messages, notifications.

Each record is one row, written with the spans of its group. Nothing is looked up or matched for it: explanations
are worked out from it when somebody asks. A name tells when it was given (:meth:`Ids.uuid_at`), and its record is
looked for among those of that time; the few that come later (replays, messages that waited) have an index of their own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.spine.ids import first_at, instant_in, instant_of
from headwater.spine.numbers import LARGEST
from headwater.spine.store import Transaction

SCHEMA = (
    """
    CREATE TABLE records (
        id BIGINT PRIMARY KEY, cause TEXT NOT NULL, channel TEXT NOT NULL, name TEXT NOT NULL,
        body TEXT NOT NULL, routes TEXT
    );
    """,
    """
    CREATE TABLE records_late (name TEXT NOT NULL, id BIGINT NOT NULL, PRIMARY KEY (name, id));
    CREATE INDEX records_late_by_id ON records_late (id);
    """,
)
_INSERT = "INSERT INTO records (id, cause, channel, name, body, routes) VALUES (?, ?, ?, ?, ?, ?)"
_SELECT = "SELECT id, cause, channel, name, body, routes FROM records"
_NAMED = f"{_SELECT} WHERE name = ? AND (? = '' OR channel = ?) AND id >= ? AND id < ? ORDER BY id DESC LIMIT 1"
_LATE = f"""{_SELECT} WHERE id IN (SELECT id FROM records_late WHERE name = ?) AND (? = '' OR channel = ?)
ORDER BY id DESC LIMIT 1
"""
_INSERT_LATE = "INSERT INTO records_late (name, id) VALUES (?, ?)"
_LAST = f"{_SELECT} WHERE channel = ? ORDER BY id DESC LIMIT ?"
_OF_TRACE = f"{_SELECT} WHERE id > ? AND substr(cause, 1, ?) = ? ORDER BY id LIMIT ?"
# What a span publishes is recorded soon after it began.
_OF_SPAN = f"{_SELECT} WHERE id > ? AND id < ? AND cause = ? ORDER BY id LIMIT ?"
# what an id tells that is of our making: from 2014 to 2103; of another one in a hundred does
_OURS = range(1_400_000_000_000, 4_200_000_000_000)
_SOON = 1000 << 20  # ids rise by so many in a second
_MOST_OF_SPAN = 10
_LATER = 10_000  # ms after which what comes is late
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
    late = [(row[3], row[0]) for row in rows if not 0 <= instant_of(row[0]) - instant_in(row[3]) < _LATER]
    if late:
        store.many(_INSERT_LATE, late)
    return sum(_SIZE + len(row[4]) + len(row[5] or "") for row in rows)


def find(store: Transaction, name: str, channel: str | None = None) -> Record | None:
    """The newest record of an id."""
    row = store.one(_LATE, (name, channel or "", channel or ""))
    given = instant_in(name)
    if row is None and given in _OURS:
        row = _named(store, name, channel, first_at(given), first_at(given + _LATER))
    elif row is None:  # it may be older than the index, or there is none
        row = _named(store, name, channel, 0, LARGEST)
    return None if row is None else read(row)


def _named(store: Transaction, name: str, channel: str | None, since: int, before: int) -> tuple[Any, ...] | None:
    return store.one(_NAMED, (name, channel or "", channel or "", since, before))


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
