"""What a pipe hands to its enrichment and its target: templates, and parameters that are paths into the event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html#pipes-targets-dynamic-parms
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from headwater.languages.inputs import MISSING, InvalidInput, split_template

_STEP = re.compile(r"\.(?P<name>[\w/-]+)|\[(?P<index>\d+)\]|\[(?P<all>\*)\]|\['(?P<quoted>[^']*)'\]")
VARIABLES = frozenset(
    {
        "aws.pipes.pipe-arn",
        "aws.pipes.pipe-name",
        "aws.pipes.source-arn",
        "aws.pipes.enrichment-arn",
        "aws.pipes.target-arn",
        "aws.pipes.event.ingestion-time",
    }
)
_EVENT, _EVENT_JSON = "aws.pipes.event", "aws.pipes.event.json"
_NOT_A_PLACE = "Invalid json path reference or predefined variable for placeholder"


class PipeEvent:
    """An event on its way; of a source whose field ``body`` may hold JSON, paths lead into that. ``decode``: how the
    body is to be made text of before."""

    __slots__ = ("_decode", "_opened", "body", "identity", "value")

    def __init__(
        self,
        value: Any,
        identity: str = "",
        body: str | None = None,
        decode: Callable[[str], bytes | str] | None = None,
    ) -> None:
        self.value = value
        self.identity = identity
        self.body = body
        self._decode = decode
        self._opened: Any = MISSING

    @property
    def opened(self) -> Any:
        """The event with its body parsed, where that is JSON."""
        if self._opened is MISSING:
            self._opened = self.value
            if self.body is not None and type(self.value) is dict:
                try:
                    text = self.value[self.body]
                    self._opened = self.value | {self.body: orjson.loads(self._decode(text) if self._decode else text)}
                except (ValueError, KeyError, TypeError):
                    self._opened = self.value
        return self._opened


class PipePath:
    """A path of names, indices and ``[*]``, such as ``$.body.items[0].id``."""

    __slots__ = ("_steps",)

    def __init__(self, text: str) -> None:
        if not text.startswith("$"):
            raise InvalidInput(f"{text} does not begin with $")
        steps: list[str | int | None] = []
        at = 1
        while at < len(text):
            step = _STEP.match(text, at)
            if step is None:
                raise InvalidInput(f"{text} cannot be read from {text[at:]!r} on")
            steps.append(_step(step))
            at = step.end()
        self._steps = tuple(steps)

    def find(self, event: PipeEvent) -> Any:
        """The value at the path, or MISSING."""
        return _find(event.opened, self._steps)


def _step(found: re.Match[str]) -> str | int | None:
    if found["all"]:
        return None
    return int(found["index"]) if found["index"] else found["name"] or found["quoted"]


def _find(node: Any, steps: tuple[str | int | None, ...]) -> Any:
    for place, step in enumerate(steps):
        if step is None:
            if type(node) is not list:
                return MISSING
            each = (_find(item, steps[place + 1 :]) for item in node)
            return [value for value in each if value is not MISSING]
        if type(step) is int:
            if type(node) is not list or step >= len(node):
                return MISSING
            node = node[step]
        elif type(node) is not dict or (node := node.get(step, MISSING)) is MISSING:
            return MISSING
    return node


class PipeTemplate:
    """``InputTemplate``: free text, one path, or JSON; all with ``<$.path>`` and ``<aws.pipes.…>`` in it.

    Outside quotation marks a placeholder stands for JSON, inside them (and in free text) for bare text. One whose
    path leads nowhere is an empty text.
    """

    __slots__ = ("_alone", "_free", "_parts")

    def __init__(self, template: str) -> None:
        parts = [part if isinstance(part, str) else _compile(*part) for part in split_template(template)]
        begin = template.lstrip()[:1]
        self._parts = tuple(parts)
        self._free = begin not in ("{", "[", '"', "<")
        places = [part for part in parts if not isinstance(part, str) or part.strip()]
        self._alone = places[0] if len(places) == 1 and isinstance(places[0], _Placeholder) else None

    def render(self, event: PipeEvent, variables: Mapping[str, str]) -> tuple[str, bool]:
        """The text, and whether it is free text rather than JSON. A template that is one placeholder which stands for
        a text is that text."""
        if self._alone is not None and type(value := self._alone.value(event, variables)) is str:
            return value, True
        filled = (
            part if isinstance(part, str) else part.fill(event, variables, bare=self._free) for part in self._parts
        )
        return "".join(filled), self._free


class _Placeholder:
    __slots__ = ("_name", "_path", "_quoted")

    def __init__(self, name: str, quoted: bool) -> None:
        self._name = name
        self._path = PipePath(name) if name.startswith("$") else None
        self._quoted = quoted

    def value(self, event: PipeEvent, variables: Mapping[str, str]) -> Any:
        if self._path is not None:
            found = self._path.find(event)
            return "" if found is MISSING else found
        if self._name == _EVENT:
            return event.value
        return event.opened if self._name == _EVENT_JSON else variables.get(self._name, "")

    def fill(self, event: PipeEvent, variables: Mapping[str, str], bare: bool) -> str:
        value = self.value(event, variables)
        if bare:
            return value if type(value) is str else orjson.dumps(value).decode()
        text = orjson.dumps(value).decode()
        if not self._quoted:
            return text
        return (text if type(value) is str else orjson.dumps(text).decode())[1:-1]


def _compile(name: str, quoted: bool) -> str | _Placeholder:
    """A placeholder; what is neither a path nor one of AWS's names is markup."""
    if name.startswith("$"):
        try:
            return _Placeholder(name, quoted)
        except InvalidInput:
            raise InvalidInput(_NOT_A_PLACE) from None
    if name in VARIABLES or name in (_EVENT, _EVENT_JSON):
        return _Placeholder(name, quoted)
    if name.startswith("aws."):
        raise InvalidInput(_NOT_A_PLACE)
    return f"<{name}>"


class DynamicText:
    """A parameter: a fixed text, or a path (``$.body.id``) into each event."""

    __slots__ = ("_path", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._path = PipePath(text) if text.startswith(("$.", "$[")) else None

    def of(self, event: PipeEvent) -> str:
        """Raises InvalidInput where the path leads nowhere."""
        if self._path is None:
            return self._text
        found = self._path.find(event)
        if found is MISSING or found is None:
            raise InvalidInput(f"The path {self._text} leads nowhere in the event.")
        return found if type(found) is str else orjson.dumps(found).decode()
