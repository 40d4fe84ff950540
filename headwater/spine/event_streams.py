"""Answers that go on: an operation's result may hold a stream of events where its model has one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from headwater.spine.work import Work

Events = AsyncIterator[tuple[str, dict[str, Any]]]


class EventStream:
    """The value of a result's event stream. ``begin(work)`` gives the events, each the name of its kind and what it
    holds; they are asked for once the answer has begun, and no more when the client is gone."""

    __slots__ = ("_begin", "_work")

    def __init__(self, work: Work, begin: Callable[[Work], Events]) -> None:
        self._work = work
        self._begin = begin

    def send_to(self, send: Callable[[str, dict[str, Any]], None], end: Callable[[], None]) -> Callable[[], object]:
        """Send the events as they come, and then ``end``. What is returned ends it before."""
        return self._work.spawn(self._send(send, end)).cancel

    async def _send(self, send: Callable[[str, dict[str, Any]], None], end: Callable[[], None]) -> None:
        try:
            async for kind, value in self._begin(self._work):
                send(kind, value)
        finally:
            end()
