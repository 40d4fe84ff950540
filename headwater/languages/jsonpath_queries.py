"""Paths that are more than names and indexes, by python-jsonpath: bounded, so that a hostile one fails its state and
nothing else. Regular expressions go to an engine that needs linear time; how many places a path looks at is counted.
Where Jayway, whose dialect AWS has, differs from RFC 9535, its selectors stand in for the library's.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Iterator
from typing import Any, ClassVar

import orjson
from jsonpath import JSONPath, JSONPathEnvironment, JSONPathError, JSONPathMatch, NodeList
from jsonpath.exceptions import JSONPathRecursionError
from jsonpath.function_extensions import ExpressionType, FilterFunction
from jsonpath.lex import Lexer
from jsonpath.parse import Parser
from jsonpath.selectors import Filter, FilterContext, IndexSelector, JSONPathSelector, NameSelector, SliceSelector
from jsonpath.token import TOKEN_IN

from headwater.languages.jsonata_engine import compile_text

# Places of a value that one evaluation may look at.
MOST_PLACES = 150_000
# A slash that is not escaped: it would end the expression.
_SLASH = re.compile(r"(\\.)|/", re.DOTALL)
# Operators of Jayway's that the library lacks: https://github.com/json-path/JsonPath#filter-operators
_OPERATORS = ("nin", "subsetof", "anyof", "noneof", "size", "empty")
_KIND = "JAYWAY_"
# A quoted text, or the rest of the path where no quote ends it: whoever began anew at every quote of it would need
# time that grows as the square.
QUOTED = r"""('(?:[^'\\]|\\.)*+(?:'|\\?\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z))"""
# A path within a filter that ends in a function: to the library it is the function of a path.
_KEYS = r"""(?:\.[^.\[\]()\s,'"*?@$=<>!&|~]+|\[\s*(?:'(?:[^'\\]|\\.)*'|-?\d+)\s*\])*"""
_LENGTH = re.compile(rf"{QUOTED}|([@$]{_KEYS})\.(?:length|size)\(\)", re.DOTALL)


class QueryFailed(Exception):
    """The evaluation was given up; the argument says why."""


class _Place(JSONPathMatch):
    """A place in a value, which counts those that are looked at from it; its path as text is not asked for."""

    left: list[int]

    def new_child(self, obj: object, key: int | str) -> _Place:
        left = self.left
        left[0] -= 1
        if left[0] < 0:
            raise QueryFailed(f"The path looks at more than {MOST_PLACES} places")
        child = _Place(
            filter_context=self.filter_context(),
            obj=obj,
            parent=None,
            parts=(*self.parts, key),
            path="",
            root=self.root,
        )
        child.left = left
        return child


class _Lexer(Lexer):
    def compile_rules(self) -> re.Pattern[str]:
        ours = "|".join(rf"(?P<{_KIND}{word}>{word}\b)" for word in _OPERATORS)
        rules = super().compile_rules()
        return re.compile(rules.pattern.replace(f"(?P<{TOKEN_IN}>", f"{ours}|(?P<{TOKEN_IN}>", 1), rules.flags)


class _Parser(Parser):
    PRECEDENCES = Parser.PRECEDENCES | {_KIND + word: Parser.PRECEDENCE_MEMBERSHIP for word in _OPERATORS}
    BINARY_OPERATORS = Parser.BINARY_OPERATORS | {_KIND + word: word for word in _OPERATORS}
    INFIX_LITERAL_OPERATORS = Parser.INFIX_LITERAL_OPERATORS | frozenset(_OPERATORS)


class _Length(FilterFunction):
    """Of arrays and objects, as at the end of a path."""

    arg_types: ClassVar[list[ExpressionType]] = [ExpressionType.VALUE]
    return_type = ExpressionType.VALUE

    def __call__(self, value: object) -> int | None:
        return len(value) if isinstance(value, list | dict) else None


class _Environment(JSONPathEnvironment):
    lexer_class = _Lexer
    parser_class = _Parser

    def setup_function_extensions(self) -> None:
        """Without those of RFC 9535 that take regular expressions: AWS's dialect has `=~`."""
        super().setup_function_extensions()
        self.function_extensions["jayway_length"] = _Length()
        for name in ("match", "search"):
            self.function_extensions.pop(name, None)

    def compare(self, left: object, operator: str, right: object) -> bool:
        if operator == "=~" and isinstance(right, re.Pattern):
            return isinstance(left, str) and _matches(right, left)
        if operator in _OPERATORS:
            return self._compare_as_jayway(left, operator, right)
        if operator in ("==", "!=") and type(left) is not type(right):
            left, right = _as_number(left, right), _as_number(right, left)
        return super().compare(left, operator, right)

    def _compare_as_jayway(self, left: object, operator: str, right: object) -> bool:
        if operator == "nin":
            return not super().compare(left, "in", right)
        if isinstance(left, NodeList):
            return False
        if operator in ("size", "empty"):
            if not isinstance(left, (list, str) if operator == "size" else (list, dict, str)):
                return False
            return type(right) is int and len(left) == right if operator == "size" else (not left) is right
        if not (isinstance(left, list) and isinstance(right, list)):
            return False
        these, those = set(map(_known_by, left)), set(map(_known_by, right))
        if operator == "subsetof":
            return these <= those
        return these.isdisjoint(those) is (operator == "noneof")


def _known_by(value: object) -> float | bytes:
    """The same for values that are equal: 1 and 1.0 are, 1 and true are not."""
    if type(value) in (int, float):
        try:
            return float(value)  # type: ignore[arg-type]
        except OverflowError:
            return repr(value).encode()
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _as_number(value: object, other: object) -> object:
    """A text beside a number is the number that it writes, if it writes one."""
    if type(value) is not str or type(other) not in (int, float):
        return value
    try:
        return float(value)
    except ValueError:
        return value


class _Index(IndexSelector):
    """Past the end of an array there is null; objects have no indexes."""

    def resolve(self, node: JSONPathMatch) -> Iterator[JSONPathMatch]:
        array = node.obj
        if type(array) is list:
            inside = -len(array) <= self.index < len(array)
            yield node.new_child(array[self.index] if inside else None, self.index)


class _Slice(SliceSelector):
    """Of arrays alone, and without steps."""

    def resolve(self, node: JSONPathMatch) -> Iterator[JSONPathMatch]:
        if type(node.obj) is list:
            yield from super().resolve(node)


class _Filter(Filter):
    """An object is let pass itself, or not; it is not its members that are looked at."""

    def resolve(self, node: JSONPathMatch) -> Iterator[JSONPathMatch]:
        if type(node.obj) is not dict:
            yield from super().resolve(node)
            return
        context = FilterContext(
            env=self.env, current=node.obj, root=node.root, extra_context=node.filter_context(), current_key=None
        )
        if self.expression.evaluate(context):
            yield node


class _Members(JSONPathSelector):
    """Several names at a path's end: one object with those members that are there."""

    def __init__(self, names: tuple[NameSelector, ...]) -> None:
        super().__init__(env=names[0].env, token=names[0].token)
        self.names = [name.name for name in names]

    def resolve(self, node: JSONPathMatch) -> Iterator[JSONPathMatch]:
        if type(node.obj) is dict:
            yield node.new_child({name: node.obj[name] for name in self.names if name in node.obj}, "")

    def resolve_async(self, node: JSONPathMatch) -> AsyncIterable[JSONPathMatch]:
        raise NotImplementedError


def _in_jayways_way(selector: JSONPathSelector) -> JSONPathSelector:
    if type(selector) is IndexSelector:
        return _Index(env=selector.env, token=selector.token, index=selector.index)
    if type(selector) is SliceSelector:
        cut = selector.slice
        if cut.step not in (None, 1):
            raise JSONPathError(f"Failed to parse SliceOperation: {selector}", token=None)
        return _Slice(env=selector.env, token=selector.token, start=cut.start, stop=cut.stop)
    if type(selector) is Filter:
        return _Filter(env=selector.env, token=selector.token, expression=selector.expression)
    return selector


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    escaped = _SLASH.sub(lambda found: found[1] or r"\/", pattern.pattern)
    flags = "i" if pattern.flags & re.IGNORECASE else ""
    try:
        return bool(compile_text(rf"$contains(s, /^(?:{escaped})$/{flags})").evaluate({"s": text}))
    except ValueError as error:
        why = str(error).splitlines()[-1]
    raise QueryFailed(f"The regular expression /{pattern.pattern}/ could not be evaluated: {why}")


_ENVIRONMENT = _Environment()


def compile_query(text: str) -> JSONPath:
    """JSONPathError where the text is no single path."""
    query = _ENVIRONMENT.compile(_LENGTH.sub(lambda found: found[1] or f"jayway_length({found[2]})", text))
    if not isinstance(query, JSONPath):
        raise JSONPathError("unexpected operator between paths", token=None)
    for segment in query.segments:
        segment.selectors = tuple(map(_in_jayways_way, segment.selectors))
    names = tuple(selector for selector in query.segments[-1].selectors if isinstance(selector, NameSelector))
    if len(names) == len(query.segments[-1].selectors) > 1:
        query.segments[-1].selectors = (_Members(names),)
    return query


def picks_members(query: JSONPath) -> bool:
    """Whether it ends in several names."""
    return isinstance(query.segments[-1].selectors[0], _Members)


def find_all(query: JSONPath, value: Any) -> list[Any]:
    """The values at all places that the path leads to; QueryFailed where there are too many to look at."""
    root = _Place(filter_context={}, obj=value, parent=None, parts=(), path="", root=value)
    root.left = [MOST_PLACES]
    places: Any = [root]
    for segment in query.segments:
        places = segment.resolve(places)
    try:
        return [place.obj for place in places]
    except (JSONPathRecursionError, RecursionError):
        why = "The value is nested too deeply for the path"
    raise QueryFailed(why)
