"""What requests have in common: expressions or the older parameters, conditions, projections.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from headwater.languages.dynamodb import legacy
from headwater.languages.dynamodb.errors import ValidationException, invalid_parameter
from headwater.languages.dynamodb.expressions import Expressions
from headwater.languages.dynamodb.projections import Select, selection
from headwater.languages.dynamodb.values import Item
from headwater.services.dynamodb.errors import validation
from headwater.services.dynamodb.table import Table
from headwater.spine.operations import Call, Request

Predicate: TypeAlias = Callable[[Item], bool]

# Longest name of an attribute, in bytes.
_MAX_NAME = 65535


def read_expressions(
    call: Call, request: Request, expressions: tuple[str, ...], others: tuple[str, ...]
) -> Expressions:
    """The request's expressions, once it is known not to mix them with the older parameters."""
    used = [name for name in expressions if name in request]
    if used:
        mixed = [name for name in others if name in request]
        if mixed:
            raise expressions_mixed(mixed, used)
    elif "ExpressionAttributeNames" in request:
        raise ValidationException("ExpressionAttributeNames can only be specified when using expressions")
    if "ExpressionAttributeValues" in request:
        takers = [name for name in expressions if name != "ProjectionExpression"]
        if not any(name in request for name in takers):
            verb = "are" if len(takers) > 1 else "is"
            raise ValidationException(
                "ExpressionAttributeValues can only be specified when using expressions: "
                f"{' and '.join(takers)} {verb} null"
            )
    return Expressions(call.memory.expressions, request)


def expressions_mixed(others: list[str], expressions: list[str]) -> ValidationException:
    return ValidationException(
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {{{', '.join(others)}}} Expression parameters: {{{', '.join(expressions)}}}"
    )


def read_condition(expressions: Expressions, request: Request) -> Predicate | None:
    """The condition under which a write happens."""
    text = request.get("ConditionExpression")
    if text is not None:
        test = expressions.condition("ConditionExpression", text).test
        values = expressions.values
        return lambda item: test(item, values)
    operator = request.get("ConditionalOperator")
    if "Expected" not in request:
        if operator is not None:
            raise ValidationException("ConditionalOperator cannot be used without Filter or Expected")
        return None
    if operator is not None and not request["Expected"]:
        raise ValidationException("ConditionalOperator cannot be used without Filter or Expected")
    condition = legacy.expected(request["Expected"], operator)
    return lambda item: condition.test(item, condition.values)


class Filter:
    """A filter of Query or Scan: what it lets through, and the attributes that it speaks of."""

    __slots__ = ("attributes", "keeps", "nested", "parameter")

    def __init__(self, parameter: str, keeps: Predicate, attributes: list[str], nested: list[str]) -> None:
        self.parameter = parameter
        self.keeps = keeps
        self.attributes = attributes
        self.nested = nested


def read_filter(expressions: Expressions, request: Request, parameter: str) -> Filter | None:
    """``parameter``: QueryFilter or ScanFilter, the older form of FilterExpression."""
    text = request.get("FilterExpression")
    if text is not None:
        compiled = expressions.condition("FilterExpression", text)
        test, values = compiled.test, expressions.values
        heads = [str(path[0]) for path in compiled.paths]
        nested = [str(path[0]) for path in compiled.paths if len(path) > 1]
        return Filter("Filter Expression", lambda item: test(item, values), heads, nested)
    operator = request.get("ConditionalOperator")
    if not request.get(parameter):
        if operator is not None:
            raise ValidationException("ConditionalOperator cannot be used without Filter or Expected")
        return None
    condition = legacy.filters(request[parameter], operator)
    return Filter(parameter, lambda item: condition.test(item, condition.values), list(condition.attributes), [])


class Projection:
    """The part of an item that is asked for."""

    __slots__ = ("heads", "nested", "select")

    def __init__(self, select: Select, heads: list[str], nested: list[str]) -> None:
        self.select = select
        self.heads = heads
        self.nested = nested


def read_projection(expressions: Expressions, request: Request) -> Projection | None:
    """ProjectionExpression, or AttributesToGet."""
    text = request.get("ProjectionExpression")
    if text is not None:
        compiled = expressions.projection(text)
        nested = [str(path[0]) for path in compiled.paths if len(path) > 1]
        return Projection(compiled.select, [str(path[0]) for path in compiled.paths], nested)
    names = request.get("AttributesToGet")
    if names is None:
        return None
    check_attributes_to_get(names)
    return Projection(selection([(name,) for name in names]), list(names), [])


def check_attributes_to_get(names: list[str]) -> None:
    seen = set()
    for name in names:
        if name in seen:
            raise invalid_parameter(f"Duplicate value in attribute name: {name}")
        seen.add(name)


def check_names(item: Mapping[str, Any]) -> None:
    """Refuses attribute names that are empty or too long."""
    for name in item:
        if not name:
            raise invalid_parameter("Attribute name must not be empty")
        if len(name) * 4 > _MAX_NAME and len(name.encode()) > _MAX_NAME:
            raise invalid_parameter(f"Attribute name is too large, must be less than {_MAX_NAME + 1} bytes")


def refuse_nested_keys(table: Table, nested: list[str]) -> None:
    """Keys are scalars: no path leads into them."""
    for name in nested:
        for kind, names in (("Key", table.names), ("IndexKey", table.index_keys)):
            if name in names:
                raise validation(
                    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                    f"{kind}: {name}"
                )
