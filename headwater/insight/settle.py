"""Settle: is everything that was caused done? If not, what holds it up.

Answers once nothing is in flight that could still cause something now. Timers of the future are listed,
not awaited; under an automatic clock there is no future: its timers come due by themselves, and are
awaited too. So is, while faults are explored, what such faults delay: time jumps there.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import orjson

from headwater.spine.engine import Engine
from headwater.spine.spans import Span, spans_of_trace

_MOST_TIMERS = 100
_COLUMNS = "SELECT id, due, handler, target, attempt, cause FROM deliveries"
_PENDING = f"{_COLUMNS} WHERE waits = 0 AND leased = 0 ORDER BY due, id LIMIT ?"
_PENDING_OF = f"{_COLUMNS} WHERE leased = 0 AND substr(cause, 1, ?) = ? ORDER BY due, id LIMIT ?"
_AHEAD = """
SELECT DISTINCT ahead.cause FROM deliveries AS mine JOIN deliveries AS ahead ON ahead.ordering = mine.ordering
WHERE mine.waits = 1 AND ahead.id < mine.id AND substr(mine.cause, 1, ?) = ?
"""
_JOIN = ":JoinBatch"  # of Lambda and of Pipes


class Settlement(NamedTuple):
    """``holding``: what is still in flight; ``timers``: what comes due later."""

    settled: bool
    holding: list[dict[str, Any]]
    timers: list[dict[str, Any]]

    def shown(self, now: int) -> dict[str, Any]:
        return {"settled": self.settled, "now": now, "holding": self.holding, "timers": self.timers}


async def settle(engine: Engine, trace: str | None, seconds: float) -> Settlement:
    """Wait for rest, for so many seconds of the machine at most; of one trace, or of everything."""
    try:
        async with asyncio.timeout(seconds):
            await _until_settled(engine, trace)
    except TimeoutError:
        traces = None if trace is None else _joined(engine, trace)
        return Settlement(False, holding(engine, traces), timers(engine, trace))
    return Settlement(True, [], timers(engine, trace))


async def _until_settled(engine: Engine, trace: str | None) -> None:
    traces = None if trace is None else frozenset({trace})
    while True:
        await engine.flight.until_rest(traces)
        if trace is not None and traces != (joined := _joined(engine, trace)):
            traces = joined
        elif engine.clock.mode == "auto" and timers(engine, trace):
            await engine.time.until_jump()
        elif (delayed := _delayed(engine)) > 0:
            await engine.time.advance(delayed)
        else:
            return


def _delayed(engine: Engine) -> int:
    """The milliseconds until all is there that explored faults have delayed."""
    armed = engine.armed
    return 0 if armed is None or not armed.hasten or engine.clock.mode == "auto" else armed.until - engine.clock.now()


def _joined(engine: Engine, trace: str) -> frozenset[str]:
    """A trace, those in which batches with records of it were handled, those whose turn comes before, and so on."""
    found: set[str] = set()
    ahead = [trace]
    while ahead:
        one = ahead.pop()
        found.add(one)
        for row in spans_of_trace(engine.store, one):
            name, notes = row[4], row[11]
            if name.endswith(_JOIN) and notes and (other := orjson.loads(notes).get("handled in trace")) not in found:
                ahead.append(other)
        for (cause,) in engine.store.all(_AHEAD, (len(one), one)):
            if (other := cause.partition(":")[0]) not in found:
                ahead.append(other)
    return frozenset(found)


def holding(engine: Engine, traces: frozenset[str] | None) -> list[dict[str, Any]]:
    """What is in flight, named."""
    now = engine.clock.now()
    held = [_span(span, now) for span in engine.flight.busy(traces)]
    if engine.clock.mode == "auto":
        held.append({"name": "clock", "subject": "time jumps to the next timer: see timers", "trace": "", "since": now})
    return held


def _span(span: Span, now: int) -> dict[str, Any]:
    return {"name": span.name, "subject": span.subject, "trace": span.trace, "since": span.started or now}


def timers(engine: Engine, trace: str | None) -> list[dict[str, Any]]:
    """What comes due later, the next first: deliveries, and waits of those who watch something."""
    if trace is None:
        rows = engine.store.all(_PENDING, (_MOST_TIMERS,))
    else:
        rows = engine.store.all(_PENDING_OF, (len(trace), trace, _MOST_TIMERS))
    found = [_delivery(row) for row in rows]
    if trace is None:
        found += [
            {"due": watch.until, "kind": "wait", "name": str(key)}
            for key, watches in engine.watches.items()
            for watch in watches
            if watch.until is not None
        ]
    return sorted(found, key=lambda timer: timer["due"])[:_MOST_TIMERS]


def _delivery(row: tuple[Any, ...]) -> dict[str, Any]:
    identity, due, handler, target, attempt, cause = row
    return {
        "due": due,
        "kind": "delivery",
        "name": handler,
        "subject": target or None,
        "id": f"{identity:016x}",
        "attempt": attempt,
        "trace": cause.partition(":")[0],
    }
