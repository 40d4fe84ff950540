"""What tests of DynamoDB share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError


def make_table(client: Any, name: str = "tab", hash_type: str = "S", range_type: str | None = "S", **more: Any) -> str:
    """A table with keys ``pk`` and, unless ``range_type`` is None, ``sk``. ``attributes``: further ones, by type."""
    attributes = {"pk": hash_type} | ({"sk": range_type} if range_type else {}) | more.pop("attributes", {})
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    if range_type:
        schema.append({"AttributeName": "sk", "KeyType": "RANGE"})
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": value} for key, value in attributes.items()],
        KeySchema=schema,
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    return name


def index(name: str, hash_key: str, range_key: str | None = None, projection: Any = "ALL") -> dict[str, Any]:
    """An index as CreateTable takes it; ``projection`` a list: INCLUDE these."""
    schema = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        schema.append({"AttributeName": range_key, "KeyType": "RANGE"})
    kind: dict[str, Any] = {"ProjectionType": projection}
    if isinstance(projection, list):
        kind = {"ProjectionType": "INCLUDE", "NonKeyAttributes": projection}
    return {"IndexName": name, "KeySchema": schema, "Projection": kind}


def wire(value: Any) -> dict[str, Any]:
    """A Python value as an attribute value."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [wire(member) for member in value]}
    if isinstance(value, dict):
        return {"M": item(**value)}
    return {"B": value} if isinstance(value, bytes) else {"NULL": True} if value is None else {"S": value}


def item(**attributes: Any) -> dict[str, Any]:
    return {name: wire(value) for name, value in attributes.items()}


def refusal(operation: Callable[..., Any], **request: Any) -> tuple[str, str]:
    """The code and message of the error that an operation raises."""
    with pytest.raises(ClientError) as raised:
        operation(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def invalid(operation: Callable[..., Any], **request: Any) -> str:
    """The message of the ValidationException that an operation raises."""
    code, message = refusal(operation, **request)
    assert code == "ValidationException"
    return message
