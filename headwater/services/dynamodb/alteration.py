"""UpdateTable: capacity, streams, global indexes, protection.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.backfilling import backfill
from headwater.services.dynamodb.definitions import (
    MAX_GLOBAL_INDEXES,
    check_attribute_definitions,
    check_changed_stream,
    check_global_index,
    check_units,
    refuse_lacking,
    used_definitions,
)
from headwater.services.dynamodb.description import describe, describe_index
from headwater.services.dynamodb.errors import invalid_parameter, resource_not_found, validation
from headwater.services.dynamodb.lifecycle import optional_settings, save_definition
from headwater.services.dynamodb.streaming import disable_stream, enable_stream
from headwater.services.dynamodb.sweeping import sweep_index
from headwater.services.dynamodb.table import Table, describe_target
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_CHANGES = (
    "ProvisionedThroughput",
    "BillingMode",
    "GlobalSecondaryIndexUpdates",
    "StreamSpecification",
    "SSESpecification",
    "TableClass",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
)


@operation("dynamodb", "UpdateTable")
def update_table(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    if not any(name in request for name in _CHANGES):
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
            "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
            "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is "
            "required"
        )
    check_changed_stream(request.get("StreamSpecification"))
    table = describe_target(call, request["TableName"])
    definition = dict(table.definition)
    for name in ("DeletionProtectionEnabled", "OnDemandThroughput", "WarmThroughput"):
        if name in request:
            definition[name] = request[name]
    definition |= optional_settings(call, request)
    before = definition.get("BillingMode", "PROVISIONED")
    if "BillingMode" in request or "ProvisionedThroughput" in request:
        _set_throughput(call, definition, request)
    if "StreamSpecification" in request:
        _set_stream(call, table, definition, request["StreamSpecification"])
    updates = request.get("GlobalSecondaryIndexUpdates")
    if updates is not None:
        _update_indexes(call, table, definition, request, updates)
    if definition.get("BillingMode", before) != before:
        _switch_indexes(definition)
    leaving = _leaving(call, table, definition)
    _follow_indexes(call, table, save_definition(call, table, definition))
    described = describe(call, describe_target(call, table.arn), "UPDATING", _statuses(updates or ()))
    if leaving:
        described["GlobalSecondaryIndexes"] = described.get("GlobalSecondaryIndexes", []) + leaving
    return {"TableDescription": described}


def _statuses(updates: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What the answer says of the indexes that are changed: by the next look they are ACTIVE."""
    kinds = (("Create", "CREATING"), ("Update", "UPDATING"))
    return {update[kind]["IndexName"]: status for update in updates for kind, status in kinds if kind in update}


def _leaving(call: Call, table: Table, definition: dict[str, Any]) -> list[dict[str, Any]]:
    """The indexes that go, as the answer shows them for the last time."""
    staying = {index["IndexName"] for index in definition.get("GlobalSecondaryIndexes", ())}
    gone = [index for index in table.indexes.values() if index.is_global and index.name not in staying]
    return [describe_index(call, table, index, "DELETING", 0.0) for index in gone]


def _switch_indexes(definition: dict[str, Any]) -> None:
    """Global indexes are billed as their table is."""
    definition["switched"] = True
    indexes = definition.get("GlobalSecondaryIndexes")
    if not indexes:
        return
    if definition["BillingMode"] == "PROVISIONED":
        for index in indexes:
            if "ProvisionedThroughput" not in index:
                raise invalid_parameter(f"ProvisionedThroughput must be specified for index: {index['IndexName']}")
        return
    definition["GlobalSecondaryIndexes"] = [
        {name: value for name, value in index.items() if name != "ProvisionedThroughput"} for index in indexes
    ]


