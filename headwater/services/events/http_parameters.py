"""The HttpParameters of a target, compiled: values that are JSON paths stand for what an event has there.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_HttpParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.inputs import MISSING, InputPath
from headwater.services.events.envelope import Event

_Value = str | InputPath


class HttpParameters:
    """``fill`` gives them with the values of an event; a path that leads nowhere is an empty text."""

    __slots__ = ("_headers", "_path", "_query")

    def __init__(self, definition: Mapping[str, Any]) -> None:
        """InvalidInput where a path cannot be read."""
        self._path = [_compile(value) for value in definition.get("PathParameterValues") or ()]
        self._headers = _compiled(definition.get("HeaderParameters"))
        self._query = _compiled(definition.get("QueryStringParameters"))

    def fill(self, event: Event) -> dict[str, Any]:
        return {
            "PathParameterValues": [_text(value, event) for value in self._path],
            "HeaderParameters": {name: _text(value, event) for name, value in self._headers.items()},
            "QueryStringParameters": {name: _text(value, event) for name, value in self._query.items()},
        }


def _compiled(values: Mapping[str, str] | None) -> dict[str, _Value]:
    return {name: _compile(value) for name, value in (values or {}).items()}


def _compile(value: str) -> _Value:
    return InputPath(value) if value.startswith("$.") else value


def _text(value: _Value, event: Event) -> str:
    if isinstance(value, str):
        return value
    found = value.find(event)
    if found is MISSING:
        return ""
    return found if isinstance(found, str) else orjson.dumps(found).decode()
