"""The parameters of before expressions, turned into the same trees and predicates.

Source: Legacy conditional parameters (Developer Guide, LegacyConditionalParameters.html).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from headwater.languages.dynamodb.conditions import Test, compile_test
from headwater.languages.dynamodb.errors import DataException, ValidationException, invalid_parameter
from headwater.languages.dynamodb.key_conditions import Term
from headwater.languages.dynamodb.scope import Scope
from headwater.languages.dynamodb.syntax import And, Between, Call, Comparison, Condition, In, Not, Or, Path, Value
from headwater.languages.dynamodb.updates import added, without
from headwater.languages.dynamodb.values import AttributeValue, Item, check, comparable, kind

_COMPARATORS = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_ANY = frozenset(("S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"))
_SCALARS = frozenset(("S", "N", "B"))
# How many values an operator takes (None: any number but none), and of which types.
_OPERATORS: Mapping[str, tuple[int | None, frozenset[str]]] = {
    "EQ": (1, _ANY),
    "NE": (1, _ANY),
    "LT": (1, _SCALARS),
    "LE": (1, _SCALARS),
    "GT": (1, _SCALARS),
    "GE": (1, _SCALARS),
    "NULL": (0, _ANY),
    "NOT_NULL": (0, _ANY),
    "CONTAINS": (1, _SCALARS | {"BOOL", "NULL"}),
    "NOT_CONTAINS": (1, _SCALARS | {"BOOL", "NULL"}),
    "BEGINS_WITH": (1, frozenset(("S", "B"))),
    "IN": (None, _SCALARS),
    "BETWEEN": (2, _SCALARS),
}
# What a key may be compared by, as key condition expressions write it.
_KEY_OPERATORS = {
    "EQ": "=",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "BETWEEN": "BETWEEN",
    "BEGINS_WITH": "begins_with",
}


@dataclass(frozen=True, slots=True)
class LegacyCondition:
    """A predicate with the values that it was given, and the attributes that it speaks of."""

    test: Test
    values: dict[str, AttributeValue]
    attributes: tuple[str, ...]


def expected(parameter: Mapping[str, Any], operator: str | None) -> LegacyCondition:
    """``Expected`` with its ``ConditionalOperator`` (AND unless OR)."""
    conditions = {}
    for name, entry in parameter.items():
        conditions[name] = _expected_entry(name, entry)
    return _joined(conditions, operator)


def filters(parameter: Mapping[str, Any], operator: str | None) -> LegacyCondition:
    """``QueryFilter`` or ``ScanFilter`` with its ``ConditionalOperator``."""
    conditions = {}
    for name, entry in parameter.items():
        values = entry.get("AttributeValueList") or []
        _check_arguments(entry["ComparisonOperator"], values)
        conditions[name] = (entry["ComparisonOperator"], values)
    return _joined(conditions, operator)


def key_conditions(parameter: Mapping[str, Any]) -> tuple[dict[str, Term], dict[str, AttributeValue], str | None]:
    """``KeyConditions`` as terms, their values, and what is wrong with a term that has no operator."""
    terms: dict[str, Term] = {}
    given: dict[str, AttributeValue] = {}
    problem = None
    for name, entry in parameter.items():
        operator, values = entry["ComparisonOperator"], entry.get("AttributeValueList") or []
        _check_arguments(operator, values)
        placeholders = tuple([f":{len(given) + index}" for index in range(len(values))])
        given.update(zip(placeholders, values, strict=True))
        if operator not in _KEY_OPERATORS:
            problem = "Attempted conditional constraint is not an indexable operation"
        terms[name] = Term(_KEY_OPERATORS.get(operator, ""), placeholders)
    if len(terms) not in (1, 2):
        raise ValidationException("Conditions can be of length 1 or 2 only")
    return terms, given, problem


def attribute_updates(parameter: Mapping[str, Any]) -> Callable[[Item], Item]:
    """``AttributeUpdates`` as a function from the old item to the new one."""
    for entry in parameter.values():
        _check_update(entry)

    def apply(item: Item) -> Item:
        changed = item.copy()
        for name, entry in parameter.items():
            value = _updated(item.get(name), entry.get("Action", "PUT"), entry.get("Value"))
            if value is None:
                changed.pop(name, None)
            else:
                changed[name] = value
        return changed

    return apply


def _updated(old: AttributeValue | None, action: str, value: AttributeValue | None) -> AttributeValue | None:
    if action == "PUT" or value is None:
        return value
    if old is not None and kind(value) not in old:
        raise DataException("Type mismatch for attribute to update")
    if action == "DELETE":
        return without(old, value)
    if "L" in value:
        return {"L": [*(old["L"] if old else ()), *value["L"]]}
    return added(old, value)


def _check_update(entry: Mapping[str, Any]) -> None:
    value, action = entry.get("Value"), entry.get("Action", "PUT")
    if value is None:
        if action != "DELETE":
            raise invalid_parameter("Only DELETE action is allowed when no attribute value is specified")
        return
    check(value)
    name = kind(value)
    if action == "DELETE" and name not in ("SS", "NS", "BS"):
        raise invalid_parameter(f"DELETE action with value is not supported for the type {name}")
    if action == "ADD" and name not in ("L", "N", "SS", "NS", "BS"):
        raise invalid_parameter(f"ADD action is not supported for the type {name}")


def _expected_entry(name: str, entry: Mapping[str, Any]) -> tuple[str, list[AttributeValue]]:
    """The operator and values of one attribute's entry, in either of the two styles it may be written in."""
    of_attribute = f"for Attribute: {name}"
    operator = entry.get("ComparisonOperator")
    has_value, has_list = "Value" in entry, "AttributeValueList" in entry
    if has_value and has_list:
        raise invalid_parameter(f"Value and AttributeValueList cannot be used together {of_attribute}")
    if operator is None:
        return _existence_entry(entry, of_attribute)
    if "Exists" in entry:
        raise invalid_parameter(f"Exists and ComparisonOperator cannot be used together {of_attribute}")
    if operator not in ("NULL", "NOT_NULL") and not has_value and not has_list:
        raise invalid_parameter(
            f"Value or AttributeValueList must be used with ComparisonOperator: {operator} {of_attribute}"
        )
    values = [entry["Value"]] if has_value else entry.get("AttributeValueList") or []
    _check_arguments(operator, values)
    return operator, values


