"""PartiQL: one statement, several, or several as a transaction.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteStatement.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from headwater.languages.dynamodb.partiql import Statement
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.statements import keys_of, read_statement, reading, whole_key, writing
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_OPERATIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_PASSED = ("ConsistentRead", "Limit", "ReturnConsumedCapacity", "ReturnValuesOnConditionCheckFailure")
_MOST_IN_BATCH = 25
_MOST_IN_TRANSACTION = 100


@operation("dynamodb", "ExecuteStatement")
def execute_statement(call: Call, request: Request) -> Result:
    statement = read_statement(request)
    passed = {name: request[name] for name in _PASSED if request.get(name) is not None}
    if statement.kind == "SELECT":
        return _select(call, statement, request, passed)
    if statement.kind == "EXISTS":
        raise validation("EXISTS is only supported in transactions")
    passed.pop("ConsistentRead", None)
    passed.pop("Limit", None)
    return _write(call, statement, passed)


def _select(call: Call, statement: Statement, request: Request, passed: dict[str, Any]) -> Result:
    name, asked = reading(call, statement)
    passed.pop("ReturnValuesOnConditionCheckFailure", None)
    if token := request.get("NextToken"):
        asked["ExclusiveStartKey"] = _read_token(token)
    found = call.operation("dynamodb", name, asked | passed)
    last = found.get("LastEvaluatedKey")
    return {
        "Items": found["Items"],
        "NextToken": _token(last) if last else None,
        "LastEvaluatedKey": last or None,
        "ConsumedCapacity": found.get("ConsumedCapacity"),
    }


def _token(key: dict[str, Any]) -> str:
    """Where to go on from; keys may be binary."""

    def encode(value: Any) -> str:
        return "\0" + base64.b64encode(bytes(value)).decode()

    return base64.b64encode(orjson.dumps(key, default=encode)).decode()


def _read_token(token: str) -> dict[str, Any]:
    try:
        key: dict[str, Any] = orjson.loads(base64.b64decode(token, validate=True))
        for value in key.values():
            if str(value.get("B", "")).startswith("\0"):
                value["B"] = base64.b64decode(value["B"][1:])
    except (binascii.Error, ValueError, AttributeError):
        raise validation("Given NextToken is invalid") from None
    return key


def _write(call: Call, statement: Statement, passed: dict[str, Any]) -> Result:
    kind, asked = writing(call, statement)
    if statement.returning:
        asked["ReturnValues"] = statement.returning
    try:
        made = call.operation("dynamodb", _OPERATIONS[kind], asked | passed)
    except AwsError as error:
        if kind == "Put" and error.code == "ConditionalCheckFailedException":
            raise _duplicate() from None
        raise
    items = [made["Attributes"]] if made.get("Attributes") else []
    return {"Items": items, "ConsumedCapacity": made.get("ConsumedCapacity")}


def _duplicate() -> AwsError:
    return AwsError("DuplicateItemException", "Duplicate primary key exists in table")


# ---- several


@operation("dynamodb", "BatchExecuteStatement")
def batch_execute_statement(call: Call, request: Request) -> Result:
    """Each by itself: what fails is told in its place."""
    asked = request["Statements"]
    if not 1 <= len(asked) <= _MOST_IN_BATCH:
        raise validation(f"Member must have length less than or equal to {_MOST_IN_BATCH}")
    statements = [read_statement(each) for each in asked]
    _refuse_mixture(statements)
    return {"Responses": [_one(call, *pair) for pair in zip(statements, asked, strict=True)]}


def _refuse_mixture(statements: list[Statement]) -> None:
    reads = {statement.kind == "SELECT" for statement in statements}
    if len(reads) > 1:
        raise validation("A batch or transaction must be all reads or all writes")


def _one(call: Call, statement: Statement, request: Request) -> dict[str, Any]:
    try:
        if statement.kind == "SELECT":
            hash_name, range_name = keys_of(call, statement)
            whole_key(statement, hash_name, range_name)
            items = _select(call, statement, request, _consistent(request))["Items"]
        else:
            items = _write(call, statement, {})["Items"]
    except AwsError as error:
        code = error.code.removesuffix("Exception").removesuffix("Error")
        code = "ValidationError" if code == "Validation" else code
        return {"TableName": statement.table, "Error": {"Code": code, "Message": error.message}}
    return {"TableName": statement.table, **({"Item": items[0]} if items else {})}


def _consistent(request: Request) -> dict[str, Any]:
    return {"ConsistentRead": request["ConsistentRead"]} if request.get("ConsistentRead") is not None else {}


@operation("dynamodb", "ExecuteTransaction")
def execute_transaction(call: Call, request: Request) -> Result:
    """All or nothing."""
    asked = request["TransactStatements"]
    if not 1 <= len(asked) <= _MOST_IN_TRANSACTION:
        raise validation(f"Member must have length less than or equal to {_MOST_IN_TRANSACTION}")
    statements = [read_statement(each) for each in asked]
    _refuse_mixture(statements)
    if statements[0].kind == "SELECT":
        items = [{"Get": _get(call, statement)} for statement in statements]
        got = call.operation("dynamodb", "TransactGetItems", {"TransactItems": items})
        return {"Responses": got["Responses"]}
    written = []
    for statement in statements:
        kind, single = writing(call, statement)
        if statement.returning:
            raise validation("RETURNING is not supported in transactions")
        written.append({kind: single})
    transaction: dict[str, Any] = {"TransactItems": written}
    if request.get("ClientRequestToken"):
        transaction["ClientRequestToken"] = request["ClientRequestToken"]
    try:
        call.operation("dynamodb", "TransactWriteItems", transaction)
    except AwsError as error:
        raise _told_of_duplicates(error, written) from None
    return {"Responses": [{} for _ in written]}


def _get(call: Call, statement: Statement) -> dict[str, Any]:
    hash_name, range_name = keys_of(call, statement)
    key, others = whole_key(statement, hash_name, range_name)
    if others:
        raise validation("Only equality conditions on the key are supported in reads of a transaction")
    _, asked = reading(call, Statement("SELECT", statement.table, paths=statement.paths))
    return {"Key": key, **asked}


def _told_of_duplicates(error: AwsError, written: list[dict[str, Any]]) -> AwsError:
    """An item that is there already is a duplicate in PartiQL's words."""
    reasons = error.members.get("CancellationReasons")
    for reason, single in zip(reasons or (), written, strict=False):
        if "Put" in single and reason.get("Code") == "ConditionalCheckFailed":
            reason |= {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}
            error.message = error.message.replace("ConditionalCheckFailed", "DuplicateItem")
    return error
