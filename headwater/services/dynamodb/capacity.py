"""The capacity that operations are said to have consumed.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.languages.dynamodb.values import Item, item_size
from headwater.services.dynamodb.table import Index, Table
from headwater.spine.operations import Request, Result

_WRITE_UNIT = 1024
_READ_UNIT = 4096


def is_wanted(request: Request) -> bool:
    return bool(request.get("ReturnConsumedCapacity", "NONE") != "NONE")


def write_units(*items: Item | None) -> float:
    """Units for writing what replaces what: the larger of both counts."""
    largest = max([item_size(item) for item in items if item is not None], default=1)
    return float(max(1, -(-largest // _WRITE_UNIT)))


def read_units(size: int, consistent: bool) -> float:
    """Units for reading so many bytes at once."""
    units = max(1, -(-size // _READ_UNIT))
    return float(units) if consistent else units / 2


class Consumed:
    """Adds up what one table and its indexes take."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.units = 0.0
        self.index_units: dict[str, float] = {}

    def write(self, old: Item | None, new: Item | None, factor: float = 1) -> None:
        """A write of an item, with those of the index entries that it changes."""
        self.units += factor * write_units(old, new)
        for index in self.table.indexes.values():
            units = _index_writes(index, old, new)
            if units:
                self.add_index(index.name, factor * units)

    def read(self, size: int, consistent: bool, factor: float = 1) -> None:
        self.units += factor * read_units(size, consistent)

    def add_index(self, name: str, units: float) -> None:
        self.index_units[name] = self.index_units.get(name, 0.0) + units

    def described(self, request: Request) -> dict[str, Any]:
        """``ConsumedCapacity`` as the request wants it: TOTAL, or INDEXES with its parts."""
        described: dict[str, Any] = {
            "TableName": self.table.name,
            "CapacityUnits": self.units + sum(self.index_units.values()),
        }
        if request.get("ReturnConsumedCapacity") == "INDEXES":
            described["Table"] = {"CapacityUnits": self.units}
            for name, units in self.index_units.items():
                group = "Global" if self.table.indexes[name].is_global else "Local"
                described.setdefault(f"{group}SecondaryIndexes", {})[name] = {"CapacityUnits": units}
        return described


def _index_writes(index: Index, old: Item | None, new: Item | None) -> float:
    """One unit for each entry put or deleted; a changed key deletes one and puts another."""
    before = old if old is not None and index.has(old) else None
    after = new if new is not None and index.has(new) else None
    if index.select is not None:
        before = index.select(before) if before is not None else None
        after = index.select(after) if after is not None else None
    if before == after:
        return 0.0
    if before is not None and after is not None and index.bytes_of(before) != index.bytes_of(after):
        return write_units(before) + write_units(after)
    return write_units(before, after)


def collection_metrics(request: Request, table: Table, item: Item) -> Result:
    """``ItemCollectionMetrics``, which only tables with local indexes have."""
    if request.get("ReturnItemCollectionMetrics", "NONE") == "NONE":
        return {}
    if all(index.is_global for index in table.indexes.values()):
        return {}
    return {"ItemCollectionMetrics": collection_metric(table, item)}


def collection_metric(table: Table, item: Item) -> dict[str, Any]:
    name = table.hash.name
    return {"ItemCollectionKey": {name: item[name]}, "SizeEstimateRangeGB": [0.0, 1.0]}


def consumed_by_table(request: Request, consumed: Iterable[Consumed]) -> Result:
    """``ConsumedCapacity`` of an operation on several tables."""
    if not is_wanted(request):
        return {}
    return {"ConsumedCapacity": [one.described(request) for one in consumed]}
