"""Templates: text, references and directives, compiled once and rendered with variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from headwater.languages.vtl.cursor import Cursor, Evaluate, Node, Scope, TemplateError
from headwater.languages.vtl.expressions import Definition, Reference, expression, reference
from headwater.languages.vtl.values import is_true, text_of

_MOST_TURNS = 1000
"""API Gateway ends a loop there."""
_MOST_TURNS_IN_ALL = 100_000
_LONGEST_TEXT = 10 * 1024 * 1024
_PLAIN = re.compile(r"[^$#\\]+")
_ESCAPED = re.compile(r"\\([$#])")
_COMMENT = re.compile(r"##[^\n]*\n?|#\*.*?\*#", re.S)
_RAW = re.compile(r"#\[\[(.*?)\]\]#", re.S)
_DIRECTIVE = re.compile(r"#(?:\{([A-Za-z]+)\}|([A-Za-z_][A-Za-z0-9_-]*))")
_REST_OF_LINE = re.compile(r"[ \t]*\r?\n")
_OPEN = re.compile(r"\s*\(\s*")
_CLOSE = re.compile(r"\s*\)")
_EQUALS = re.compile(r"\s*=\s*")
_IN = re.compile(r"\s+in\s+")
_WORD = re.compile(r"\s*\$?([A-Za-z_][A-Za-z0-9_-]*)")
_SEPARATOR = re.compile(r"\s*,?\s*")


class _Break(Exception):
    """Out of a loop."""


class _Stop(Exception):
    """Out of the template."""


class Template:
    """A compiled template."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def render(self, variables: Mapping[str, Any]) -> str:
        """The text; TemplateError where it goes on without end. What ``variables`` hold may be changed by it."""
        scope = Scope(dict(variables))
        try:
            self._node(scope)
        except (_Stop, _Break):
            pass
        except RecursionError:
            raise TemplateError("the template calls itself without end") from None
        return "".join(scope.out)


def compile_template(text: str) -> Template:
    """TemplateError where the text is no template."""
    try:
        return Template(_compile(text))
    except RecursionError:
        raise TemplateError("the template is nested too deeply") from None


def _compile(text: str) -> Node:
    cursor = Cursor(text, _compile)
    node, ended = _block(cursor, ())
    assert not ended
    return node


def _block(cursor: Cursor, ends: tuple[str, ...]) -> tuple[Node, str]:
    """Nodes up to one of the directives that end them, or to the end of the text; which it was."""
    nodes: list[Node] = []
    while cursor.at < len(cursor.text):
        if plain := cursor.take(_PLAIN):
            nodes.append(_text(plain[0]))
        elif escaped := cursor.take(_ESCAPED):
            nodes.append(_text(escaped[1]))
        elif cursor.take(_COMMENT):
            continue
        elif raw := cursor.take(_RAW):
            nodes.append(_text(raw[1]))
        elif directive := cursor.take(_DIRECTIVE):
            name = directive[1] or directive[2]
            if name in ends:
                cursor.take(_REST_OF_LINE)
                return _sequence(nodes), name
            nodes.append(_directive(cursor, name, directive[0]))
        elif found := reference(cursor):
            nodes.append(_printed(found))
        else:
            nodes.append(_text(cursor.text[cursor.at]))
            cursor.at += 1
    if ends:
        raise cursor.error(f"#{ends[-1]}")
    return _sequence(nodes), ""


def _text(text: str) -> Node:
    return lambda scope: scope.out.append(text)


def _sequence(nodes: list[Node]) -> Node:
    if len(nodes) == 1:
        return nodes[0]

    def run(scope: Scope) -> None:
        for node in nodes:
            node(scope)

    return run


def _printed(found: Reference) -> Node:
    """Nothing for what is not there, where Velocity itself would print the reference."""

    def write(scope: Scope) -> None:
        value = found(scope)
        if value is not None:
            scope.out.append(text_of(value))

    return write


def _directive(cursor: Cursor, name: str, text: str) -> Node:
    if name == "set":
        return _set(cursor)
    if name == "if":
        return _if(cursor)
    if name == "foreach":
        return _foreach(cursor)
    if name == "define":
        return _define(cursor)
    if name == "macro":
        return _macro(cursor)
    if name in ("break", "stop"):
        return _leave(_Break if name == "break" else _Stop)
    if name in ("end", "else", "elseif"):
        raise cursor.error(f"a directive that #{name} belongs to")
    if name in ("include", "parse", "evaluate", "return"):
        raise TemplateError(f"#{name} is not known to API Gateway")
    return _call(cursor, name) if cursor.take(_OPEN) else _text(text)


