"""Tables come and go: CreateTable, DescribeTable, ListTables, DeleteTable.

A table is in service as soon as the answer has left, which says CREATING or DELETING as AWS does.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.backup import SYSTEM, keep_backup
from headwater.services.dynamodb.definitions import check_definition, refuse_lacking
from headwater.services.dynamodb.description import describe
from headwater.services.dynamodb.errors import key_refusal, table_exists, validation
from headwater.services.dynamodb.policies import keep_policy
from headwater.services.dynamodb.policy_form import canonical_policy
from headwater.services.dynamodb.streaming import disable_stream, enable_stream
from headwater.services.dynamodb.sweeping import sweep_table
from headwater.services.dynamodb.table import RECOVERY, Table, describe_target, table_arn, table_by_arn
from headwater.services.dynamodb.tags import check_tags
from headwater.spine.arns import partition_of
from headwater.spine.encryption_keys import usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 100
_ON_CREATION = ("kms:DescribeKey", "kms:CreateGrant")  # of who makes a table, for DynamoDB to go on by itself
_KEPT = (
    "AttributeDefinitions",
    "TableName",
    "KeySchema",
    "BillingMode",
    "ProvisionedThroughput",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
)


@operation("dynamodb", "CreateTable")
def create_table(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    check_definition(request)
    tags = check_tags(request.get("Tags") or [])
    given = request.get("ResourcePolicy")
    policy = None if given is None else canonical_policy(given, partition_of(call.region))
    arn = table_arn(call, request["TableName"])
    call.span.subject = arn
    if table_by_arn(call, arn) is not None:
        raise table_exists(request["TableName"])
    definition = new_definition(call, request)
    specification = request.get("StreamSpecification") or {"StreamEnabled": False}
    stream = None
    if specification["StreamEnabled"]:
        stream = enable_stream(call, arn, definition, specification["StreamViewType"])
    table = insert_table(call, definition, tags, stream)
    if policy is not None:
        keep_policy(call, arn, policy)
    return {"TableDescription": describe(call, table, "CREATING")}


def insert_table(
    call: Call, definition: dict[str, Any], tags: dict[str, str] | None = None, stream: int | None = None
) -> Table:
    """Writes the row of a new table."""
    name = definition["TableName"]
    row = (call.new_id(), table_arn(call, name), call.account, call.region, name)
    texts = (orjson.dumps(definition).decode(), orjson.dumps(tags or {}).decode())
    call.store.run(tables.INSERT_TABLE, (*row, *texts, stream))
    table = table_by_arn(call, row[1])
    assert table is not None
    return table


def new_definition(call: Call, request: Request) -> dict[str, Any]:
    """What is kept of a request: the settings, with ids for the indexes, and when it was."""
    definition: dict[str, Any] = {name: request[name] for name in _KEPT if name in request}
    definition |= {"TableId": call.ids.uuid(), "created": call.now, "billed": call.now}
    for group in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if request.get(group):
            definition[group] = [{**index, "id": call.new_id()} for index in request[group]]
    return definition | optional_settings(call, request)


def optional_settings(call: Call, request: Request) -> dict[str, Any]:
    """Encryption and table class, as descriptions show them."""
    settings: dict[str, Any] = {}
    encryption = request.get("SSESpecification")
    if encryption and not encryption.get("Enabled"):
        settings["SSEDescription"] = None
    elif encryption:
        arn = usable_key(call, encryption.get("KMSMasterKeyId") or "alias/aws/dynamodb", _ON_CREATION, key_refusal)
        settings["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    if "TableClass" in request:
        settings["TableClassSummary"] = {"TableClass": request["TableClass"]}
    return settings


@operation("dynamodb", "DescribeTable", reads=True)
def describe_table(call: Call, request: Request) -> Result:
    return {"Table": describe(call, describe_target(call, request["TableName"]))}


@operation("dynamodb", "ListTables", reads=True)
def list_tables(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ListTables.html"""
    limit = request.get("Limit", _PAGE)
    after = request.get("ExclusiveStartTableName", "")
    names = [name for (name,) in call.store.all(tables.LIST_TABLES, (call.account, call.region, after, limit + 1))]
    result: Result = {"TableNames": names[:limit]}
    if len(names) > limit:
        result["LastEvaluatedTableName"] = names[limit - 1]
    return result


@operation("dynamodb", "DeleteTable")
def delete_table(call: Call, request: Request) -> Result:
    table = describe_target(call, request["TableName"])
    if table.definition.get("importing"):
        text = f"Attempt to change a resource which is still in use: Table is being created: {table.name}"
        raise AwsError("ResourceInUseException", text)
    if table.definition.get("DeletionProtectionEnabled"):
        raise validation(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    described = describe(call, table, "DELETING")
    call.store.run(tables.DELETE_TABLE, (table.id,))
    call.store.run(tables.DELETE_DESTINATIONS, (table.id,))
    call.store.run(tables.DELETE_POLICIES, (table.arn,))
    if RECOVERY in table.definition:
        keep_backup(call, table, SYSTEM, f"{table.name}$DeletedTableBackup", "0" * 8)
    sweep_table(call, table, items=RECOVERY not in table.definition)
    if table.stream is not None:
        disable_stream(call, table.stream)
    call.memory.drop(table)
    return {"TableDescription": _deleted(described)}


def _deleted(described: dict[str, Any]) -> dict[str, Any]:
    """AWS tells less of a table that goes."""
    gone = ("AttributeDefinitions", "KeySchema", "CreationDateTime", "WarmThroughput")
    return {name: value for name, value in described.items() if name not in gone}


def save_definition(call: Call, table: Table, definition: dict[str, Any]) -> Table:
    """Writes a changed definition; the table as it is now."""
    call.store.run(tables.SET_DEFINITION, (orjson.dumps(definition).decode(), table.id))
    call.memory.drop(table)
    changed = table_by_arn(call, table.arn)
    assert changed is not None
    return changed
