"""Collections, missing values, encodings, and casts from type to type."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from decimal import Decimal

import orjson

from headwater.languages.iot_sql.functions.signature import VERSION_1, VERSION_2, Function
from headwater.languages.iot_sql.values import (
    UNDEFINED,
    Value,
    to_boolean,
    to_decimal,
    to_int,
    to_string,
)


def _get(collection: Value, key: Value) -> Value:
    if isinstance(collection, dict):
        return collection.get(key, UNDEFINED) if isinstance(key, str) else UNDEFINED
    if not isinstance(collection, (list, str)):
        return UNDEFINED
    index = to_int(key)
    if isinstance(index, int) and 0 <= index < len(collection):
        return collection[index]
    return UNDEFINED


def _get_or_default(value: Value, default: Value = UNDEFINED) -> Value:
    return default if value is None or value is UNDEFINED else value


def _transform(mode: Value, attributes: Value, items: Value) -> Value:
    if mode != "enrichArray" or not isinstance(attributes, dict) or not isinstance(items, list):
        return UNDEFINED
    if not all(isinstance(item, dict) for item in items):
        return UNDEFINED
    return [item | attributes for item in items]


def encode_base64(value: Value, scheme: Value) -> Value:
    """`encode`: raw bytes (the payload, given as `*`) or the value as a string."""
    data = value if isinstance(value, bytes) else to_string(value)
    if scheme != "base64" or data is UNDEFINED:
        return UNDEFINED
    return base64.b64encode(data if isinstance(data, bytes) else str(data).encode()).decode()


def _decode(value: Value, scheme: Value) -> Value:
    text = to_string(value)
    if scheme != "base64" or not isinstance(text, str):
        return UNDEFINED
    try:
        decoded = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    try:
        return orjson.loads(decoded)
    except orjson.JSONDecodeError:
        return decoded


FUNCTIONS = {
    "decode": Function(_decode, 2, 2, VERSION_2),
    "encode": Function(encode_base64, 2, 2, VERSION_2),
    "get": Function(_get, 2, 2),
    "get_or_default": Function(_get_or_default, 1, 2, VERSION_2),
    "isnull": Function(lambda value: value is None, 1, 1),
    "isundefined": Function(lambda value: value is UNDEFINED, 1, 1, VERSION_2),
    "transform": Function(_transform, 3, 3, VERSION_2),
}


def _number_of(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


def _cast_int(value: Value) -> Value:
    return to_int(_number_of(value))


def _cast_decimal(value: Value) -> Value:
    return to_decimal(_number_of(value))


def _cast_double(value: Value) -> Value:
    number = to_decimal(_number_of(value))
    return float(number) if isinstance(number, (int, Decimal)) else UNDEFINED


def _cast_boolean(value: Value) -> Value:
    number = to_decimal(value) if not isinstance(value, str) else UNDEFINED
    return bool(number) if isinstance(number, (int, Decimal)) else to_boolean(value)


CASTS: dict[str, tuple[str, Callable[[Value], Value]]] = {
    **dict.fromkeys(("string", "nvarchar", "text", "ntext", "varchar"), (VERSION_1, to_string)),
    **dict.fromkeys(("int", "integer"), (VERSION_1, _cast_int)),
    "double": (VERSION_1, _cast_double),
    "decimal": (VERSION_2, _cast_decimal),
    "bool": (VERSION_2, _cast_boolean),
    "boolean": (VERSION_2, _cast_boolean),
}
