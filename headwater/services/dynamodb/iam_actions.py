"""What tables' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.services.dynamodb.statements import read_statement
from headwater.services.dynamodb.table import table_arn, table_by_arn
from headwater.spine.authorization import Access, Authorization, Needs, names
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request

_OF_TABLES = """
    CreateTable DeleteTable DescribeContinuousBackups DescribeKinesisStreamingDestination DescribeTable
    DescribeTimeToLive UpdateTable UpdateTimeToLive
"""
_OF_ITEMS = "DeleteItem GetItem PutItem UpdateItem"
# by the members of a transaction's item
_WRITES = {"ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem", "Put": "PutItem", "Update": "UpdateItem"}


def _arn(call: Call, name: str) -> str:
    return name if name.startswith("arn:") else table_arn(call, name)


def _as_it_is(call: Call, arn: str) -> str:
    return arn


def _on_index(action: str) -> Needs:
    """What reads a table or one of its indexes, which is a resource of its own."""

    def needs(call: Call, request: Request) -> Iterable[Access]:
        if not (name := request.get("TableName")):
            return ()
        index = request.get("IndexName")
        return (Access(action, f"{_arn(call, name)}/index/{index}" if index else _arn(call, name)),)

    return needs


def _batch(action: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        return [Access(action, _arn(call, name)) for name in request.get("RequestItems") or ()]

    return needs


def _transact_get(call: Call, request: Request) -> Iterable[Access]:
    return _of_items(call, request, {"Get": "GetItem"})


def _transact_write(call: Call, request: Request) -> Iterable[Access]:
    return _of_items(call, request, _WRITES)


def _of_items(call: Call, request: Request, actions: Mapping[str, str]) -> Iterable[Access]:
    asked: dict[Access, None] = {}
    for item in request.get("TransactItems") or ():
        for member, part in item.items():
            name: Any = part.get("TableName")
            if member in actions and name:
                asked[Access(f"dynamodb:{actions[member]}", _arn(call, name))] = None
    return asked


def _statement(call: Call, request: Request) -> Iterable[Access]:
    """What one statement of PartiQL asks; nothing where it is none, as it will be told, and of EXISTS."""
    if not isinstance(request.get("Statement"), str):
        return ()
    try:
        statement = read_statement(request)
    except AwsError:
        return ()
    if statement.kind == "EXISTS":
        return ()
    index = f"/index/{statement.index}" if statement.index else ""
    return (Access(f"dynamodb:PartiQL{statement.kind.capitalize()}", f"{_arn(call, statement.table)}{index}"),)


def _statements(member: str) -> Needs:
    def needs(call: Call, request: Request) -> Iterable[Access]:
        return [access for each in request.get(member) or () for access in _statement(call, each)]

    return needs


def _with_key(needs: Needs) -> Needs:
    """Whoever gets at items of a table takes the key with which it is encrypted, if it has one of its own.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """

    def both(call: Call, request: Request) -> Iterable[Access]:
        for access in needs(call, request):
            yield access
            table = table_by_arn(call, access.resource.partition("/index/")[0])
            if table is not None and (encryption := table.definition.get("SSEDescription")):
                yield Access("kms:Decrypt", encryption["KMSMasterKeyArn"])

    return both


_ON_ITEMS: Mapping[str, Needs] = {
    **names(_arn, "dynamodb", TableName=_OF_ITEMS),
    "Query": _on_index("dynamodb:Query"),
    "Scan": _on_index("dynamodb:Scan"),
    "BatchGetItem": _batch("dynamodb:BatchGetItem"),
    "BatchWriteItem": _batch("dynamodb:BatchWriteItem"),
    "TransactGetItems": _transact_get,
    "TransactWriteItems": _transact_write,
    "ExecuteStatement": _statement,
    "BatchExecuteStatement": _statements("Statements"),
    "ExecuteTransaction": _statements("TransactStatements"),
}

AUTHORIZATION = Authorization(
    {
        **names(_arn, "dynamodb", TableName=_OF_TABLES, ResourceArn="ListTagsOfResource TagResource UntagResource"),
        **names(_as_it_is, "dynamodb", StreamArn="DescribeStream GetShardIterator"),
        **{name: _with_key(needs) for name, needs in _ON_ITEMS.items()},
    },
    frozenset({"DescribeEndpoints"}),
)
