"""PartiQL statements as the operations that they stand for: their expressions, with placeholders for names and values.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.languages.dynamodb.partiql import Attribute, Condition, Operand, Path, Statement, StatementError, parse
from headwater.services.dynamodb.errors import resource_not_found, validation
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request

_ORDERED = ("=", "<", "<=", ">", ">=")
_FUNCTIONS = ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")


class Writer:
    """Writes expressions of one request, and collects what their placeholders stand for."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Attribute] = {}

    def path(self, path: Path) -> str:
        text = ""
        for step in path:
            if isinstance(step, int):
                text += f"[{step}]"
                continue
            placeholder = next((key for key, name in self.names.items() if name == step), f"#n{len(self.names)}")
            self.names[placeholder] = step
            text += f"{'.' if text else ''}{placeholder}"
        return text

    def operand(self, operand: Operand) -> str:
        if operand.path is not None:
            return self.path(operand.path)
        if operand.value is not None:
            placeholder = f":v{len(self.values)}"
            self.values[placeholder] = operand.value
            return placeholder
        arguments = [self.operand(argument) for argument in operand.arguments]
        if operand.function in ("+", "-"):
            return f" {operand.function} ".join(arguments)
        if operand.function not in ("size", "list_append", "if_not_exists"):
            raise validation(f"Unsupported function: {operand.function}")
        return f"{operand.function}({', '.join(arguments)})"

    def condition(self, condition: Condition) -> str:
        parts = [self._part(part) for part in condition.parts]
        kind = condition.kind
        if kind in ("AND", "OR"):
            return f" {kind} ".join(f"({part})" for part in parts)
        if kind == "NOT":
            return f"NOT ({parts[0]})"
        if kind == "BETWEEN":
            return f"{parts[0]} BETWEEN {parts[1]} AND {parts[2]}"
        if kind == "IN":
            return f"{parts[0]} IN ({', '.join(parts[1:])})"
        if kind in _FUNCTIONS:
            return f"{kind}({', '.join(parts)})"
        return f"{parts[0]} {kind} {parts[1]}"

    def _part(self, part: Condition | Operand) -> str:
        return self.condition(part) if isinstance(part, Condition) else self.operand(part)

    def request(self, **expressions: str | None) -> dict[str, Any]:
        """The members of a request that has expressions; those without text are left out."""
        request: dict[str, Any] = {name: text for name, text in expressions.items() if text}
        if self.names:
            request["ExpressionAttributeNames"] = self.names
        if self.values:
            request["ExpressionAttributeValues"] = self.values
        return request


def read_statement(request: Request) -> Statement:
    """Raises ValidationException."""
    try:
        return parse(request["Statement"], request.get("Parameters") or ())
    except StatementError as error:
        raise validation(str(error)) from None


def keys_of(call: Call, statement: Statement) -> tuple[str, str | None]:
    """The key attributes of a statement's table, or index. Raises ResourceNotFoundException."""
    try:
        table = call.operation("dynamodb", "DescribeTable", {"TableName": statement.table})["Table"]
    except AwsError as error:
        raise resource_not_found() if error.code == "ResourceNotFoundException" else error from None
    schema = table["KeySchema"]
    if statement.index:
        indexes = [*(table.get("GlobalSecondaryIndexes") or ()), *(table.get("LocalSecondaryIndexes") or ())]
        found = [index for index in indexes if index["IndexName"] == statement.index]
        if not found:
            raise validation("The table does not have the specified index")
        schema = found[0]["KeySchema"]
    kinds = [each["KeyType"] for each in schema]
    if len(set(kinds)) < len(kinds):
        raise not_implemented("PartiQL on a global index with several partition or sort key attributes")
    names = {each["KeyType"]: each["AttributeName"] for each in schema}
    return names["HASH"], names.get("RANGE")


def conjuncts(condition: Condition | None) -> Iterator[Condition]:
    """The conditions that must all hold."""
    if condition is None:
        return
    if condition.kind == "AND":
        for part in condition.parts:
            if isinstance(part, Condition):
                yield from conjuncts(part)
    else:
        yield condition


def equality(condition: Condition, name: str) -> Attribute | None:
    """The value that an attribute must equal by a condition."""
    if condition.kind != "=":
        return None
    sides = [part for part in condition.parts if isinstance(part, Operand)]
    for one, other in (sides, sides[::-1]):
        if one.path == (name,) and other.value is not None:
            return other.value
    return None


def whole_key(
    statement: Statement, hash_name: str, range_name: str | None
) -> tuple[dict[str, Attribute], list[Condition]]:
    """The key of the one item that a statement writes, and what else must hold. Raises ValidationException."""
    key: dict[str, Attribute] = {}
    others = []
    for condition in conjuncts(statement.where):
        for name in (hash_name, range_name):
            value = equality(condition, name) if name is not None and name not in key else None
            if value is not None and name is not None:
                key[name] = value
                break
        else:
            others.append(condition)
    if len(key) != (1 if range_name is None else 2):
        raise validation("Where clause does not contain a mandatory equality on all key attributes")
    return key, others


