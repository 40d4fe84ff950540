"""Values of templates: how Java prints, compares and calls them.

JSON's objects are maps (``{a=1, b=2}`` as text), its arrays print themselves as JSON; lists that a template makes
print as Java's do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from headwater.languages.regular_expressions import Match, compile_expression

MOST_ITEMS = 100_000
Method = Callable[..., Any]
_GROUP = re.compile(r"\\(.)|\$(\d)")


class JsonArray(list[Any]):
    """An array of a JSON document."""


class Tool:
    """What the host offers under a name, such as ``$util``: methods and properties."""

    __slots__ = ("methods", "properties")

    def __init__(self, methods: Mapping[str, Method], properties: Mapping[str, Any] | None = None) -> None:
        self.methods = methods
        self.properties = properties or {}


def from_json(value: Any) -> Any:
    """A JSON document as templates have it."""
    if isinstance(value, dict):
        return {name: from_json(item) for name, item in value.items()}
    return JsonArray(map(from_json, value)) if isinstance(value, list) else value


def text_of(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}={text_of(item)}" for name, item in value.items()) + "}"
    if isinstance(value, JsonArray):
        return orjson.dumps(value, default=str).decode()
    if isinstance(value, list):
        return "[" + ", ".join(map(text_of, value)) + "]"
    return "" if isinstance(value, Tool) else str(value)


def is_true(value: Any) -> bool:
    """Nothing, false and the empty text are not."""
    return not (value is None or value is False or value == "")


def is_equal(one: Any, other: Any) -> bool:
    """Values of different kinds are equal where their texts are."""
    if type(one) is type(other) or (_is_number(one) and _is_number(other)) or one is None or other is None:
        return bool(one == other)
    return text_of(one) == text_of(other)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def calculate(operator: str, one: Any, other: Any) -> Any:
    """``+ - * / %``; None where Java has no result."""
    if operator == "+" and (isinstance(one, str) or isinstance(other, str)):
        return text_of(one) + text_of(other)
    if not (_is_number(one) and _is_number(other)):
        return None
    if operator in "/%" and other == 0:
        return None
    if operator == "/":
        quotient = one / other
        return quotient if isinstance(quotient, float) and not _whole(one, other) else int(quotient)
    if operator == "%":
        return one - other * int(one / other)
    return one + other if operator == "+" else one - other if operator == "-" else one * other


def _whole(one: Any, other: Any) -> bool:
    return isinstance(one, int) and isinstance(other, int)


def compare(operator: str, one: Any, other: Any) -> bool:
    """``< <= > >=`` of two numbers or two texts; false otherwise."""
    if not (_is_number(one) and _is_number(other)) and not (isinstance(one, str) and isinstance(other, str)):
        return False
    if operator[0] == "<":
        return bool(one <= other if operator == "<=" else one < other)
    return bool(one >= other if operator == ">=" else one > other)


def property_of(value: Any, name: str) -> Any:
    """``$value.name``: a map's entry, an entry's half, a tool's property."""
    if isinstance(value, dict):
        return value.get(name)
    return value.properties.get(name) if isinstance(value, Tool) else None


def item_of(value: Any, key: Any) -> Any:
    """``$value[key]``."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list | str) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def invoke(value: Any, name: str, arguments: list[Any]) -> Any:
    """``$value.name(arguments)``; None where there is no such method, or it does not take these."""
    if isinstance(value, Tool):
        method = value.methods.get(name)
    else:
        kind = str if isinstance(value, str) else dict if isinstance(value, dict) else list
        shared = name in _OF_ALL and (value is not None)
        method = _METHODS[kind].get(name) if isinstance(value, str | dict | list) else None
        if method is None and shared:
            method = _OF_ALL[name]
        arguments = [value, *arguments]
    if method is None:
        return None
    try:
        return method(*arguments)
    except (TypeError, ValueError, IndexError):
        return None


def _replace_all(text: str, pattern: str, replacement: str) -> str:
    return _replace(text, pattern, replacement, 0)


def _replace(text: str, pattern: str, replacement: str, most: int) -> str:
    """Java's replacements: ``$1`` is a group, a backslash takes the next character as it is."""

    def filled(match: Match) -> str:
        return _GROUP.sub(lambda part: part[1] or match[int(part[2])] or "", replacement)

    return compile_expression(pattern).replace(text, filled, most)


def _split(text: str, pattern: str) -> list[str]:
    """Without the empty texts at the end."""
    pieces = compile_expression(pattern).split(text)
    while pieces and pieces[-1] == "":
        pieces.pop()
    return pieces


def _set_item(values: list[Any], place: int, value: Any) -> Any:
    former, values[place] = values[place], value
    return former


def _add(values: list[Any], *arguments: Any) -> bool:
    values.insert(arguments[0], arguments[1]) if len(arguments) == 2 else values.append(arguments[0])
    return True


def _add_all(values: list[Any], others: list[Any]) -> bool:
    if len(values) + len(others) > MOST_ITEMS:
        raise ValueError(others)
    values.extend(others)
    return True


def _put(entries: dict[Any, Any], name: Any, value: Any) -> Any:
    former, entries[name] = entries.get(name), value
    return former


def _entries(entries: dict[Any, Any]) -> list[Any]:
    return [{"key": name, "value": value} for name, value in entries.items()]


_OF_ALL: Mapping[str, Method] = {
    "toString": text_of,
    "equals": is_equal,
    "intValue": int,
    "longValue": int,
    "doubleValue": float,
}
_METHODS: Mapping[type, Mapping[str, Method]] = {
    str: {
        "length": len,
        "isEmpty": lambda text: not text,
        "equalsIgnoreCase": lambda text, other: text.lower() == str(other).lower(),
        "contains": lambda text, part: part in text,
        "startsWith": lambda text, prefix: text.startswith(prefix),
        "endsWith": lambda text, suffix: text.endswith(suffix),
        "indexOf": lambda text, part, *start: text.find(part, *start),
        "lastIndexOf": lambda text, part: text.rfind(part),
        "charAt": lambda text, place: text[place],
        "substring": lambda text, start, end=None: text[start:end],
        "concat": lambda text, other: text + other,
        "replace": lambda text, old, new: text.replace(old, new),
        "replaceAll": _replace_all,
        "replaceFirst": lambda text, pattern, replacement: _replace(text, pattern, replacement, 1),
        "matches": lambda text, pattern: compile_expression(pattern).matches(text),
        "split": _split,
        "toLowerCase": lambda text: text.lower(),
        "toUpperCase": lambda text: text.upper(),
        "trim": lambda text: text.strip(),
    },
    list: {
        "size": len,
        "isEmpty": lambda values: not values,
        "get": lambda values, place: values[place],
        "set": _set_item,
        "add": _add,
        "addAll": _add_all,
        "remove": lambda values, place: values.pop(place),
        "contains": lambda values, value: value in values,
        "indexOf": lambda values, value: values.index(value) if value in values else -1,
    },
    dict: {
        "size": len,
        "isEmpty": lambda entries: not entries,
        "get": lambda entries, name: entries.get(name),
        "getOrDefault": lambda entries, name, other: entries.get(name, other),
        "put": _put,
        "putAll": lambda entries, others: entries.update(others),
        "remove": lambda entries, name: entries.pop(name, None),
        "containsKey": lambda entries, name: name in entries,
        "containsValue": lambda entries, value: value in entries.values(),
        "keySet": lambda entries: list(entries),
        "values": lambda entries: list(entries.values()),
        "entrySet": _entries,
        "getKey": lambda entry: entry.get("key"),
        "getValue": lambda entry: entry.get("value"),
    },
}
