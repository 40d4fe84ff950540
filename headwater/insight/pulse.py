"""What flows between resources, as it flows: for a map that moves. Counts are gathered and sent at most 20 times a
second, so that a busy cloud costs its watchers no more than a quiet one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping

import orjson

from headwater.insight.arns import resource_of
from headwater.insight.follow import SPANS
from headwater.spine.engine import Engine
from headwater.spine.spans import Span

_SECONDS_BETWEEN = 0.05
_MOST_REMEMBERED = 20_000
_FINE = ("ok", "again")


class _Gathering:
    """Counts since the last message: by (from, to) how many went well and how many failed."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._subjects: OrderedDict[int, str] = OrderedDict()
        self._flows: dict[tuple[str, str], list[int]] = {}
        self._spans = 0
        self._timer: asyncio.TimerHandle | None = None
        self._told = 0.0

    def heard(self, spans: object) -> None:
        assert isinstance(spans, list)
        for span in spans:
            self._count(span)
        if self._timer is None and self._spans:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time(), self._told + _SECONDS_BETWEEN), self._tell)

    def _count(self, span: Span) -> None:
        if span.subject is None:
            return
        subject = resource_of(span.subject)
        self._subjects[span.id] = subject
        if len(self._subjects) > _MOST_REMEMBERED:
            self._subjects.popitem(last=False)
        if span.outcome is None:
            return
        self._spans += 1
        source = self._subjects.get(span.parent or 0, "")
        counts = self._flows.setdefault((source if source != subject else "", subject), [0, 0])
        counts[span.outcome not in _FINE] += 1

    def _tell(self) -> None:
        self._timer = None
        self._told = asyncio.get_running_loop().time()
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
