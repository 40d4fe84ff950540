"""How a resource's properties differ from those that its template gives it.

Only what the template says is looked at: of an object its members, of a list every item, in any order.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_NOTHING = object()


class PropertyDifference(NamedTuple):
    """`kind` is ADD (to a list), REMOVE or NOT_EQUAL; the values as texts, `null` for none."""

    path: str
    expected: str
    actual: str
    kind: str


def property_differences(expected: Any, actual: Any, path: str = "") -> Iterator[PropertyDifference]:
    if actual is _NOTHING or (actual is None and expected is not None):
        yield PropertyDifference(path, _text(expected), "null", "REMOVE")
    elif isinstance(expected, Mapping) and isinstance(actual := _parsed(actual), Mapping):
        for name, value in expected.items():
            yield from property_differences(value, actual.get(name, _NOTHING), f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        yield from _list_differences(expected, actual, path)
    elif not _same(expected, actual):
        yield PropertyDifference(path, _text(expected), _text(actual), "NOT_EQUAL")


def _list_differences(expected: list[Any], actual: list[Any], path: str) -> Iterator[PropertyDifference]:
    left = dict(enumerate(actual))
    lacking = {}
    for index, item in enumerate(expected):
        found = next((place for place, other in left.items() if not any(property_differences(item, other))), None)
        if found is None:
            lacking[index] = item
        else:
            del left[found]
    for index, item in lacking.items():
        if index in left:
            yield from property_differences(item, left.pop(index), f"{path}/{index}")
        else:
            yield PropertyDifference(f"{path}/{index}", _text(item), "null", "REMOVE")
    for index, item in left.items():
        yield PropertyDifference(f"{path}/{index}", "null", _text(item), "ADD")


def _parsed(value: Any) -> Any:
    """A document may be told as its text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _same(expected: Any, actual: Any) -> bool:
    """Templates may give numbers, truths and documents as texts."""
    if expected == actual or _text(expected) == _text(actual):
        return True
    if isinstance(expected, str) != isinstance(actual, str) or (isinstance(expected, str) and expected[:1] in "{["):
        one, other = _parsed(expected), _parsed(actual)
        if not isinstance(one, str) and not isinstance(other, str):
            return bool(one == other)
    try:
        return float(expected) == float(actual)
    except (TypeError, ValueError):
        return str(expected).lower() == str(actual).lower() and str(actual).lower() in ("true", "false")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))