def _set_throughput(call: Call, definition: dict[str, Any], request: Request) -> None:
    before = definition.get("BillingMode", "PROVISIONED")
    mode = request.get("BillingMode", before)
    throughput = request.get("ProvisionedThroughput")
    if mode == "PAY_PER_REQUEST":
        if throughput is not None:
            raise invalid_parameter(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
            )
        definition.pop("ProvisionedThroughput", None)
        if before != mode:
            definition["billed"] = call.now
    elif throughput is None:
        raise invalid_parameter("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    else:
        check_units(throughput)
        _refuse_same("table", definition.get("ProvisionedThroughput"), throughput)
        definition["ProvisionedThroughput"] = throughput
    definition["BillingMode"] = mode


def _refuse_same(what: str, present: dict[str, int] | None, wanted: dict[str, int]) -> None:
    """``what``: the table, or ``index NAME``."""
    if present == wanted:
        reads, writes = wanted["ReadCapacityUnits"], wanted["WriteCapacityUnits"]
        kind = what.partition(" ")[0]
        raise validation(
            f"The provisioned throughput for the {what} will not change. The requested value equals the current value. "
            f"Current ReadCapacityUnits provisioned for the {kind}: {reads}. Requested ReadCapacityUnits: {reads}. "
            f"Current WriteCapacityUnits provisioned for the {kind}: {writes}. "
            f"Requested WriteCapacityUnits: {writes}. Refer to the Amazon DynamoDB Developer Guide for current limits "
            "and how to request higher limits."
        )


def _set_stream(call: Call, table: Table, definition: dict[str, Any], specification: dict[str, Any]) -> None:
    stream = None
    if specification["StreamEnabled"]:
        if table.stream is not None:
            raise validation(f"Table already has an enabled stream: TableName: {table.name}")
        stream = enable_stream(call, table.arn, definition, specification["StreamViewType"])
    elif table.stream is None:
        raise validation(f"Table has no stream to disable: TableName: {table.name}")
    else:
        disable_stream(call, table.stream)
    call.store.run(tables.SET_STREAM, (stream, table.id))


def _update_indexes(
    call: Call, table: Table, definition: dict[str, Any], request: Request, updates: list[dict[str, Any]]
) -> None:
    _check_updates(table, updates)
    indexes = [dict(index) for index in definition.get("GlobalSecondaryIndexes", ())]
    given = request.get("AttributeDefinitions")
    definitions = _merged(definition["AttributeDefinitions"], given or [])
    structural = [update for update in updates if "Create" in update or "Delete" in update]
    creates = any("Create" in update for update in updates)
    if len(structural) > 1 or (creates and any(index.get("backfilling") for index in indexes)):
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        )
    for update in updates:
        if "Create" in update:
            indexes.append(_created(call, table, definition, definitions, update["Create"]))
        elif "Delete" in update:
            name = update["Delete"]["IndexName"]
            _find(indexes, name)
            indexes = [index for index in indexes if index["IndexName"] != name]
        else:
            index = _find(indexes, update["Update"]["IndexName"])
            if "ProvisionedThroughput" in update["Update"]:
                _check_index_throughput(definition, index, update["Update"]["ProvisionedThroughput"])
            index |= {name: value for name, value in update["Update"].items() if name != "IndexName"}
    if len(indexes) > MAX_GLOBAL_INDEXES:
        text = f"GlobalSecondaryIndex count exceeds the per-table limit of {MAX_GLOBAL_INDEXES}"
        raise AwsError("LimitExceededException", text)
    definition["GlobalSecondaryIndexes"] = indexes
    if not indexes:
        del definition["GlobalSecondaryIndexes"]
    definition["AttributeDefinitions"] = used_definitions(definition, definitions)


def _check_updates(table: Table, updates: list[dict[str, Any]]) -> None:
    """The form of what is to become of indexes: one thing for each update, and one update for each index."""
    if not updates:
        raise invalid_parameter("List of GlobalSecondaryIndexUpdates is empty")
    seen: set[str] = set()
    for update in updates:
        if not update:
            raise invalid_parameter(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
        if len(update) > 1:
            raise invalid_parameter(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object"
            )
        ((action, change),) = update.items()
        name = change["IndexName"]
        if name in seen:
            raise invalid_parameter(
                f"Only one global secondary index update per index is allowed simultaneously. Index: {name}"
            )
        seen.add(name)
        index = table.indexes.get(name)
        if action != "Create" and index is not None and not index.is_global:
            raise validation(f"Cannot {action.lower()} an index that is not a GlobalSecondaryIndex: {name}")


def _check_index_throughput(definition: dict[str, Any], index: dict[str, Any], wanted: dict[str, int]) -> None:
    name = index["IndexName"]
    if definition.get("BillingMode") == "PAY_PER_REQUEST":
        raise invalid_parameter(
            f"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: {name} when BillingMode is "
            "PAY_PER_REQUEST"
        )
    check_units(wanted)
    _refuse_same(f"index {name}", index.get("ProvisionedThroughput"), wanted)


def _created(
    call: Call, table: Table, definition: dict[str, Any], definitions: list[dict[str, str]], index: dict[str, Any]
) -> dict[str, Any]:
    check_global_index(
        index, check_attribute_definitions(definitions), definition.get("BillingMode"), "must be specified"
    )
    if index["IndexName"] in table.indexes:
        raise validation("Attempting to create an index which already exists")
    return {**index, "id": call.new_id()}


def _find(indexes: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for index in indexes:
        if index["IndexName"] == name:
            return index
    raise resource_not_found()


def _merged(present: list[dict[str, str]], given: list[dict[str, str]]) -> list[dict[str, str]]:
    named = {definition["AttributeName"]: definition for definition in (*present, *given)}
    return list(named.values())


def _follow_indexes(call: Call, before: Table, after: Table) -> None:
    """Fills the rows of indexes that are new and removes those of indexes that are gone."""
    for name, index in before.indexes.items():
        if name not in after.indexes:
            sweep_index(call, after, index)
    for name, index in after.indexes.items():
        if name not in before.indexes:
            backfill(call, after, index)
