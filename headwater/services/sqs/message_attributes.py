"""Message attributes: checks, size, and their form in a row.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.sqs.errors import invalid_character, invalid_value

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}\Z")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\Z")
_MOST = 10
# what XML cannot hold
REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Attributes = Mapping[str, Mapping[str, Any]]


def check_message_attributes(attributes: Attributes) -> int:
    """Refuse what SQS refuses; the size in bytes that the attributes add to the message."""
    if len(attributes) > _MOST:
        raise invalid_value(f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MOST}].")
    return sum(_check(name, attribute) for name, attribute in attributes.items())


def attributes_size(entry: Mapping[str, Any]) -> int:
    """What the attributes of a message of a batch add to it, well-formed or not."""
    return sum(
        len(name.encode()) + sum(len(part.encode() if isinstance(part, str) else part) for part in attribute.values())
        for name, attribute in (entry.get("MessageAttributes") or {}).items()
    )


def _check(name: str, attribute: Mapping[str, Any]) -> int:
    if not _NAME.match(name) or name.lower().startswith(("aws.", "amazon.")) or ".." in name or name[-1] == ".":
        raise invalid_value(f"Message (user) attribute name '{name}' is invalid.")
    kind = attribute.get("DataType")
    if not kind:
        raise invalid_value(f"The message attribute '{name}' must contain a non-empty message attribute type.")
    base = kind.partition(".")[0]
    if base not in ("String", "Number", "Binary"):
        raise invalid_value(
            f"The type of message (user) attribute '{name}' is invalid. "
            "You must use only the following supported type prefixes: Binary, Number, String."
        )
    member = "BinaryValue" if base == "Binary" else "StringValue"
    value = attribute.get(member)
    if not value:
        raise invalid_value(
            f"The message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
            if value is None
            else f"Message (user) attribute '{name}' must contain a non-empty value of type '{base}'."
        )
    if base == "Number" and not _NUMBER.match(value):
        raise invalid_value(f"Can't cast the value of message (user) attribute '{name}' to a number.")
    if isinstance(value, str) and not value.isprintable() and (refused := REFUSED.search(value)):
        raise invalid_character(refused[0], f"message attribute '{name}' value", "InvalidParameterValue")
    return len(name.encode()) + len(kind.encode()) + len(value.encode() if isinstance(value, str) else value)


def pack_attributes(attributes: Attributes) -> str:
    """As text for a row."""
    return orjson.dumps(attributes, default=lambda value: {"base64": b64encode(value).decode()}).decode()


def unpack_attributes(text: str) -> dict[str, dict[str, Any]]:
    attributes: dict[str, dict[str, Any]] = orjson.loads(text)
    for attribute in attributes.values():
        if "BinaryValue" in attribute:
            attribute["BinaryValue"] = b64decode(attribute["BinaryValue"]["base64"])
    return attributes
