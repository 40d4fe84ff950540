"""A table as CreateTable, DescribeTable and their like show it.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.dynamodb.values import item_size
from headwater.services.dynamodb import tables
from headwater.services.dynamodb.table import Index, Table, item_of
from headwater.spine.operations import Call

# What AWS grants a new table on demand.
_WARM_READS, _WARM_WRITES = 12000, 4000
_SAMPLE = 1000


def describe(
    call: Call, table: Table, status: str = "ACTIVE", of_index: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The table's description; ``status`` is what it is said to be in, ``of_index`` that of indexes by name."""
    definition = table.definition
    if status == "ACTIVE" and definition.get("importing"):
        status = "CREATING"
    count, size = count_items(call, table)
    described: dict[str, Any] = {
        "AttributeDefinitions": definition["AttributeDefinitions"],
        "TableName": table.name,
        "KeySchema": definition["KeySchema"],
        "TableStatus": status,
        "CreationDateTime": definition["created"],
        "ProvisionedThroughput": throughput_of(definition),
        "TableSizeBytes": size,
        "ItemCount": count,
        "TableArn": table.arn,
        "TableId": definition["TableId"],
    }
    if definition.get("BillingMode") == "PAY_PER_REQUEST" or definition.get("switched"):
        described["BillingModeSummary"] = summary = {"BillingMode": definition["BillingMode"]}
        if status != "CREATING":
            summary["LastUpdateToPayPerRequestDateTime"] = definition["billed"]
    mean = size / count if count else 0.0
    for index in table.indexes.values():
        group = "GlobalSecondaryIndexes" if index.is_global else "LocalSecondaryIndexes"
        shown = (of_index or {}).get(index.name, "CREATING" if status == "CREATING" else "ACTIVE")
        described.setdefault(group, []).append(describe_index(call, table, index, shown, mean))
    _add_stream(described, table)
    for name in ("SSEDescription", "TableClassSummary", "OnDemandThroughput"):
        if definition.get(name) is not None:
            described[name] = definition[name]
    described["DeletionProtectionEnabled"] = definition.get("DeletionProtectionEnabled", False)
    if status != "CREATING":
        described["WarmThroughput"] = _warm(definition)
    return described


def count_items(call: Call, table: Table) -> tuple[int, int]:
    """How many items a table holds, and their size: exact for small tables, else by the mean of a sample."""
    (count,) = call.store.one(tables.COUNT_ITEMS, (table.id,)) or (0,)
    sample = call.store.all(tables.SAMPLE_ITEMS, (table.id, _SAMPLE))
    if not sample:
        return 0, 0
    return count, sum([item_size(item_of(item)) for (item,) in sample]) * count // len(sample)


def _add_stream(described: dict[str, Any], table: Table) -> None:
    if table.stream is not None:
        described["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream.view_type}
        described["LatestStreamLabel"] = table.stream.label
        described["LatestStreamArn"] = table.stream.arn
    elif "LatestStreamArn" in table.definition:
        described["LatestStreamLabel"] = table.definition["LatestStreamLabel"]
        described["LatestStreamArn"] = table.definition["LatestStreamArn"]


def describe_index(call: Call, table: Table, index: Index, status: str, mean: float) -> dict[str, Any]:
    """``mean``: bytes of an item."""
    group = "Global" if index.is_global else "Local"
    definition = next(
        entry for entry in table.definition[f"{group}SecondaryIndexes"] if entry["IndexName"] == index.name
    )
    (count,) = call.store.one(tables.COUNT_INDEX_ROWS, (index.id,)) or (0,)
    described: dict[str, Any] = {
        "IndexName": index.name,
        "KeySchema": definition["KeySchema"],
        "Projection": definition["Projection"],
    }
    if index.is_global:
        described["IndexStatus"] = "CREATING" if index.backfilling else status
        if index.backfilling:
            described["Backfilling"] = True
        described["ProvisionedThroughput"] = throughput_of(definition)
        if "OnDemandThroughput" in definition:
            described["OnDemandThroughput"] = definition["OnDemandThroughput"]
    described["IndexSizeBytes"] = int(mean * count)
    described["ItemCount"] = count
    described["IndexArn"] = f"{table.arn}/index/{index.name}"
    if index.is_global and status != "CREATING":
        described["WarmThroughput"] = _warm(definition)
    return described


def throughput_of(definition: dict[str, Any]) -> dict[str, Any]:
    """The provisioned throughput of a table or an index: nothing of what is billed on demand."""
    given = definition.get("ProvisionedThroughput") or {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    return {"NumberOfDecreasesToday": 0, **given}


def _warm(definition: dict[str, Any]) -> dict[str, Any]:
    throughput = definition.get("ProvisionedThroughput")
    given = definition.get("WarmThroughput") or {}
    return {
        "ReadUnitsPerSecond": throughput["ReadCapacityUnits"] if throughput else _WARM_READS,
        "WriteUnitsPerSecond": throughput["WriteCapacityUnits"] if throughput else _WARM_WRITES,
        **given,
        "Status": "ACTIVE",
    }
