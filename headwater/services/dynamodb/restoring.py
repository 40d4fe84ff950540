"""New tables out of backups, and out of what a table held at some time.

The table that is made keeps keys, indexes, billing and encryption; stream, time to live, tags, recovery, protection,
policy and class it has not. It is in service at once; the indexes of a big one are filled between other work.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CreateBackup.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.backfilling import backfill
from headwater.services.dynamodb.backup import find_backup
from headwater.services.dynamodb.definitions import used_definitions
from headwater.services.dynamodb.description import describe
from headwater.services.dynamodb.errors import backed_up_table_not_found, validation
from headwater.services.dynamodb.history import copy_items
from headwater.services.dynamodb.lifecycle import insert_table, optional_settings
from headwater.services.dynamodb.recovery import find_backed_up, restorable
from headwater.services.dynamodb.table import Table, check_name, table_arn, table_by_arn
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601_seconds

_KEPT = ("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput")
_INDEXES = ("LocalSecondaryIndex", "GlobalSecondaryIndex")


@operation("dynamodb", "RestoreTableFromBackup")
def restore_table_from_backup(call: Call, request: Request) -> Result:
    _check_request(request)
    backup = find_backup(call, request["BackupArn"])
    _refuse_existing(call, request)
    table = _make(call, request, backup.table["definition"])
    call.store.run(tables.COPY_ITEMS, (table.id, backup.items))
    source = {"SourceBackupArn": backup.arn, "SourceTableArn": backup.summary()["TableArn"]}
    return _answer(call, table, {**source, "RestoreDateTime": backup.created})


@operation("dynamodb", "RestoreTableToPointInTime")
def restore_table_to_point_in_time(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableToPointInTime.html"""
    _check_request(request)
    at = _wanted_time(request)
    source = _source(call, request)
    window = restorable(call, source)
    if at is not None and not window.earliest <= at <= window.latest:
        raise AwsError(
            "InvalidRestoreTimeException",
            f"RestoreDateTime '{iso8601_seconds(at)}' must be within EarliestRestorableDateTime "
            f"'{iso8601_seconds(window.earliest)}' and LatestRestorableDateTime '{iso8601_seconds(window.latest)}'",
        )
    _refuse_existing(call, request)
    table = _make(call, request, source.definition)
    copy_items(call, source, table.id, window.latest if at is None else at)
    return _answer(call, table, {"SourceTableArn": source.arn, "RestoreDateTime": at or window.latest})


def _wanted_time(request: Request) -> int | None:
    """None: the latest."""
    at: int | None = request.get("RestoreDateTime")
    latest = request.get("UseLatestRestorableTime", False)
    if latest and at is not None:
        raise validation(
            "Invalid Request: Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore "
            "request. Please specify only one of them"
        )
    if not latest and at is None:
        raise validation(
            "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both"
        )
    return at


def _source(call: Call, request: Request) -> Table:
    name, arn = request.get("SourceTableName"), request.get("SourceTableArn")
    if name is not None and arn is not None:
        raise validation("Invalid Request: Must provide exactly one of: sourceTableArn, sourceTableName")
    if name is not None:
        return find_backed_up(call, name)
    if arn is None:
        raise validation("The parameter 'TableName' is required but was not present in the request")
    parts = parse_arn(arn)
    if parts is None or not parts.resource.startswith("table/"):
        raise validation("One or more parameter values were invalid: sourceTableArn is not a valid ARN")
    if parts.account != call.account:
        raise validation("This action is only supported by accounts that match the resource owner's account.")
    if parts.region != call.region:
        raise not_implemented("Restoring a DynamoDB table of another region")
    found = table_by_arn(call, arn)
    if found is None:
        raise backed_up_table_not_found(parts.name)
    return found


def _check_request(request: Request) -> None:
    check_name(request["TargetTableName"])
    if request.get("VectorIndexOverride"):
        raise not_implemented("VectorIndexOverride of a restored DynamoDB table")


