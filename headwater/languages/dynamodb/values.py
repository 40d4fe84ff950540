"""Attribute values in wire form: validation, size, equality and order.

``check`` is the gate: what has passed it has numbers in normal form and binary as canonical base64 text, so that equal
scalars are equal dicts. It changes the value in place (the request's own copy) and answers its size in bytes.
Source: Item sizes and formats (Developer Guide, CapacityUnitCalculations.html), AttributeValue (API Reference).
"""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from headwater.languages.dynamodb import numbers
from headwater.languages.dynamodb.errors import (
    DataException,
    SerializationException,
    ValidationException,
    invalid_parameter,
    missing_value,
)

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]

MAX_ITEM_SIZE = 400 * 1024
MAX_NAME_SIZE = 65535
# The attribute itself counts as the first level, so a value may hold 31 lists or maps in one another.
MAX_CONTAINERS = 31

_EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
_SEVERAL = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)
_TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)


def kind(value: AttributeValue) -> str:
    """The type name of a checked value: S, N, B, BOOL, NULL, SS, NS, BS, L or M."""
    return next(iter(value))


def binary(text: str) -> bytes:
    """The bytes of a checked B."""
    return a2b_base64(text)


def utf8_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def check(value: AttributeValue, containers: int = 0) -> int:
    """Validates and normalises a value in place; its size in bytes without a name."""
    if type(value) is dict and len(value) == 1:
        for name in value:
            measure = _CHECKS.get(name)
            if measure is not None and value[name] is not None:
                return measure(value, containers)
    return _check_unusual(value, containers)


def check_item(item: Mapping[str, AttributeValue]) -> int:
    """Validates and normalises all attributes; the item's size in bytes, names included."""
    size = 0
    for name, value in item.items():
        size += (len(name) if name.isascii() else _name_size(name)) + check(value)
    return size


def item_size(item: Mapping[str, AttributeValue]) -> int:
    """Size in bytes of an item whose values have been checked. (Texts, which most values are, without a call each:
    each write of a table with a stream asks for three sizes.)"""
    size = 0
    for name, value in item.items():
        text = value.get("S")
        if text is None:
            size += size_of(value)
        else:
            size += len(text) if text.isascii() else utf8_size(text)
        size += len(name) if name.isascii() else _name_size(name)
    return size


def size_of(value: AttributeValue) -> int:
    """Size in bytes of a checked value without its name."""
    for name, content in value.items():
        if name == "S":
            return utf8_size(content)
        if name == "N":
            return numbers.size(content)
        if name == "M":
            return 3 + len(content) + item_size(content)
        if name == "L":
            return 3 + sum([1 + size_of(member) for member in content])
        if name == "B":
            return _base64_size(content)
        if name == "SS":
            return sum([utf8_size(member) for member in content])
        if name == "NS":
            return sum([numbers.size(member) for member in content])
        if name == "BS":
            return sum([_base64_size(member) for member in content])
    return 1


def equal(left: AttributeValue, right: AttributeValue) -> bool:
    """Whether two checked values are the same: sets without order, lists and maps in depth."""
    if left == right:
        return True
    name = kind(left)
    if name != kind(right):
        return False
    first, second = left[name], right[name]
    if len(name) == 2:
        return len(first) == len(second) and set(first) == set(second)
    if name == "L":
        return len(first) == len(second) and all(map(equal, first, second))
    if name == "M":
        return first.keys() == second.keys() and all(equal(first[key], second[key]) for key in first)
    return False


def comparable(value: AttributeValue, name: str) -> Any:
    """What orders checked values of one of the ordered types S, N and B."""
    if name == "N":
        return Decimal(value["N"])
    return value["S"] if name == "S" else a2b_base64(value["B"])


def _name_size(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))


def _base64_size(text: str) -> int:
    return len(text) // 4 * 3 - (2 if text.endswith("==") else text.endswith("="))


def _check_unusual(value: Any, containers: int) -> int:
    """None or several of the known types, in the order in which AWS complains."""
    if not isinstance(value, dict):
        raise SerializationException(_unexpected(value, "Structure"))
    known = {name: content for name, content in value.items() if name in _CHECKS and content is not None}
    if not known:
        raise DataException(_EMPTY)
    for name in known:
        if len(known) == 1 or name in ("N", "NS"):
            size = _CHECKS[name](known, containers)
    if len(known) > 1:
        raise DataException(_SEVERAL)
    value.clear()
    value.update(known)
    return size


