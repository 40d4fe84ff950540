"""Log events as they are kept: a batch of one stream together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from headwater.services.logs import tables
from headwater.services.logs.group_filters import apply_filters
from headwater.services.logs.log_group import LogGroup, LogStream
from headwater.spine.operations import Call

_TRIM_EVERY = 64
_ALWAYS = 2**62
# What a batch holds where an event of it may tell metrics, and such an event itself.
_EMBEDDED, _METRICS = b"CloudWatchMetrics", '"CloudWatchMetrics"'


class Place(NamedTuple):
    """Where an event stands in the order of time, and in which chunk."""

    at: int
    chunk: int
    position: int

    @property
    def event_id(self) -> str:
        return f"{self.chunk:038d}{self.position:018d}"


class Event(NamedTuple):
    """A log event; times in milliseconds."""

    place: Place
    stream: int
    ingested: int
    message: str


def tail_key(account: str, region: str) -> tuple[str, str, str]:
    """Signalled whenever events arrive in a group of an account and region."""
    return "logs", account, region


def append(call: Call, group: LogGroup, stream: LogStream, events: list[tuple[int, str]]) -> None:
    """Keep events of one stream, in whatever order."""
    first = min(event[0] for event in events)
    last = max(event[0] for event in events)
    identity = call.new_id()
    data = orjson.dumps(events)
    if _EMBEDDED in data:
        call.operation("monitoring", "PutEmbedded", {"Events": [event for event in events if _METRICS in event[1]]})
    call.store.run(tables.INSERT_CHUNK, (identity, group.id, stream.id, first, last, call.now, len(data), data))
    ends = (min(stream.first_event or first, first), max(stream.last_event or last, last), call.now, stream.id)
    call.store.run(tables.TOUCH_STREAM, ends)
    if group.retention and identity % _TRIM_EVERY == 0:
        call.store.run(tables.TRIM_GROUP, (group.id, group.kept_since(call.now)))
    if group.filters is not None:
        apply_filters(call, group, stream, identity, events)
    call.signal(tail_key(call.account, call.region))


def read(call: Call, group: LogGroup, stream: LogStream | None, start: int | None, end: int | None) -> list[Event]:
    """The events of a stream, or of the whole group, in the order of time; ``end`` is exclusive."""
    since = max(start or 0, group.kept_since(call.now))
    until = _ALWAYS if end is None else end
    statement, owner = (tables.GROUP_CHUNKS, group.id) if stream is None else (tables.STREAM_CHUNKS, stream.id)
    events = [
        event
        for row in call.store.all(statement, (owner, since, until))
        for event in events_of(*row)
        if since <= event.place.at < until
    ]
    events.sort(key=lambda event: event.place)
    return events


def events_of(chunk: int, stream: int, ingested: int, data: bytes) -> Iterable[Event]:
    kept: list[Any] = orjson.loads(data)
    for position, (at, message) in enumerate(kept):
        yield Event(Place(at, chunk, position), stream, ingested, message)