def _refuse_existing(call: Call, request: Request) -> None:
    name = request["TargetTableName"]
    if table_by_arn(call, table_arn(call, name)) is not None:
        raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}")


def _make(call: Call, request: Request, source: dict[str, Any]) -> Table:
    """The new table without its items."""
    name = request["TargetTableName"]
    definition: dict[str, Any] = {setting: source[setting] for setting in _KEPT if setting in source}
    definition |= {"TableName": name, "TableId": call.ids.uuid(), "created": call.now, "billed": call.now}
    if source.get("SSEDescription") is not None:
        definition["SSEDescription"] = source["SSEDescription"]
    for kind in _INDEXES:
        wanted = request.get(f"{kind}Override")
        group = _indexes(source.get(f"{kind[:-5]}Indexes", []), wanted)
        if group:
            definition[f"{kind[:-5]}Indexes"] = [{**index, "id": call.new_id()} for index in group]
    _bill(definition, request)
    if request.get("SSESpecificationOverride"):
        definition |= optional_settings(call, {"SSESpecification": request["SSESpecificationOverride"]})
    definition["AttributeDefinitions"] = used_definitions(definition, definition["AttributeDefinitions"])
    return insert_table(call, definition)


def _indexes(source: list[dict[str, Any]], wanted: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The indexes of the new table: all of the source's, or those that are asked for, whatever their names."""
    plain = [{name: value for name, value in index.items() if name not in ("id", "backfilling")} for index in source]
    if wanted is None:
        return plain
    shapes = [(index["KeySchema"], index["Projection"]) for index in plain]
    for index in wanted:
        if (index["KeySchema"], index["Projection"]) not in shapes:
            raise validation(
                f"Invalid Request: Index {index['IndexName']} does not match a secondary index that existed in the "
                "source table and cannot be created during the restore operation"
            )
    return wanted


def _bill(definition: dict[str, Any], request: Request) -> None:
    """Billing as the source had it, or as is asked for; an index is billed as its table is."""
    mode = request.get("BillingModeOverride", definition.get("BillingMode", "PROVISIONED"))
    units, maxima = request.get("ProvisionedThroughputOverride"), request.get("OnDemandThroughputOverride")
    switched = mode != definition.get("BillingMode", "PROVISIONED")
    if mode == "PAY_PER_REQUEST":
        if units is not None:
            problem = (
                "if BillingMode is overridden to PAY_PER_REQUEST" if switched else "unless BillingMode is PROVISIONED"
            )
            raise validation(f"Invalid Request: Cannot override ProvisionedThroughput {problem}")
        for each in (definition, *definition.get("GlobalSecondaryIndexes", ())):
            each.pop("ProvisionedThroughput", None)
        if maxima is not None:
            definition["OnDemandThroughput"] = maxima
    else:
        if maxima is not None:
            raise validation(
                "Invalid Request: Cannot override MaxReadRequestUnits for OnDemandThroughput unless "
                "BillingModeOverride is PAY_PER_REQUEST"
            )
        if switched and units is None:
            raise validation(
                "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED"
            )
        definition.pop("OnDemandThroughput", None)
        if units is not None:
            definition["ProvisionedThroughput"] = units
        for index in definition.get("GlobalSecondaryIndexes", ()):
            if "ProvisionedThroughput" not in index:
                name = index["IndexName"]
                raise validation(f"Invalid Request: Must specify provisioned throughput for index {name}")
    definition["BillingMode"] = mode


def _answer(call: Call, table: Table, summary: dict[str, Any]) -> Result:
    for index in table.indexes.values():
        backfill(call, table, index)
    call.span.subject = table.arn
    made = table_by_arn(call, table.arn)
    assert made is not None
    described = describe(call, made, "CREATING")
    return {"TableDescription": {**described, "RestoreSummary": {**summary, "RestoreInProgress": True}}}
