"""Expressions and references, compiled to functions of the scope."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from headwater.languages.vtl.cursor import Cursor, Evaluate, Node, Scope, TemplateError
from headwater.languages.vtl.values import (
    MOST_ITEMS,
    calculate,
    compare,
    invoke,
    is_equal,
    is_true,
    item_of,
    property_of,
)

_SPACE = re.compile(r"\s*")
_START = re.compile(r"\$!?(\{)?!?([A-Za-z_][A-Za-z0-9_-]*)")
_NAME = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)")
_OPEN = re.compile(r"\s*\(\s*")
_CALL = re.compile(r"\(")
_CLOSE = re.compile(r"\s*\)")
_INDEX = re.compile(r"\[")
_INDEX_END = re.compile(r"\s*\]")
_BRACE_END = re.compile(r"\}")
_COMMA = re.compile(r"\s*,\s*")
_COLON = re.compile(r"\s*:\s*")
_RANGE = re.compile(r"\s*\.\.\s*")
_LIST = re.compile(r"\[\s*")
_MAP = re.compile(r"\{\s*")
_MAP_END = re.compile(r"\s*\}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?(?:[eE][+-]?\d+)?(?!\.\w)|-?\d+(?=\.\.)")
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.|"")*)"', re.S)
_WORD = re.compile(r"(true|false|null)\b")
_NOT = re.compile(r"(?:!(?!=)|not\b)\s*")
_OR = re.compile(r"\s*(?:\|\||or\b)\s*")
_AND = re.compile(r"\s*(?:&&|and\b)\s*")
_EQUALITY = re.compile(r"\s*(==|!=|eq\b|ne\b)\s*")
_RELATION = re.compile(r"\s*(<=|>=|<|>|lt\b|le\b|gt\b|ge\b)\s*")
_SUM = re.compile(r"\s*([+-])\s*")
_PRODUCT = re.compile(r"\s*([*/%])\s*")
_WORDS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}

Step = Callable[[Scope, Any], Any]


class Definition:
    """What ``#define`` leaves in a variable: it is rendered where it is used."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node


class Reference:
    """``$name.part(argument)[index]``: a variable and the steps from it."""

    __slots__ = ("name", "steps")

    def __init__(self, name: str, steps: tuple[tuple[Step, Evaluate | None], ...]) -> None:
        self.name = name
        # each with the key that it writes to, where it can be written to
        self.steps = steps

    def __call__(self, scope: Scope) -> Any:
        value = scope.variables.get(self.name)
        for step, _ in self.steps:
            if value is None:
                return None
            value = step(scope, value)
        return scope.captured(value.node) if isinstance(value, Definition) else value

    def assign(self, scope: Scope, value: Any) -> None:
        """Write to what the reference names; into nothing it is not written."""
        if not self.steps:
            scope.variables[self.name] = value
            return
        holder = Reference(self.name, self.steps[:-1])(scope)
        key = self.steps[-1][1]
        place = None if key is None else key(scope)
        in_list = isinstance(holder, list) and isinstance(place, int) and -len(holder) <= place < len(holder)
        if in_list or isinstance(holder, dict):
            holder[place] = value


def reference(cursor: Cursor) -> Reference | None:
    """A reference where one begins here."""
    start = cursor.take(_START)
    if start is None:
        return None
    steps = []
    while (step := _step(cursor)) is not None:
        steps.append(step)
    if start[1]:
        cursor.need(_BRACE_END, "}")
    return Reference(start[2], tuple(steps))


def _step(cursor: Cursor) -> tuple[Step, Evaluate | None] | None:
    if cursor.take(_INDEX):
        return _index(cursor)
    named = cursor.take(_NAME)
    if named is None:
        return None
    name = named[1]
    if cursor.take(_CALL) is None:
        return (lambda scope, value: property_of(value, name)), lambda scope: name
    cursor.take(_SPACE)
    arguments = _listed(cursor, _CLOSE)
    return (lambda scope, value: invoke(value, name, [argument(scope) for argument in arguments])), None


def _index(cursor: Cursor) -> tuple[Step, Evaluate] | None:
    """An index; a bracket that begins none is text."""
    start = cursor.at - 1
    try:
        cursor.take(_SPACE)
        key = expression(cursor)
        cursor.need(_INDEX_END, "]")
    except TemplateError:
        cursor.at = start
        return None
    return (lambda scope, value: item_of(value, key(scope))), key


