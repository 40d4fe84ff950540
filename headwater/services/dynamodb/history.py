"""What items were before they changed, for tables with point-in-time recovery, and items as they were at some time.

A change leaves the item as it was before, or that there was none. An item as of a time is what its first change since
then left behind; one that has not changed since is as it is.
"""

from __future__ import annotations

import orjson

from headwater.languages.dynamodb.values import Item
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.table import RECOVERY, Key, Table
from headwater.spine.operations import Call

# Old changes go when new ones come, a look at every so many.
_TRIM_EVERY = 512
_DAY = 86_400_000


def keep_former(call: Call, table: Table, key: Key, old: Item | None) -> None:
    """Notes what an item was that changes now."""
    identity = call.new_id()
    former = None if old is None else orjson.dumps(old)
    call.store.later(tables.INSERT_FORMER, (table.history, call.now, identity, *key, former))
    if identity % _TRIM_EVERY == 0:
        before = call.now - table.definition[RECOVERY]["days"] * _DAY
        call.store.run(tables.TRIM_HISTORY, (table.history, before))


def copy_items(call: Call, table: Table, target: int, at: int) -> None:
    """Copies the items that a table had at a time to the rows of another id."""
    if table.history is None or at >= call.now:
        call.store.run(tables.COPY_ITEMS, (target, table.id))
        return
    since = (table.history, at)
    call.store.run(tables.COPY_UNCHANGED, (target, table.id, *since))
    call.store.run(tables.COPY_FORMER, (target, *since, *since))