def _unexpected(content: Any, wanted: str) -> str:
    if content is True or content is False:
        return f"{str(content).upper()}_VALUE cannot be converted to {wanted}"
    if isinstance(content, int | float):
        return f"NUMBER_VALUE cannot be converted to {wanted}"
    if isinstance(content, str):
        return f"STRING_VALUE cannot be converted to {wanted}"
    if isinstance(content, list):
        return "Start of list found where not expected"
    return "Start of structure or map found where not expected"


def _check_string(value: AttributeValue, _: int) -> int:
    text = value["S"]
    if type(text) is not str:
        raise SerializationException(_unexpected(text, "String"))
    return len(text) if text.isascii() else _name_size(text)


def _check_number(value: AttributeValue, _: int) -> int:
    text = value["N"]
    if type(text) is not str:
        raise SerializationException(_unexpected(text, "String"))
    value["N"] = normal = numbers.normal_form(text)
    return numbers.size(normal)


def _check_binary(value: AttributeValue, _: int) -> int:
    value["B"] = text = _base64(value["B"])
    return _base64_size(text)


def _base64(content: Any) -> str:
    if isinstance(content, bytes):
        return b64encode(content).decode()
    if type(content) is not str:
        raise SerializationException(_unexpected(content, "Blob"))
    try:
        decoded = a2b_base64(content, strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise SerializationException(f"'{content}' can not be converted to a Blob: {error}") from None
    if len(content) % 4 or b64encode(decoded).decode() != content:
        raise SerializationException(
            f"'{content}' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"
        )
    return content


def _check_boolean(value: AttributeValue, _: int) -> int:
    if type(value["BOOL"]) is not bool:
        raise SerializationException(_unexpected(value["BOOL"], "Boolean"))
    return 1


def _check_null(value: AttributeValue, _: int) -> int:
    if type(value["NULL"]) is not bool:
        raise SerializationException(_unexpected(value["NULL"], "Boolean"))
    if not value["NULL"]:
        raise missing_value("Null attribute value types must have the value of true")
    return 1


def _members(value: AttributeValue, name: str) -> list[Any]:
    members = value[name]
    if type(members) is not list:
        raise SerializationException(_unexpected(members, "List"))
    return members


def _check_string_set(value: AttributeValue, _: int) -> int:
    members = _members(value, "SS")
    if not members:
        raise missing_value("An string set  may not be empty")
    size = 0
    for text in members:
        if type(text) is not str:
            raise SerializationException(_unexpected(text, "String"))
        size += utf8_size(text)
    if len(set(members)) < len(members):
        raise invalid_parameter(f"Input collection [{', '.join(members)}] contains duplicates.")
    return size


def _check_number_set(value: AttributeValue, _: int) -> int:
    members = _members(value, "NS")
    if not members:
        raise missing_value("An number set  may not be empty")
    for text in members:
        if type(text) is not str:
            raise SerializationException(_unexpected(text, "String"))
    value["NS"] = normal = [numbers.normal_form(text) for text in members]
    if len(set(normal)) < len(normal):
        raise ValidationException("Input collection contains duplicates")
    return sum([numbers.size(text) for text in normal])


def _check_binary_set(value: AttributeValue, _: int) -> int:
    members = _members(value, "BS")
    if not members:
        raise missing_value("Binary sets should not be empty")
    value["BS"] = texts = [_base64(member) for member in members]
    if len(set(texts)) < len(texts):
        raise invalid_parameter(f"Input collection [{', '.join(texts)}]of type BS contains duplicates.")
    return sum([_base64_size(text) for text in texts])


def _check_list(value: AttributeValue, containers: int) -> int:
    if containers == MAX_CONTAINERS:
        raise ValidationException(_TOO_DEEP)
    return 3 + sum([1 + check(member, containers + 1) for member in _members(value, "L")])


def _check_map(value: AttributeValue, containers: int) -> int:
    if containers == MAX_CONTAINERS:
        raise ValidationException(_TOO_DEEP)
    members = value["M"]
    if type(members) is not dict:
        raise SerializationException(_unexpected(members, "Map"))
    size = 3
    for name, member in members.items():
        size += 1 + utf8_size(name) + check(member, containers + 1)
    return size


_CHECKS: Mapping[str, Callable[[AttributeValue, int], int]] = {
    "S": _check_string,
    "N": _check_number,
    "B": _check_binary,
    "BOOL": _check_boolean,
    "NULL": _check_null,
    "SS": _check_string_set,
    "NS": _check_number_set,
    "BS": _check_binary_set,
    "L": _check_list,
    "M": _check_map,
}
