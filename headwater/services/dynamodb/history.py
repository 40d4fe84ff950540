"""What items were before they changed, for tables with point-in-time recovery, and items as they were at some time.

A change leaves the item as it was before, or that there was none. An item as of a time is what its first change since
then left behind; one that has not changed since is as it is.
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.dynamodb.values import Item
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.table import RECOVERY, Key, Table, item_of
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


def copy_changes(call: Call, table: Table, target: int, begin: int, end: int, old_images: bool) -> None:
    """Writes, as the rows of another id, what an incremental export says of each item that changed from a time to
    before another: its keys, what it is in the end and, if that is wanted, what it was in the beginning. What came and
    went in between is not told."""
    changed: dict[Key, tuple[bytes | None, int]] = {}
    ends: dict[Key, bytes | None] = {}
    for when, hash_key, range_key, former in call.store.all(tables.CHANGES, (table.history, begin)):
        key = (hash_key, range_key)
        if when < end:
            changed[key] = (changed[key][0] if key in changed else former, when)
        elif key in changed:
            ends.setdefault(key, former)
    rows = []
    for key, (former, when) in changed.items():
        old = None if former is None else item_of(former)
        if key in ends:
            text = ends[key]
            new = None if text is None else item_of(text)
        else:
            row = call.store.one(tables.GET_ITEM, (table.id, *key))
            new = None if row is None else item_of(row[0])
        if old is None and new is None:
            continue
        record: dict[str, Any] = {"Metadata": {"WriteTimestampMicros": {"N": str(when * 1000)}}}
        record["Keys"] = {name: (new or old or {})[name] for name in table.names}
        if old is not None and old_images:
            record["OldImage"] = old
        if new is not None:
            record["NewImage"] = new
        rows.append((target, *key, orjson.dumps(record)))
    call.store.many(tables.PUT_ITEM, rows)


def copy_items(call: Call, table: Table, target: int, at: int) -> None:
    """Copies the items that a table had at a time to the rows of another id."""
    if table.history is None or at >= call.now:
        call.store.run(tables.COPY_ITEMS, (target, table.id))
        return
    since = (table.history, at)
    call.store.run(tables.COPY_UNCHANGED, (target, table.id, *since))
    call.store.run(tables.COPY_FORMER, (target, *since, *since))