def reading(call: Call, statement: Statement) -> tuple[str, dict[str, Any]]:
    """The operation of a SELECT, Query where its partition key is given and Scan elsewhere, and its request."""
    hash_name, range_name = keys_of(call, statement)
    writer, key, bounded = Writer(), "", False
    others: list[Condition] = []
    for condition in conjuncts(statement.where):
        if not key and equality(condition, hash_name) is not None:
            key = writer.condition(condition)
        elif range_name is not None and not bounded and _bounds(condition, range_name):
            bounded = True
            others.insert(0, condition)
        else:
            others.append(condition)
    left = others[1:] if bounded else others
    if key and not any(_speaks_of(each, (hash_name, range_name)) for each in left):
        if bounded:
            key = f"{key} AND {writer.condition(others[0])}"
        operation, others = "Query", left
    else:
        operation, key, writer = "Scan", "", Writer()
        others = list(conjuncts(statement.where))
    order = _descending(statement, operation, range_name)
    projection = ", ".join(map(writer.path, statement.paths)) if statement.paths is not None else None
    request = writer.request(
        KeyConditionExpression=key,
        FilterExpression=writer.condition(Condition("AND", tuple(others))) if others else None,
        ProjectionExpression=projection,
    )
    request["TableName"] = statement.table
    if statement.index:
        request["IndexName"] = statement.index
    return operation, request | ({"ScanIndexForward": False} if order else {})


def _descending(statement: Statement, operation: str, range_name: str | None) -> bool:
    if not statement.order:
        return False
    if operation == "Scan":
        raise validation("Must have WHERE clause in the statement when using ORDER BY clause.")
    path, descending = statement.order[-1]
    if path != (range_name,) and len(path) == 1 and len(statement.order) > 1:
        raise validation("Variable reference " + str(path[0]) + " in ORDER BY clause must be part of the primary key")
    return descending


def _bounds(condition: Condition, name: str) -> bool:
    """Whether a condition can stand for the sort key of a Query."""
    first, *rest = condition.parts
    fits = condition.kind in (*_ORDERED, "BETWEEN", "begins_with")
    own = isinstance(first, Operand) and first.path == (name,)
    return fits and own and all(isinstance(each, Operand) and each.value is not None for each in rest)


def _speaks_of(part: Condition | Operand, names: tuple[str | None, ...]) -> bool:
    """Whether keys are named where a filter of a Query must not name them."""
    if isinstance(part, Condition):
        return any(_speaks_of(each, names) for each in part.parts)
    return (part.path is not None and part.path[0] in names) or any(_speaks_of(each, names) for each in part.arguments)


def writing(call: Call, statement: Statement) -> tuple[str, dict[str, Any]]:
    """The operation of a statement that changes one item (``Put``, ``Update``, ``Delete``), or of EXISTS
    (``ConditionCheck``), and its request, as transactions take them."""
    hash_name, range_name = keys_of(call, statement)
    writer = Writer()
    table = {"TableName": statement.table}
    if statement.kind == "INSERT":
        absent = Condition("attribute_not_exists", (Operand(path=(hash_name,)),))
        return "Put", {**table, "Item": statement.item, **writer.request(ConditionExpression=writer.condition(absent))}
    key, others = whole_key(statement, hash_name, range_name)
    table["Key"] = key  # type: ignore[assignment]
    if statement.kind in ("UPDATE", "EXISTS"):
        others.insert(0, Condition("attribute_exists", (Operand(path=(hash_name,)),)))
    condition = writer.condition(Condition("AND", tuple(others))) if others else None
    if statement.kind == "UPDATE":
        update = _update(writer, statement)
        return "Update", table | writer.request(UpdateExpression=update, ConditionExpression=condition)
    operation = "Delete" if statement.kind == "DELETE" else "ConditionCheck"
    return operation, table | writer.request(ConditionExpression=condition)


def _update(writer: Writer, statement: Statement) -> str:
    """SET and REMOVE, and ADD and DELETE of sets, which PartiQL spells as functions."""
    clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
    for path, becomes in statement.sets:
        clause = {"set_add": "ADD", "set_delete": "DELETE"}.get(becomes.function)
        if clause is None:
            clauses["SET"].append(f"{writer.path(path)} = {writer.operand(becomes)}")
        else:
            clauses[clause].append(f"{writer.path(path)} {writer.operand(becomes.arguments[-1])}")
    clauses["REMOVE"] = [writer.path(path) for path in statement.removes]
    return " ".join(f"{name} {', '.join(parts)}" for name, parts in clauses.items() if parts)
