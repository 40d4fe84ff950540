"""The envelope of an event, its members in AWS's order.

https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from headwater.spine.operations import Call

Event = dict[str, Any]


def make_event(
    call: Call, source: str, detail_type: str, detail: Any, resources: list[str], time: int | None = None
) -> Event:
    """``time`` in ms since the epoch (None: now); ``detail`` is parsed JSON."""
    return {
        "version": "0",
        "id": call.ids.uuid_at(call.now),
        "detail-type": detail_type,
        "source": source,
        "account": call.account,
        "time": timestamp(call.now if time is None else time),
        "region": call.region,
        "resources": resources,
        "detail": detail,
    }


def timestamp(instant: int) -> str:
    """Whole seconds, as EventBridge writes time."""
    return _second(instant // 1000)


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    """Most events of a second ask for the same text, which takes longer to write than an event to match."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
