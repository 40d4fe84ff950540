"""Clearing away the rows of tables and indexes that are gone.

Nothing finds these rows any more, since ids are never used again; so a first portion goes at once and what is left of
a big table follows between other work, rather than hold everything up.
"""

from __future__ import annotations

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.table import Index, Table
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.operations import Call

_PORTION = 1000
_STATEMENTS = {
    "items": tables.SWEEP_ITEMS,
    "expiries": tables.SWEEP_EXPIRIES,
    "history": tables.SWEEP_HISTORY,
    "index": tables.SWEEP_INDEX_ROWS,
}

Remains = list[list[str | int]]
"""What there is to clear away: kinds of rows, each with the id that they carry."""


def sweep_table(call: Call, table: Table, *, items: bool) -> None:
    """Clears away the items of a table, unless a backup has taken them over, their expiries, their history and all
    index rows."""
    remains: Remains = [["index", index.id] for index in table.indexes.values()]
    remains.append(["expiries", table.id])
    if table.history is not None:
        remains.append(["history", table.history])
    if items:
        remains.append(["items", table.id])
    _begin(call, table.arn, remains)


def sweep_index(call: Call, table: Table, index: Index) -> None:
    _begin(call, table.arn, [["index", index.id]])


def sweep_history(call: Call, table: Table, history: int) -> None:
    _begin(call, table.arn, [["history", history]])


def sweep_items(call: Call, owner: str, identity: int) -> None:
    """Of what is no table: ``owner`` is the ARN of a backup, say."""
    _begin(call, owner, [["items", identity]])


def _begin(call: Call, owner: str, remains: Remains) -> None:
    if not _sweep(call, remains):
        call.deliver("dynamodb.sweep", {"remains": remains}, target=owner, due=call.now + 1, policy=FOREVER)


@delivery("dynamodb.sweep")
def go_on(call: Call, item: Delivery) -> Again | None:
    return None if _sweep(call, item.payload["remains"]) else Again(call.now + 1)


def _sweep(call: Call, remains: Remains) -> bool:
    """Clears one portion away; whether that was all."""
    room = _PORTION
    for kind, identity in remains:
        room -= call.store.run(_STATEMENTS[str(kind)], (identity, identity, room))
        if room <= 0:
            return False
    return True