def _existence_entry(entry: Mapping[str, Any], of_attribute: str) -> tuple[str, list[AttributeValue]]:
    if "AttributeValueList" in entry:
        raise invalid_parameter(f"AttributeValueList can only be used with a ComparisonOperator {of_attribute}")
    exists = entry.get("Exists")
    if exists is False:
        if "Value" in entry:
            raise invalid_parameter(f"Value cannot be used when Exists is false {of_attribute}")
        return "NULL", []
    if "Value" not in entry:
        shown = "null" if exists is None else "true"
        raise invalid_parameter(f"Value must be provided when Exists is {shown} {of_attribute}")
    check(entry["Value"])
    return "EQ", [entry["Value"]]


def _check_arguments(operator: str, values: list[AttributeValue]) -> None:
    for value in values:
        check(value)
    count, allowed = _OPERATORS[operator]
    if len(values) != count if count is not None else not values:
        raise invalid_parameter(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [kind(value) for value in values]
    if len(set(kinds)) > 1:
        raise invalid_parameter("AttributeValues inside AttributeValueList must be of same type")
    if kinds and kinds[0] not in allowed:
        raise invalid_parameter(f"ComparisonOperator {operator} is not valid for {kinds[0]} AttributeValue type")
    if operator == "BETWEEN" and comparable(values[0], kinds[0]) > comparable(values[1], kinds[0]):
        raise ValidationException(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )


def _joined(conditions: Mapping[str, tuple[str, list[AttributeValue]]], operator: str | None) -> LegacyCondition:
    values: dict[str, AttributeValue] = {}
    tree: Condition | None = None
    for name, (comparison, given) in conditions.items():
        placeholders = [f":{len(values) + index}" for index in range(len(given))]
        values.update(zip(placeholders, given, strict=True))
        node = _tree(Path((name,)), comparison, [Value(placeholder) for placeholder in placeholders])
        tree = node if tree is None else (Or if operator == "OR" else And)(tree, node)
    test: Test = (lambda item, values: True) if tree is None else compile_test(tree, _LiteralScope({}))
    return LegacyCondition(test, values, tuple(conditions))


def _tree(path: Path, operator: str, values: list[Value]) -> Condition:
    if operator in _COMPARATORS:
        return Comparison(_COMPARATORS[operator], path, values[0])
    if operator == "BETWEEN":
        return Between(path, *values)
    if operator == "IN":
        return In(path, tuple(values))
    if operator == "BEGINS_WITH":
        return Call("begins_with", (path, *values))
    if operator in ("NULL", "NOT_NULL"):
        return Call("attribute_not_exists" if operator == "NULL" else "attribute_exists", (path,))
    found = Call("contains", (path, *values))
    return found if operator == "CONTAINS" else Not(found)


class _LiteralScope(Scope):
    """Here a name that begins with ``#`` is just a name."""

    def _name(self, part: str) -> str:
        return part
