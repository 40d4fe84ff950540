"""Queries for the keys of partitions: the small part of jq that names fields, ``{customer: .order.customer_id}``."""

from __future__ import annotations

import re
from typing import Any

import orjson

_WHOLE = re.compile(r"\s*\{(.*)\}\s*", re.DOTALL)
_PAIR = re.compile(r'\s*(?:"([^"]+)"|([A-Za-z_]\w*))\s*:\s*((?:\.(?:[A-Za-z_]\w*|"[^"]+"|\[\d+\])|\[\d+\])+)\s*')
_STEP = re.compile(r'\.?(?:([A-Za-z_]\w*)|"([^"]+)"|\[(\d+)\])')


class InvalidQuery(Exception):
    """The query is more than an object of paths."""


class KeyQuery:
    """A compiled query."""

    def __init__(self, text: str) -> None:
        whole = _WHOLE.fullmatch(text)
        if whole is None:
            raise InvalidQuery(text)
        self._paths: dict[str, list[str | int]] = {}
        for pair in whole[1].split(","):
            found = _PAIR.fullmatch(pair)
            if found is None:
                raise InvalidQuery(text)
            steps = [int(index) if index else name or quoted for name, quoted, index in _STEP.findall(found[3])]
            self._paths[found[1] or found[2]] = steps

    def keys(self, data: bytes) -> dict[str, str]:
        """The keys in a JSON document; ValueError where it is none, or lacks one of them."""
        document = orjson.loads(data)
        return {name: _text(_find(document, steps), name) for name, steps in self._paths.items()}


def _find(node: Any, steps: list[str | int]) -> Any:
    for step in steps:
        if isinstance(step, int):
            node = node[step] if isinstance(node, list) and step < len(node) else None
        else:
            node = node.get(step) if isinstance(node, dict) else None
    return node


def _text(value: Any, name: str) -> str:
    if value is None or value == "" or isinstance(value, dict | list):
        raise ValueError(f"{name} has no value")
    return value if isinstance(value, str) else orjson.dumps(value).decode()
