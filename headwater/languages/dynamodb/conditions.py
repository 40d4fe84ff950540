"""Condition and filter expressions to a predicate over an item.

A missing attribute is unequal to everything and compares with nothing; values of different types are unequal and not
ordered. Source: Condition and filter expressions (Developer Guide, Expressions.OperatorsAndFunctions.html).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import ge, gt, le, lt
from typing import Any, TypeAlias

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.parser import parse_condition
from headwater.languages.dynamodb.scope import (
    Compiled,
    Names,
    Reader,
    Scope,
    Values,
    incorrect_operand,
    path_reader,
    path_required,
    refuse_reserved,
    value_reader,
    wrong_count,
)
from headwater.languages.dynamodb.syntax import (
    And,
    Between,
    Call,
    Comparison,
    Condition,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
    path_text,
)
from headwater.languages.dynamodb.values import (
    AttributeValue,
    Item,
    binary,
    comparable,
    equal,
    kind,
    utf8_size,
)

Test: TypeAlias = Callable[[Item, Values], bool]

MAX_OPTIONS = 100

_ARITY = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
_ORDER = {"<": lt, "<=": le, ">": gt, ">=": ge}
_ORDERED = frozenset(("S", "N", "B"))
_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_SIZED = frozenset(("S", "B", "SS", "NS", "BS", "L", "M"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledCondition(Compiled):
    test: Test
    tree: Condition


def compile_condition(parameter: str, text: str, names: Names) -> CompiledCondition:
    """Compiles a ConditionExpression, FilterExpression or KeyConditionExpression; ``parameter`` says which."""
    try:
        tree = parse_condition(text)
        _check_calls(tree)
        refuse_reserved([node for node in _walk(tree) if isinstance(node, Path)])
        scope = Scope(names)
        test = compile_test(tree, scope)
    except ValidationException as error:
        raise ValidationException(f"Invalid {parameter}: {error}") from None
    return CompiledCondition(
        kind=parameter,
        names=frozenset(scope.names),
        values=frozenset(scope.values),
        checks=tuple(scope.checks),
        paths=tuple(scope.paths),
        test=test,
        tree=tree,
    )


def _walk(node: Any) -> Iterator[Any]:
    """All nodes of a tree, outer before inner, left before right."""
    yield node
    if isinstance(node, Path | Value):
        return
    for child in node:
        if isinstance(child, Path | Value | Call | Comparison | Between | In | Not | And | Or):
            yield from _walk(child)
        elif isinstance(child, tuple):
            for member in child:
                yield from _walk(member)


def _check_calls(tree: Condition) -> None:
    """Every function must exist, and only ``size`` gives a value while the others give a condition."""
    operands: list[Any] = []
    conditions: list[Any] = [tree]
    for node in _walk(tree):
        if isinstance(node, Call):
            if node.function not in _ARITY:
                raise ValidationException(f"Invalid function name; function: {node.function}")
            operands += node.arguments
        elif isinstance(node, Comparison | Between):
            operands += [child for child in node if not isinstance(child, str)]
        elif isinstance(node, In):
            operands += (node.operand, *node.options)
        elif isinstance(node, And | Or | Not):
            conditions += node
    for nodes, is_operand in ((operands, True), (conditions, False)):
        for node in nodes:
            if isinstance(node, Call) and (node.function == "size") != is_operand:
                raise ValidationException(
                    f"The function is not allowed to be used this way in an expression; function: {node.function}"
                )


def compile_test(tree: Condition, scope: Scope) -> Test:
    """The predicate of a tree; what it refers to is added to the scope."""
    if isinstance(tree, And):
        first, second = compile_test(tree.left, scope), compile_test(tree.right, scope)
        return lambda item, values: first(item, values) and second(item, values)
    if isinstance(tree, Or):
        first, second = compile_test(tree.left, scope), compile_test(tree.right, scope)
        return lambda item, values: first(item, values) or second(item, values)
    if isinstance(tree, Not):
        inner = compile_test(tree.condition, scope)
        return lambda item, values: not inner(item, values)
    if isinstance(tree, Comparison):
        return _comparison(tree, scope)
    if isinstance(tree, Between):
        return _between(tree, scope)
    return _membership(tree, scope) if isinstance(tree, In) else _function(tree, scope)


def _reader(operand: Operand, scope: Scope) -> Reader:
    if isinstance(operand, Path):
        return path_reader(scope.path(operand))
    if isinstance(operand, Value):
        return value_reader(scope.value(operand))
    assert isinstance(operand, Call)
    return _size(operand, scope)


def _comparison(tree: Comparison, scope: Scope) -> Test:
    left, right = _reader(tree.left, scope), _reader(tree.right, scope)
    _refuse_same(tree.operator, tree.left, tree.right, scope)
    if tree.operator == "=":
        return lambda item, values: _are_equal(left(item, values), right(item, values))
    if tree.operator == "<>":
        return lambda item, values: not _are_equal(left(item, values), right(item, values))
    for operand in (tree.left, tree.right):
        if isinstance(operand, Value):
            scope.require_kind(tree.operator, operand, _ORDERED)
    compare = _ORDER[tree.operator]

    def test(item: Item, values: Values) -> bool:
        pair = _ordered(left(item, values), right(item, values))
        return pair is not None and compare(*pair)

    return test


def _between(tree: Between, scope: Scope) -> Test:
    operand, lower, upper = [_reader(child, scope) for child in tree]
    for child in tree:
        if isinstance(child, Value):
            scope.require_kind("BETWEEN", child, _ORDERED)
    if isinstance(tree.lower, Value) and isinstance(tree.upper, Value):
        low, high = tree.lower.name, tree.upper.name
        scope.checks.append(lambda values: check_bounds(values[low], values[high]))

    def test(item: Item, values: Values) -> bool:
        value = operand(item, values)
        below = _ordered(lower(item, values), value)
        above = _ordered(value, upper(item, values))
        return below is not None and above is not None and below[0] <= below[1] and above[0] <= above[1]

    return test


def check_bounds(lower: AttributeValue, upper: AttributeValue) -> None:
    """The bounds of a BETWEEN must be of one type and in order."""
    low, high = kind(lower), kind(upper)
    if low != high:
        problem = "same data type for lower and upper bounds"
    elif comparable(lower, low) > comparable(upper, low):
        problem = "upper bound to be greater than or equal to lower bound"
    else:
        return
    raise ValidationException(
        f"The BETWEEN operator requires {problem}; "
        f"lower bound operand: AttributeValue: {{{low}:{lower[low]}}}, "
        f"upper bound operand: AttributeValue: {{{high}:{upper[high]}}}"
    )


def _membership(tree: In, scope: Scope) -> Test:
    if len(tree.options) > MAX_OPTIONS:
        raise ValidationException(
            f"The IN operator is provided with too many operands; number of operands: {len(tree.options)}"
        )
    operand = _reader(tree.operand, scope)
    options = [_reader(option, scope) for option in tree.options]

    def test(item: Item, values: Values) -> bool:
        value = operand(item, values)
        return any(_are_equal(value, option(item, values)) for option in options)

    return test


def _function(tree: Call, scope: Scope) -> Test:
    name, arguments = tree
    readers = [_reader(argument, scope) for argument in arguments]
    if len(arguments) != _ARITY[name]:
        raise wrong_count(name, len(arguments))
    if len(arguments) == 2:
        _refuse_same(name, *arguments, scope)
    subject = readers[0]
    if name in ("attribute_exists", "attribute_not_exists"):
        if not isinstance(arguments[0], Path):
            raise path_required(name)
        if name == "attribute_exists":
            return lambda item, values: subject(item, values) is not None
        return lambda item, values: subject(item, values) is None
    if name == "attribute_type":
        return _type_test(subject, arguments[1], scope)
    other = readers[1]
    if name == "begins_with":
        for argument in arguments:
            if isinstance(argument, Value):
                scope.require_kind(name, argument, ("S", "B"))
            elif isinstance(argument, Call):
                raise incorrect_operand(name, "N")
        return lambda item, values: begins_with(subject(item, values), other(item, values))
    return lambda item, values: contains(subject(item, values), other(item, values))


def _type_test(subject: Reader, wanted: Operand, scope: Scope) -> Test:
    if not isinstance(wanted, Value):
        raise incorrect_operand("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
    placeholder = wanted.name
    scope.require_kind("attribute_type", wanted, ("S",))

    def check(values: Values) -> None:
        if (name := values[placeholder]["S"]) not in _TYPES:
            raise ValidationException(
                f"Invalid attribute type name found; type: {name}, valid types: {{{','.join(_TYPES)}}}"
            )

    scope.checks.append(check)

    def test(item: Item, values: Values) -> bool:
        value = subject(item, values)
        return value is not None and values[placeholder]["S"] in value

    return test


def _size(tree: Call, scope: Scope) -> Reader:
    if len(tree.arguments) != 1:
        raise wrong_count("size", len(tree.arguments))
    (argument,) = tree.arguments
    if isinstance(argument, Call):
        raise incorrect_operand("size", "N")
    if isinstance(argument, Value):
        scope.require_kind("size", argument, _SIZED)
    subject = _reader(argument, scope)

    def read(item: Item, values: Values) -> AttributeValue | None:
        value = subject(item, values)
        if value is None:
            return None
        name = kind(value)
        if name not in _SIZED:
            return None
        content = value[name]
        return {"N": str(utf8_size(content) if name == "S" else len(binary(content) if name == "B" else content))}

    return read


def _refuse_same(operator: str, left: Operand, right: Operand, scope: Scope) -> None:
    """Two paths that are one are taken for a mistake."""
    if isinstance(left, Path) and isinstance(right, Path) and scope.paths[-2] == scope.paths[-1]:
        raise ValidationException(
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {operator}, first operand: {path_text(scope.paths[-1])}"
        )


def _are_equal(left: AttributeValue | None, right: AttributeValue | None) -> bool:
    return left is not None and right is not None and equal(left, right)


def _ordered(left: AttributeValue | None, right: AttributeValue | None) -> tuple[Any, Any] | None:
    """Both values as Python's own ordering takes them; None if DynamoDB does not order them."""
    if left is None or right is None:
        return None
    name = kind(left)
    if name not in _ORDERED or name not in right:
        return None
    return comparable(left, name), comparable(right, name)


def begins_with(value: AttributeValue | None, prefix: AttributeValue | None) -> bool:
    if value is None or prefix is None:
        return False
    if "S" in value and "S" in prefix:
        return str.startswith(value["S"], prefix["S"])
    return "B" in value and "B" in prefix and binary(value["B"]).startswith(binary(prefix["B"]))


def contains(value: AttributeValue | None, member: AttributeValue | None) -> bool:
    """Whether a text holds a substring, a set its member, or a list an equal element."""
    if value is None or member is None:
        return False
    name, wanted = kind(value), kind(member)
    if name == "L":
        return any(equal(element, member) for element in value["L"])
    if name == wanted and name == "S":
        return member["S"] in value["S"]
    if name == wanted and name == "B":
        return binary(member["B"]) in binary(value["B"])
    return len(name) == 2 and name[0] == wanted and member[wanted] in value[name]
