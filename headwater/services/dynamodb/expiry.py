"""Time to live: items go when the clock passes the time that they carry.

Each item's expiry is a row; one delivery for a table stands at its earliest.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
"""

from __future__ import annotations

from decimal import Decimal

from headwater.languages.dynamodb.values import Item
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.table import Key, Table
from headwater.spine.deliveries import FOREVER
from headwater.spine.operations import Call

# An item outlives its time by a moment, so that whoever writes one already expired can still see it.
GRACE_MILLISECONDS = 1000
# Items further in the past than this are kept: their attribute is not meant as a time.
_OLDEST_SECONDS = 5 * 365 * 86400
_LATEST_SECONDS = 10**12


def expires_at(table: Table, item: Item | None, now: int) -> int | None:
    """The epoch second at which an item expires, or None."""
    value = None if item is None or table.ttl is None else item.get(table.ttl)
    if value is None or "N" not in value:
        return None
    seconds = Decimal(value["N"])
    if not now // 1000 - _OLDEST_SECONDS <= seconds < _LATEST_SECONDS:
        return None
    return int(seconds)


def schedule_expiry(call: Call, table: Table, key: Key, old: Item | None, new: Item | None) -> None:
    """Moves an item's expiry, and the table's timer where this one comes first."""
    before, after = expires_at(table, old, call.now), expires_at(table, new, call.now)
    if before == after:
        return
    if before is not None:
        call.store.run(tables.DELETE_EXPIRY, (table.id, before, *key))
    if after is not None:
        call.store.run(tables.INSERT_EXPIRY, (table.id, after, *key))
        set_timer(call, table, after)


def set_timer(call: Call, table: Table, expires: int) -> None:
    """Has the table looked at once ``expires`` (epoch seconds) is past, unless it is earlier anyway."""
    due = max(expires * 1000, call.now) + GRACE_MILLISECONDS
    if table.expiry_due is not None and table.expiry_due <= due:
        return
    call.store.run(tables.SET_EXPIRY_DUE, (due, table.id))
    table.expiry_due = due
    call.deliver("dynamodb.expire", {"table": table.arn}, target=table.arn, due=due, policy=FOREVER)
