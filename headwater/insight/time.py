"""The clock, told and steered over the surface."""

from __future__ import annotations

from typing import Any

from headwater.languages.durations import parse_duration
from headwater.spine.clock import machine_now
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.spans import Span
from headwater.spine.timestamps import iso8601_milliseconds

_LONGEST = 100 * 365 * 86_400_000
_LATEST = 4_102_444_800_000  # 2100: dates that AWS's formats cannot write are beyond it


def show_time(engine: Engine) -> dict[str, Any]:
    """The mode, the time in ms and as text, and by how much it is ahead of the machine's."""
    now = engine.clock.now()
    return {
        "mode": engine.clock.mode,
        "now": now,
        "at": iso8601_milliseconds(now),
        "ahead": now - machine_now(),
        "next": engine.clock.next_due(),
    }


async def steer(engine: Engine, body: Any) -> dict[str, Any]:
    """Set the ``mode``, or ``advance`` by a duration; then the time, and what came due on the way."""
    if not isinstance(body, dict) or len(body) != 1 or not body.keys() <= {"mode", "advance"}:
        raise AwsError("BadRequest", 'Say either {"mode": "real" | "frozen" | "auto"} or {"advance": "7d"}.')
    if "advance" in body:
        return await _advance(engine, body["advance"])
    if body["mode"] not in ("real", "frozen", "auto"):
        raise AwsError("BadRequest", "The mode is one of real, frozen and auto.")
    await engine.time.set_mode(body["mode"])
    return show_time(engine)


async def _advance(engine: Engine, text: Any) -> dict[str, Any]:
    try:
        milliseconds = parse_duration(str(text))
    except ValueError as error:
        raise AwsError("BadRequest", str(error)) from None
    if milliseconds > _LONGEST or engine.clock.now() + milliseconds > _LATEST:
        raise AwsError("BadRequest", "That is beyond the year 2100.")
    advance = await engine.time.advance(milliseconds)
    return {
        **show_time(engine),
        "began": advance.began,
        "ended": advance.ended,
        "count": advance.count,
        "happened": [_shown(span) for span in advance.happened],
    }


def _shown(span: Span) -> dict[str, Any]:
    return {
        "at": span.started,
        "name": span.name,
        "subject": span.subject,
        "outcome": span.outcome,
        "trace": span.trace,
    }