def _listed(cursor: Cursor, end: re.Pattern[str]) -> list[Evaluate]:
    """Expressions with commas between them, up to the end."""
    values: list[Evaluate] = []
    if cursor.take(end):
        return values
    while True:
        values.append(expression(cursor))
        if cursor.take(end):
            return values
        cursor.need(_COMMA, "a comma or the end of the list")


def expression(cursor: Cursor) -> Evaluate:
    """An expression; TemplateError where there is none."""
    one = _conjunction(cursor)
    while cursor.take(_OR):
        one = _either(one, _conjunction(cursor))
    return one


def _conjunction(cursor: Cursor) -> Evaluate:
    one = _equality(cursor)
    while cursor.take(_AND):
        one = _both(one, _equality(cursor))
    return one


def _either(one: Evaluate, other: Evaluate) -> Evaluate:
    return lambda scope: is_true(one(scope)) or is_true(other(scope))


def _both(one: Evaluate, other: Evaluate) -> Evaluate:
    return lambda scope: is_true(one(scope)) and is_true(other(scope))


def _equality(cursor: Cursor) -> Evaluate:
    one = _relation(cursor)
    while found := cursor.take(_EQUALITY):
        one = _equal(one, _relation(cursor), found[1] in ("==", "eq"))
    return one


def _equal(one: Evaluate, other: Evaluate, wanted: bool) -> Evaluate:
    return lambda scope: is_equal(one(scope), other(scope)) is wanted


def _relation(cursor: Cursor) -> Evaluate:
    one = _sum(cursor)
    while found := cursor.take(_RELATION):
        one = _of_two(compare, _WORDS.get(found[1], found[1]), one, _sum(cursor))
    return one


def _sum(cursor: Cursor) -> Evaluate:
    one = _product(cursor)
    while found := cursor.take(_SUM):
        one = _of_two(calculate, found[1], one, _product(cursor))
    return one


def _product(cursor: Cursor) -> Evaluate:
    one = _single(cursor)
    while found := cursor.take(_PRODUCT):
        one = _of_two(calculate, found[1], one, _single(cursor))
    return one


def _of_two(function: Callable[[str, Any, Any], Any], operator: str, one: Evaluate, other: Evaluate) -> Evaluate:
    return lambda scope: function(operator, one(scope), other(scope))


def _single(cursor: Cursor) -> Evaluate:
    if cursor.take(_NOT):
        inner = _single(cursor)
        return lambda scope: not is_true(inner(scope))
    if cursor.take(_OPEN):
        inside = expression(cursor)
        cursor.need(_CLOSE, ")")
        return inside
    found = reference(cursor)
    return found if found is not None else _literal(cursor)


def _literal(cursor: Cursor) -> Evaluate:
    if word := cursor.take(_WORD):
        constant = {"true": True, "false": False, "null": None}[word[1]]
        return lambda scope: constant
    if number := cursor.take(_NUMBER):
        value = float(number[0]) if number[1] or "e" in number[0].lower() else int(number[0])
        return lambda scope: value
    if single := cursor.take(_SINGLE):
        text = single[1].replace("''", "'")
        return lambda scope: text
    if double := cursor.take(_DOUBLE):
        node = cursor.interpolate(double[1].replace('""', '"'))
        return lambda scope: scope.captured(node)
    if cursor.take(_LIST):
        return _list(cursor)
    if cursor.take(_MAP):
        return _map(cursor)
    raise cursor.error("an expression")


def _list(cursor: Cursor) -> Evaluate:
    if cursor.take(_INDEX_END):
        return lambda scope: []
    first = expression(cursor)
    if cursor.take(_RANGE):
        last = expression(cursor)
        cursor.need(_INDEX_END, "]")
        return lambda scope: _range(first(scope), last(scope))
    values = [first]
    if not cursor.take(_INDEX_END):
        cursor.need(_COMMA, "a comma or ]")
        values += _listed(cursor, _INDEX_END)
    return lambda scope: [value(scope) for value in values]


def _range(first: Any, last: Any) -> list[int] | None:
    if not isinstance(first, int) or not isinstance(last, int):
        return None
    if abs(last - first) >= MOST_ITEMS:
        raise TemplateError("a range is too long")
    return list(range(first, last + 1) if first <= last else range(first, last - 1, -1))


def _map(cursor: Cursor) -> Evaluate:
    entries: list[tuple[Evaluate, Evaluate]] = []
    while not cursor.take(_MAP_END):
        if entries:
            cursor.need(_COMMA, "a comma or }")
        key = expression(cursor)
        cursor.need(_COLON, ":")
        entries.append((key, expression(cursor)))
    return lambda scope: {key(scope): value(scope) for key, value in entries}
