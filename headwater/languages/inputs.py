"""What a rule hands to its target: the event, a part of it, or a template filled from it.

Everything is compiled once and gives JSON text; the event is parsed JSON.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_STEP = re.compile(r"""\.(?P<name>[^.\[\]'"*\s]+)|\[(?P<index>\d+)\]|\[(?P<quote>['"])(?P<quoted>.*?)(?P=quote)\]""")
_PLACEHOLDER = re.compile(r"<([^<>\"\\]*)>")


class InvalidInput(ValueError):
    """A path or a template that cannot be compiled; the message says which part."""


class _Missing:
    __slots__ = ()


MISSING = _Missing()


@dataclass(frozen=True)
class Names:
    """What the reserved variables of a template stand for; ``ingested`` is an ISO 8601 instant."""

    rule_arn: str
    rule_name: str
    ingested: str


class InputPath:
    """A JSON path of names and indices, such as ``$.detail.items[0]``."""

    __slots__ = ("_steps",)

    def __init__(self, text: str) -> None:
        if not text.startswith("$"):
            raise InvalidInput(f"{text} does not begin with $")
        steps: list[str | int] = []
        at = 1
        while at < len(text):
            step = _STEP.match(text, at)
            if step is None:
                raise InvalidInput(f"{text} cannot be read from {text[at:]!r} on")
            steps.append(int(step["index"]) if step["index"] else step["name"] or step["quoted"])
            at = step.end()
        self._steps = tuple(steps)

    def find(self, event: Any) -> Any:
        """The value at the path, or MISSING."""
        node = event
        for step in self._steps:
            if type(step) is int:
                if type(node) is not list or step >= len(node):
                    return MISSING
                node = node[step]
            elif type(node) is not dict or (node := node.get(step, MISSING)) is MISSING:
                return MISSING
        return node

    def render(self, event: Any) -> str:
        """The value as JSON; ``null`` where there is none."""
        value = self.find(event)
        return "null" if value is MISSING else orjson.dumps(value).decode()


class InputTransformer:
    """``InputPathsMap`` and ``InputTemplate``.

    A variable stands for JSON outside quotation marks, and for bare text inside them: there an object
    loses its own quotation marks. One whose path leads nowhere is an empty text.
    """

    __slots__ = ("_parts", "_paths")

    def __init__(self, paths: Mapping[str, str], template: str) -> None:
        for name in paths:
            if name.lower().startswith("aws"):
                raise InvalidInput(f"the variable {name} begins with AWS")
        self._paths = {name: InputPath(path) for name, path in paths.items()}
        self._parts = split_template(template)

    def render(self, event: Any, names: Names) -> str:
        return "".join(part if isinstance(part, str) else self._fill(*part, event, names) for part in self._parts)

    def _fill(self, name: str, quoted: bool, event: Any, names: Names) -> str:
        path = self._paths.get(name)
        value = path.find(event) if path is not None else _reserved(name, event, names)
        if value is MISSING:
            value = ""
        text = orjson.dumps(value).decode()
        if not quoted:
            return text
        return text[1:-1] if type(value) is str else text.replace('"', "")


def _reserved(name: str, event: Any, names: Names) -> Any:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html#eb-transform-input-predefined"""
    match name:
        case "aws.events.rule-arn":
            return names.rule_arn
        case "aws.events.rule-name":
            return names.rule_name
        case "aws.events.event.ingestion-time":
            return names.ingested
        case "aws.events.event":
            return {member: value for member, value in event.items() if member != "detail"}
        case "aws.events.event.json":
            return event
    return MISSING


def split_template(template: str) -> tuple[str | tuple[str, bool], ...]:
    """Text, and between it variables (``<name>``), each with whether it stands inside quotation marks."""
    parts: list[str | tuple[str, bool]] = []
    quoted = False
    at = 0
    for placeholder in _PLACEHOLDER.finditer(template):
        text = template[at : placeholder.start()]
        quoted ^= _marks(text) % 2 == 1
        parts += [text, (placeholder[1], quoted)]
        at = placeholder.end()
    parts.append(template[at:])
    return tuple(parts)


def _marks(text: str) -> int:
    """Quotation marks that open or close a JSON text: those without a backslash before them."""
    return len(re.sub(r"\\.", "", text).split('"')) - 1
