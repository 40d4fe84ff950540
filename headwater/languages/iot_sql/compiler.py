"""Nodes to functions: what can be decided once is decided here, not for every message.

An evaluator is called with the message and the value that names are looked up in: the payload, or the element
that a nested query is looking at.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any, ClassVar, Final

from headwater.languages.iot_sql.errors import SqlParseError, UnsupportedFunction
from headwater.languages.iot_sql.functions import FUNCTIONS, UNSUPPORTED
from headwater.languages.iot_sql.functions.general import CASTS, encode_base64
from headwater.languages.iot_sql.functions.numbers import arithmetic
from headwater.languages.iot_sql.functions.signature import VERSION_1
from headwater.languages.iot_sql.message import Message
from headwater.languages.iot_sql.nodes import (
    ArrayLiteral,
    Binary,
    Call,
    Case,
    Cast,
    Expression,
    Item,
    Literal,
    Member,
    Name,
    NestedQuery,
    ObjectLiteral,
    Selection,
    Star,
    Unary,
)
from headwater.languages.iot_sql.values import (
    UNDEFINED,
    Value,
    equal,
    to_boolean,
    to_decimal,
    to_string,
)

Evaluator = Callable[[Message, Value], Value]
_DEEPEST: Final = 150  # evaluators within evaluators; `a + b + c` is two


class Compiler:
    """`names_payload` tells afterwards whether anything looked into the payload as JSON."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._whole_numbers_are_int = version != VERSION_1
        self._depth = 0
        self.names_payload = False

    def expression(self, node: Expression) -> Evaluator:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SqlParseError("The expression is nested too deeply.", 0)
        evaluator = self._METHODS[type(node)](self, node)
        self._depth -= 1
        return evaluator

    def selection(self, node: Selection) -> Evaluator:
        if len(node.items) == 1 and node.items[0] == Item(Star(), ()):
            return lambda message, root: message.payload if root is UNDEFINED else root
        if node.is_value:
            return self.expression(node.items[0].value)
        items = [self._item(item) for item in node.items]

        def select(message: Message, root: Value) -> Value:
            result: dict[str, Value] = {}
            for path, evaluate in items:
                value = evaluate(message, root)
                if value is UNDEFINED:
                    continue
                if path:
                    _place(result, path, value)
                elif isinstance(value, dict):
                    result.update(value)
            return result

        return select

    def _item(self, item: Item) -> tuple[tuple[str, ...], Evaluator]:
        return item.path, self.expression(item.value)

    def _literal(self, node: Literal) -> Evaluator:
        value = node.value
        return lambda message, root: value

    def _name(self, node: Name) -> Evaluator:
        self.names_payload = True
        return self._attribute(lambda message, root: root, node.name)

    def _member(self, node: Member) -> Evaluator:
        return self._attribute(self.expression(node.base), node.name)

    def _attribute(self, base: Evaluator, name: str) -> Evaluator:
        to_whole = self._whole_numbers_are_int

        def look_up(message: Message, root: Value) -> Value:
            container = base(message, root)
            value = container.get(name, UNDEFINED) if type(container) is dict else UNDEFINED
            if to_whole and type(value) is float and value.is_integer():
                return int(value)
            return value

        return look_up

    def _star(self, node: Star) -> Evaluator:
        """`*` beside other items or within an expression: the payload as JSON."""
        self.names_payload = True
        return lambda message, root: root

    def _call(self, node: Call) -> Evaluator:
        function = FUNCTIONS.get(node.name)
        if node.name in UNSUPPORTED:
            raise UnsupportedFunction(f"The function {node.name}() is not implemented.", node.position)
        if node.name == "sql_version":
            return self._literal(Literal(self._version))
        if function is None or (self._version == VERSION_1 and function.since != VERSION_1):
            raise SqlParseError(f"Undefined function: {node.name}", node.position)
        if node.name == "encode" and node.arguments[:1] == (Star(),) and len(node.arguments) == 2:
            scheme = self.expression(node.arguments[1])  # the one place where `*` may be bytes that are no JSON
            return lambda message, root: encode_base64(message.payload, scheme(message, root))
        arguments = [self.expression(argument) for argument in node.arguments]
        if not function.fewest <= len(arguments) <= function.most:
            return self._literal(Literal(UNDEFINED))
        return self._numbers(_application(function.call, arguments, function.wants_message))

    def _numbers(self, evaluate: Evaluator) -> Evaluator:
        """Version 2016-03-23 has no Decimal that is whole: 10.0 is the Int 10."""
        if not self._whole_numbers_are_int:
            return evaluate

        def whole(message: Message, root: Value) -> Value:
            value = evaluate(message, root)
            if isinstance(value, (float, Decimal)) and isfinite(value) and value == (number := int(value)):
                return number
            return value

        return whole

    def _cast(self, node: Cast) -> Evaluator:
        since, convert = CASTS.get(node.type, (None, None))
        if convert is None or (self._version == VERSION_1 and since != VERSION_1):
            raise SqlParseError(f"Undefined type: {node.type}", node.position)
        evaluate = self.expression(node.value)
        return self._numbers(lambda message, root: convert(evaluate(message, root)))

    def _unary(self, node: Unary) -> Evaluator:
        operand = self.expression(node.operand)
        if node.operator == "-":
            return lambda message, root: arithmetic("-", 0, operand(message, root))

        def negate(message: Message, root: Value) -> Value:
            value = to_boolean(operand(message, root))
            return value if value is UNDEFINED else not value

        return negate

    def _binary(self, node: Binary) -> Evaluator:
        left, right, operator = self.expression(node.left), self.expression(node.right), node.operator
        if operator in _LOGIC:
            return _logic(left, right, _LOGIC[operator])
        apply = _OPERATORS.get(operator)
        if apply is not None:
            return lambda message, root: apply(left(message, root), right(message, root))
        return self._numbers(
            lambda message, root: (
                arithmetic(operator, left(message, root), right(message, root))
                if operator != "+"
                else _plus(left(message, root), right(message, root))
            )
        )

    def _case(self, node: Case) -> Evaluator:
        value, otherwise = self.expression(node.value), self.expression(node.otherwise)
        branches = [(self.expression(wanted), self.expression(result)) for wanted, result in node.branches]

        def choose(message: Message, root: Value) -> Value:
            actual = value(message, root)
            if actual is UNDEFINED:
                return UNDEFINED
            for wanted, result in branches:
                if equal(actual, wanted(message, root)):
                    return result(message, root)
            return otherwise(message, root)

        return choose

    def _array(self, node: ArrayLiteral) -> Evaluator:
        self._need_version_2("An array literal")
        items = [self.expression(item) for item in node.items]
        return lambda message, root: [item(message, root) for item in items]

    def _object(self, node: ObjectLiteral) -> Evaluator:
        self._need_version_2("An object literal")
        items = [(key, self.expression(item)) for key, item in node.items]
        return lambda message, root: {key: item(message, root) for key, item in items}

    def _nested(self, node: NestedQuery) -> Evaluator:
        self._need_version_2("A nested query")
        source, select = self.expression(node.source), self.selection(node.selection)
        where = self.expression(node.where) if node.where is not None else None

        def one(message: Message, element: Value) -> Value:
            if where is not None and where(message, element) is not True:
                return UNDEFINED
            return select(message, element)

        def query(message: Message, root: Value) -> Value:
            elements = source(message, root)
            if isinstance(elements, dict):
                return one(message, elements)
            if not isinstance(elements, list):
                return UNDEFINED
            found = [one(message, element) for element in elements]
            return [value for value in found if value is not UNDEFINED]

        return query

    def _need_version_2(self, what: str) -> None:
        if self._version == VERSION_1:
            raise SqlParseError(f"{what} needs SQL version 2016-03-23.", 0)

    _METHODS: ClassVar[dict[type[Expression], Callable[[Compiler, Any], Evaluator]]] = {
        Literal: _literal,
        Name: _name,
        Star: _star,
        Member: _member,
        Call: _call,
        Cast: _cast,
        Unary: _unary,
        Binary: _binary,
        Case: _case,
        ArrayLiteral: _array,
        ObjectLiteral: _object,
        NestedQuery: _nested,
    }


