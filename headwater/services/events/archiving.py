"""The events of archives: kept in the transaction that routes them, and dropped when their days are over."""

from __future__ import annotations

from datetime import datetime

from headwater.services.events import archive_tables as tables
from headwater.services.events.envelope import Event
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.operations import Call

A_DAY = 86_400_000
RULE_PREFIX = "Events-Archive-"
# What ends within so much of the clock goes together.
_AT_ONCE = 3_600_000


class RoutedArchive:
    """An archive as the rule has it that feeds it. ``swept``: a timer is set for its oldest event."""

    __slots__ = ("arn", "days", "swept")

    def __init__(self, arn: str, days: int, swept: bool) -> None:
        self.arn = arn
        self.days = days
        self.swept = swept

    def keep(self, call: Call, event: Event, text: str) -> None:
        row = (self.arn, instant(event["time"]), call.new_id(), call.now, len(text.encode()), text)
        call.store.run(tables.ARCHIVE_EVENT, row)
        if self.days and not self.swept:
            set_sweep(call, self.arn, self.days)
            self.swept = True


def archive_of(rule: str, target: str) -> str | None:
    """The ARN of the archive that a rule feeds, by the ARNs of the rule and its target; None for any other."""
    parts = parse_arn(rule)
    if parts is None or not target.endswith(":::"):
        return None
    name = parts.resource.rpartition("/")[2].removeprefix(RULE_PREFIX)
    return str(parts._replace(resource=f"archive/{name}"))


def routed_archive(call: Call, arn: str) -> RoutedArchive | None:
    row = call.store.one(tables.FIND_ARCHIVE, (arn,))
    return None if row is None else RoutedArchive(arn, row[5], row[8] is not None)


def instant(time: str) -> int:
    """Milliseconds since the epoch of an event's time."""
    return int(datetime.fromisoformat(time).timestamp() * 1000)


def set_sweep(call: Call, arn: str, days: int) -> None:
    """Have an archive swept when its oldest event is as old as it may become; there is one."""
    oldest = (call.store.one(tables.OLDEST_ARCHIVED, (arn,)) or (None,))[0]
    timer = None
    if oldest is not None and days:
        due = max(oldest + days * A_DAY, call.now)
        timer = call.deliver("events.retention", {"archive": arn}, target=arn, due=due)
    call.store.run(tables.SET_ARCHIVE_TIMER, (timer, arn))


@delivery("events.retention")
def sweep(call: Call, item: Delivery) -> Again | None:
    """Drop what is too old; come again for the oldest that is left."""
    row = call.store.one(tables.FIND_ARCHIVE, (item.target,))
    if row is None:
        return None
    days = row[5]
    if days:
        call.store.run(tables.DELETE_OLD, (item.target, call.now - days * A_DAY))
    oldest = (call.store.one(tables.OLDEST_ARCHIVED, (item.target,)) or (None,))[0]
    if oldest is None or not days:
        call.store.run(tables.SET_ARCHIVE_TIMER, (None, item.target))
        call.memory.drop(row[2])
        return None
    return Again(max(oldest + days * A_DAY, call.now + _AT_ONCE))
