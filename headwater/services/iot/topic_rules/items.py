"""JSON values as DynamoDB types them, and back."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from headwater.languages.iot_sql import UNDEFINED
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call


def to_attribute(value: Any) -> dict[str, Any]:
    """A JSON value as DynamoDB types it."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | float() | Decimal():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [to_attribute(item) for item in value]}
        case _:
            return {"M": {name: to_attribute(item) for name, item in value.items()}}


def from_attribute(attribute: dict[str, Any]) -> Any:
    """What a rule's SQL sees of an attribute; sets are arrays, binary values base64."""
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _number(value)
        case "NS":
            return [_number(item) for item in value]
        case "L":
            return [from_attribute(item) for item in value]
        case "M":
            return {name: from_attribute(item) for name, item in value.items()}
        case "B":
            return base64.b64encode(value).decode()
        case "BS":
            return [base64.b64encode(item).decode() for item in value]
        case "SS":
            return list(value)
        case _:
            return value


def _number(text: str) -> int | Decimal:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else number


def get_item(call: Call, table: str, key: dict[str, Any]) -> Any:
    """An item for `get_dynamodb`; a table that cannot be read is told to the span, and gives nothing."""
    request = {"TableName": table, "Key": {name: to_attribute(value) for name, value in key.items()}}
    try:
        item = call.operation("dynamodb", "GetItem", request).get("Item")
    except AwsError as error:
        call.span.note("get_dynamodb", f"{error.code}: {error.message}")
        return UNDEFINED
    return UNDEFINED if item is None else {name: from_attribute(value) for name, value in item.items()}
