"""Substitution templates: text with `${expression}` in it ("Substitution templates")."""

from __future__ import annotations

from headwater.languages.iot_sql.compiler import Compiler, Evaluator
from headwater.languages.iot_sql.functions.signature import VERSION_2
from headwater.languages.iot_sql.message import Message
from headwater.languages.iot_sql.parser import Parser
from headwater.languages.iot_sql.values import to_string

_OPENING = "${"


class Template:
    """Literal text and evaluators, in turn."""

    __slots__ = ("_parts",)

    def __init__(self, parts: list[str | Evaluator]) -> None:
        self._parts = parts

    def render(self, message: Message) -> str:
        """The text with each expression's value in its place; Undefined and Null leave nothing."""
        rendered = []
        for part in self._parts:
            value = part if isinstance(part, str) else to_string(part(message, message.document))
            rendered.append(value if isinstance(value, str) else "")
        return "".join(rendered)


def compile_template(text: str, version: str = VERSION_2) -> Template:
    """Read a template; raises `SqlParseError` where an expression is not one."""
    compiler = Compiler(version)
    parts: list[str | Evaluator] = []
    position = 0
    while (opening := text.find(_OPENING, position)) >= 0:
        if opening > position:
            parts.append(text[position:opening])
        expression, position = Parser(text, opening + len(_OPENING)).template()
        parts.append(compiler.expression(expression))
    if position < len(text):
        parts.append(text[position:])
    return Template(parts)
