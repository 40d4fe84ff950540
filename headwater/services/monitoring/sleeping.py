"""While the clock is moved through a time in which nothing happens, alarms sleep: what they look at stays as it is.

Whatever else comes due on the way wakes them for the evaluation that follows. A clock that goes by itself has alarms
evaluated each time.
"""

from __future__ import annotations

from headwater.services.monitoring import tables
from headwater.services.monitoring.alarm import Alarm
from headwater.services.monitoring.gauges import may_change_by_itself
from headwater.services.monitoring.metric import Window, named_metric
from headwater.spine.operations import Call

EVALUATE = "monitoring.evaluate"
_AHEAD = 2 * 3_600_000
"""A datum may be so much ahead of when it was put."""


def asleep_until(call: Call, alarm: Alarm, window: Window) -> int | None:
    """Until when an evaluation would see what this one has seen; None where that cannot be told."""
    until = call.engine.time.still_until(EVALUATE)
    if until is None or not alarm.get("MetricName") or call.engine.group.spans:
        return None
    # nothing has happened that could be in a window yet to come
    if call.store.one(tables.ANY_SPAN, ((window.start - _AHEAD) << 20,)) is not None:
        return None
    return None if may_change_by_itself(call, named_metric(alarm)) else until
