"""Going over the events of a group for something that takes its time: some chunks at once, each part in a transaction
of its own, and so little of it at a time that others have their turns between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from headwater.services.logs import query_tables, tables
from headwater.services.logs.chunks import Event, events_of
from headwater.services.logs.log_group import LogStream, find_group
from headwater.spine.operations import Call
from headwater.spine.work import Work

_CHUNKS = 64
_BYTES = 100_000  # at once, about: chunks have between some and a million
_EVENTS = 200
_STOPPED = -1


class Part(NamedTuple):
    """Some events of a group, as they were written, and how many bytes were read for them."""

    events: list[Event]
    size: int


class Span(NamedTuple):
    """From ``start`` to ``end``, which is exclusive, in ms."""

    start: int
    end: int


def streams_of(call: Call, group: int) -> dict[int, str]:
    """Names of the streams of a group by their ids."""
    streams = (LogStream(*row) for row in call.store.all(tables.LIST_STREAMS, (group,)))
    return {stream.id: stream.name for stream in streams}


async def scan(work: Work, name: str, span: Span) -> AsyncIterator[Part]:
    """All parts of the group of a name; none where it is gone."""
    after, most = 0, 1
    while after != _STOPPED:
        part, after = await work.transact(_read, name, span, after, most)
        most = min(max(1, most * _BYTES // max(part.size, 1)), 2 * most, _CHUNKS)
        size = part.size
        for start in range(0, len(part.events) or 1, _EVENTS):
            yield Part(part.events[start : start + _EVENTS], size)
            size = 0
            await asyncio.sleep(0)


def _read(call: Call, name: str, span: Span, after: int, most: int) -> tuple[Part, int]:
    group = find_group(call, name)
    if group is None:
        return Part([], 0), _STOPPED
    since = max(span.start, group.kept_since(call.now))
    rows = call.store.all(query_tables.SOME_CHUNKS, (group.id, since, span.end, after, most))
    events = [event for row in rows for event in events_of(*row) if since <= event.place.at < span.end]
    return Part(events, sum(len(row[3]) for row in rows)), rows[-1][0] if len(rows) == most else _STOPPED
