"""What flows between resources, as it flows: for a map that moves. Counts are gathered and sent at most 20 times a
second, and 4 times where much flows, so that a busy cloud costs its watchers no more than a quiet one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import orjson

from headwater.insight.arns import resource_of
from headwater.insight.follow import SPANS
from headwater.spine.engine import Engine
from headwater.spine.spans import Span

_SECONDS_BETWEEN = 0.05
_SECONDS_WHILE_BUSY = 0.25
_BUSY = 1_000  # spans a second
_REMEMBERED = 10_000  # as many again of what was before, for a cause is seldom older
_FINE = ("ok", "again")


class _Gathering:
    """Counts since the last message: by (from, to) how many went well and how many failed."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._subjects: dict[int, str] = {}
        self._former: dict[int, str] = {}
        self._flows: dict[tuple[str, str], list[int]] = {}
        self._spans = 0
        self._pause = _SECONDS_BETWEEN
        self._timer: asyncio.TimerHandle | None = None
        self._told = 0.0

    def heard(self, spans: object) -> None:
        assert isinstance(spans, list)
        if len(self._subjects) > _REMEMBERED:
            self._subjects, self._former = {}, self._subjects
        reached = [(span, resource_of(span.subject)) for span in spans if span.subject is not None]
        # all of them first: what a delivery calls comes before it, for it ends before it
        self._subjects.update((span.id, subject) for span, subject in reached)
        for span, subject in reached:
            if span.outcome is not None:
                self._count(span, subject)
        if self._timer is None and self._spans:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time(), self._told + self._pause), self._tell)

    def _count(self, span: Span, subject: str) -> None:
        cause, fine = span.parent, span.outcome in _FINE
        self._spans += 1
        source = "" if cause is None else self._subjects.get(cause) or self._former.get(cause, "")
        if source == subject and fine:
            return  # it goes on where it has been counted
        pair = (source if source != subject else "", subject)
        counts = self._flows.get(pair)
        if counts is None:
            counts = self._flows[pair] = [0, 0]
        counts[not fine] += 1

    def _tell(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        busy = self._spans > _BUSY * (now - self._told)
        self._pause = _SECONDS_WHILE_BUSY if busy else _SECONDS_BETWEEN
        self._told = now
        flows = [[*pair, *counts] for pair, counts in self._flows.items()]
        message = orjson.dumps({"spans": self._spans, "flows": flows})
        self._flows, self._spans = {}, 0
        self._send(b"data: " + message + b"\n\n")

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def pulse(engine: Engine, query: Mapping[str, str], send: Callable[[bytes], None]) -> Callable[[], None]:
    """Server-sent events ``{"spans": n, "flows": [[from, to, ok, failed], …]}``; the returned function stops them."""
    gathering = _Gathering(send)
    end = engine.listen(SPANS, gathering.heard)
    send(b": listening\n\n")

    def stop() -> None:
        gathering.stop()
        end()

    return stop
