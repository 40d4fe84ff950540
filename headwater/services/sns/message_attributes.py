"""Message attributes: checks, what filters see of them, and their forms on the way to subscribers.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.sns.errors import invalid_message_attribute

Attributes = Mapping[str, Mapping[str, Any]]
_STRANGE = re.compile(r"[^A-Za-z0-9_.-]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")


def check_message_attributes(attributes: Attributes) -> int:
    """Refuse what SNS refuses; the size in bytes that the attributes add to the message."""
    return sum(_check(name, attribute) for name, attribute in attributes.items())


def _check_name(name: str) -> None:
    if len(name.encode()) > 256:
        raise invalid_message_attribute("Length of message attribute name must be less than 256 bytes.")
    if strange := _STRANGE.search(name):
        raise invalid_message_attribute(
            f"Invalid non-alphanumeric character '#x{ord(strange[0]):X}' was found in the message attribute name. "
            "Can only include alphanumeric characters, hyphens, underscores, or dots."
        )
    for place, found in (("starting", name.startswith(".")), ("ending", name.endswith("."))):
        if found:
            raise invalid_message_attribute(f"Invalid message attribute name {place} with character '.' was found.")
    if ".." in name:
        raise invalid_message_attribute("Message attribute name can not have successive '.' character.")


def _check(name: str, attribute: Mapping[str, Any]) -> int:
    _check_name(name)
    kind = attribute.get("DataType") or ""
    base = kind.partition(".")[0]
    if not kind:
        raise invalid_message_attribute(
            f"The message attribute '{name}' must contain a non-empty message attribute type."
        )
    if base not in ("String", "Number", "Binary"):
        raise invalid_message_attribute(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported "
            "type prefixes is Binary, Number, and String."
        )
    member, other = ("BinaryValue", "StringValue") if base == "Binary" else ("StringValue", "BinaryValue")
    value = attribute.get(member)
    if not value and attribute.get(other):
        raise invalid_message_attribute(
            f"The message attribute '{name}' with type '{kind}' must use field '{member.removesuffix('Value')}'."
        )
    if not value:
        raise invalid_message_attribute(
            f"The message attribute '{name}' must contain non-empty message attribute value "
            f"for message attribute type '{kind}'."
        )
    if base == "Number" and not _NUMBER.match(value):
        raise invalid_message_attribute(f"Could not cast message attribute '{name}' value to number.")
    return len(name.encode()) + len(kind.encode()) + len(value.encode() if isinstance(value, str) else value)


def filterable(attributes: Attributes) -> dict[str, Any]:
    """Attributes as a filter policy sees them: texts, numbers, lists; nothing binary."""
    seen: dict[str, Any] = {}
    for name, attribute in attributes.items():
        kind, text = attribute["DataType"], attribute.get("StringValue")
        if kind == "String.Array":
            try:
                values = orjson.loads(text or "")
            except orjson.JSONDecodeError:
                continue
            seen[name] = (
                [value for value in values if type(value) not in (dict, list)] if isinstance(values, list) else values
            )
        elif kind.startswith("Number"):
            number = float(text or "0")
            seen[name] = int(number) if number.is_integer() else number
        elif text is not None:
            seen[name] = text
    return seen


def enveloped(attributes: Attributes) -> dict[str, dict[str, str]]:
    """Attributes as they stand in a notification."""
    return {
        name: {
            "Type": attribute["DataType"],
            "Value": attribute["StringValue"]
            if attribute.get("StringValue") is not None
            else b64encode(attribute["BinaryValue"]).decode(),
        }
        for name, attribute in attributes.items()
    }


def packed(attributes: Attributes) -> dict[str, dict[str, str]]:
    """Attributes as a delivery's payload holds them, which is JSON."""
    return {
        name: {
            key: b64encode(value).decode() if isinstance(value, bytes) else value
            for key, value in attribute.items()
            if value is not None
        }
        for name, attribute in attributes.items()
    }


def unpacked(attributes: Attributes) -> dict[str, dict[str, Any]]:
    return {
        name: {key: b64decode(value) if key == "BinaryValue" else value for key, value in attribute.items()}
        for name, attribute in attributes.items()
    }