def _application(call: Callable[..., Value], arguments: list[Evaluator], wants_message: bool) -> Evaluator:
    if wants_message:
        return lambda message, root: call(message, *(argument(message, root) for argument in arguments))
    if len(arguments) == 1:
        (only,) = arguments
        return lambda message, root: call(only(message, root))
    return lambda message, root: call(*(argument(message, root) for argument in arguments))


def _place(result: dict[str, Value], path: tuple[str, ...], value: Value) -> None:
    """Put a value where `AS a.b` says."""
    for key in path[:-1]:
        inner = result.get(key)
        result[key] = result = dict(inner) if isinstance(inner, dict) else {}  # the payload stays as it is
    result[path[-1]] = value


_LOGIC = {"AND": False, "OR": True}


def _logic(left: Evaluator, right: Evaluator, decisive: bool) -> Evaluator:
    """AND is decided by a false, OR by a true; both operands must be Booleans, or strings of them."""

    def decide(message: Message, root: Value) -> Value:
        first, second = to_boolean(left(message, root)), to_boolean(right(message, root))
        if first is UNDEFINED or second is UNDEFINED:
            return UNDEFINED
        return decisive if decisive in (first, second) else not decisive

    return decide


def _equality(wanted: bool) -> Callable[[Value, Value], Value]:
    def compare(left: Value, right: Value) -> Value:
        if left is UNDEFINED or right is UNDEFINED:
            return UNDEFINED
        return equal(left, right) is wanted

    return compare


def _ordering(holds: Callable[[Any, Any], bool]) -> Callable[[Value, Value], Value]:
    def compare(left: Value, right: Value) -> Value:
        first, second = to_decimal(left), to_decimal(right)
        if first is UNDEFINED or second is UNDEFINED:
            return UNDEFINED
        return holds(first, second)

    return compare


def _contains(left: Value, right: Value) -> Value:
    if left is UNDEFINED or not isinstance(right, list):
        return UNDEFINED
    return any(equal(left, item) for item in right)


def _plus(left: Value, right: Value) -> Value:
    if isinstance(left, str) or isinstance(right, str):
        first, second = to_string(left), to_string(right)
        return first + second if isinstance(first, str) and isinstance(second, str) else UNDEFINED
    return arithmetic("+", left, right)


_OPERATORS: dict[str, Callable[[Value, Value], Value]] = {
    "=": _equality(True),
    "<>": _equality(False),
    "<": _ordering(lambda left, right: left < right),
    "<=": _ordering(lambda left, right: left <= right),
    ">": _ordering(lambda left, right: left > right),
    ">=": _ordering(lambda left, right: left >= right),
    "IN": _contains,
}
