"""Functions of one record's values. What is given nothing gives nothing, but where it is asked for that.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from headwater.languages.insights.values import Instant, number, sort_key, text


class Function(NamedTuple):
    """``run`` is given the values, of which there are at least ``least`` and at most ``most``. ``whole``: it is run
    also where one of them is missing."""

    run: Callable[..., Any]
    least: int = 1
    most: int = 1
    whole: bool = False


def _numeric(run: Callable[..., Any]) -> Callable[..., Any]:
    def of_numbers(*values: Any) -> Any:
        numbers = [number(value) for value in values]
        try:
            return None if None in numbers else run(*numbers)
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return of_numbers


def _extreme(last: bool) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        ranked = sorted((value for value in values if value is not None), key=sort_key)
        return (ranked[-1] if last else ranked[0]) if ranked else None

    return extreme


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _substr(value: Any, start: Any, length: Any = None) -> str | None:
    first, count = number(start), number(length) if length is not None else None
    if first is None or (length is not None and count is None):
        return None
    whole = text(value)
    return whole[int(first) :] if count is None else whole[int(first) : int(first) + int(count)]


def _strip(how: str) -> Callable[..., str]:
    def strip(value: Any, characters: Any = None) -> str:
        return str(getattr(text(value), how)(None if characters is None else text(characters)))

    return strip


def _is_address(version: int | None) -> Callable[[Any], bool]:
    def is_address(value: Any) -> bool:
        try:
            found = ipaddress.ip_address(text(value))
        except ValueError:
            return False
        return version is None or found.version == version

    return is_address


def _in_subnet(version: int | None) -> Callable[[Any, Any], bool]:
    def in_subnet(value: Any, subnet: Any) -> bool:
        try:
            address, network = ipaddress.ip_address(text(value)), ipaddress.ip_network(text(subnet), strict=False)
        except ValueError:
            return False
        return address in network and version in (None, address.version)

    return in_subnet


def _json(value: Any) -> Any:
    try:
        return orjson.loads(text(value))
    except orjson.JSONDecodeError:
        return None


def _instant(value: Any) -> Instant | None:
    found = number(value)
    return None if found is None else Instant(int(found))


def _plain(value: Any) -> float | None:
    return int(value) if isinstance(value, Instant) else number(value)


_MANY = 100
FUNCTIONS: Mapping[str, Function] = MappingProxyType(
    {
        "abs": Function(_numeric(abs)),
        "ceil": Function(_numeric(math.ceil)),
        "floor": Function(_numeric(math.floor)),
        "greatest": Function(_extreme(last=True), 1, _MANY, whole=True),
        "least": Function(_extreme(last=False), 1, _MANY, whole=True),
        "log": Function(_numeric(math.log)),
        "sqrt": Function(_numeric(math.sqrt)),
        "ispresent": Function(lambda value: value is not None, whole=True),
        "coalesce": Function(_coalesce, 1, _MANY, whole=True),
        "isempty": Function(lambda value: value is None or value == "", whole=True),
        "isblank": Function(lambda value: value is None or not text(value).strip(), whole=True),
        "concat": Function(lambda *values: "".join(map(text, values)), 1, _MANY),
        "ltrim": Function(_strip("lstrip"), 1, 2),
        "rtrim": Function(_strip("rstrip"), 1, 2),
        "trim": Function(_strip("strip"), 1, 2),
        "strlen": Function(lambda value: len(text(value))),
        "toupper": Function(lambda value: text(value).upper()),
        "tolower": Function(lambda value: text(value).lower()),
        "substr": Function(_substr, 2, 3),
        "replace": Function(lambda value, old, new: text(value).replace(text(old), text(new)), 3, 3),
        "strcontains": Function(lambda value, part: int(text(part) in text(value)), 2, 2),
        "frommillis": Function(_instant),
        "tomillis": Function(_plain),
        "isvalidip": Function(_is_address(None)),
        "isvalidipv4": Function(_is_address(4)),
        "isvalidipv6": Function(_is_address(6)),
        "isipinsubnet": Function(_in_subnet(None), 2, 2),
        "isipv4insubnet": Function(_in_subnet(4), 2, 2),
        "isipv6insubnet": Function(_in_subnet(6), 2, 2),
        "jsonparse": Function(_json),
        "jsonstringify": Function(text),
    }
)