def _leave(how: type[Exception]) -> Node:
    def leave(scope: Scope) -> None:
        raise how

    return leave


def _set(cursor: Cursor) -> Node:
    cursor.need(_OPEN, "(")
    target = reference(cursor)
    if target is None:
        raise cursor.error("a reference")
    cursor.need(_EQUALS, "=")
    value = expression(cursor)
    cursor.need(_CLOSE, ")")
    cursor.take(_REST_OF_LINE)

    def assign(scope: Scope) -> None:
        found = value(scope)
        if isinstance(found, str) and len(found) > _LONGEST_TEXT:
            raise TemplateError("a text is too long")
        if found is not None:  # nothing is not assigned
            target.assign(scope, found)

    return assign


def _condition(cursor: Cursor) -> Evaluate:
    cursor.need(_OPEN, "(")
    condition = expression(cursor)
    cursor.need(_CLOSE, ")")
    cursor.take(_REST_OF_LINE)
    return condition


def _if(cursor: Cursor) -> Node:
    branches: list[tuple[Evaluate, Node]] = []
    ended = "elseif"
    while ended == "elseif":
        condition = _condition(cursor)
        node, ended = _block(cursor, ("elseif", "else", "end"))
        branches.append((condition, node))
    otherwise = _block(cursor, ("end",))[0] if ended == "else" else _sequence([])

    def choose(scope: Scope) -> None:
        for condition, node in branches:
            if is_true(condition(scope)):
                node(scope)
                return
        otherwise(scope)

    return choose


def _foreach(cursor: Cursor) -> Node:
    cursor.need(_OPEN, "(")
    name = cursor.need(_WORD, "a variable")[1]
    cursor.need(_IN, "in")
    source = expression(cursor)
    cursor.need(_CLOSE, ")")
    cursor.take(_REST_OF_LINE)
    node, _ = _block(cursor, ("end",))

    def loop(scope: Scope) -> None:
        values = source(scope)
        items = list(values.values()) if isinstance(values, dict) else values if isinstance(values, list) else ()
        variables = scope.variables
        before = {key: variables.get(key) for key in (name, "foreach", "velocityCount")}
        try:
            for place, item in enumerate(items[:_MOST_TURNS]):
                variables[name] = item
                variables["foreach"] = _turn(place, len(items))
                variables["velocityCount"] = place + 1
                scope.turns[0] += 1
                if scope.turns[0] > _MOST_TURNS_IN_ALL:
                    raise TemplateError("the loops take too many turns")
                node(scope)
        except _Break:
            pass
        finally:
            variables.update(before)

    return loop


def _turn(place: int, size: int) -> dict[str, Any]:
    more = place + 1 < size
    return {"index": place, "count": place + 1, "hasNext": more, "first": place == 0, "last": not more}


def _define(cursor: Cursor) -> Node:
    cursor.need(_OPEN, "(")
    name = cursor.need(_WORD, "a variable")[1]
    cursor.need(_CLOSE, ")")
    cursor.take(_REST_OF_LINE)
    definition = Definition(_block(cursor, ("end",))[0])

    def define(scope: Scope) -> None:
        scope.variables[name] = definition

    return define


def _macro(cursor: Cursor) -> Node:
    cursor.need(_OPEN, "(")
    name, *parameters = _words(cursor)
    cursor.take(_REST_OF_LINE)
    node, _ = _block(cursor, ("end",))

    def define(scope: Scope) -> None:
        scope.macros[name] = (tuple(parameters), node)

    return define


def _words(cursor: Cursor) -> list[str]:
    words = [cursor.need(_WORD, "a name")[1]]
    while not cursor.take(_CLOSE):
        cursor.take(_SEPARATOR)
        words.append(cursor.need(_WORD, "a parameter")[1])
    return words


def _call(cursor: Cursor, name: str) -> Node:
    """A macro's call; its arguments stand with commas or only spaces between them."""
    arguments: list[Evaluate] = []
    while not cursor.take(_CLOSE):
        arguments.append(expression(cursor))
        cursor.take(_SEPARATOR)

    def run(scope: Scope) -> None:
        if name not in scope.macros:
            return
        parameters, node = scope.macros[name]
        inner = Scope({**scope.variables, **dict(zip(parameters, (each(scope) for each in arguments), strict=False))})
        inner.macros, inner.out, inner.turns = scope.macros, scope.out, scope.turns
        node(inner)

    return run
