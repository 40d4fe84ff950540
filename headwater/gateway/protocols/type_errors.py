"""The texts of SerializationException, in the two dialects that AWS's services speak.

DynamoDB's is recorded in public conformance tests against AWS; the other one is what the rest of the JSON services say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.spine.errors import AwsError

Mismatch = Callable[[Any, str], AwsError]
"""(the value that came, the model type that was expected: ``string``, ``integer``, ``structure``) to an error."""

_JAVA = {
    "string": "String",
    "character": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
}
_CLASSES = {
    **{kind: f"java.lang.{java}" for kind, java in _JAVA.items()},
    "blob": "java.nio.ByteBuffer",
    "timestamp": "java.util.Date",
}
_EXPECTED_OBJECT = "Start of structure or map found where not expected"
_NOT_BASE64 = "only base-64-encoded strings are convertible to bytes"


def serialization_error(message: str = "") -> AwsError:
    """The body is not what the protocol says."""
    return AwsError("SerializationException", message)


def dynamodb_mismatch(value: Any, expected: str) -> AwsError:
    """``NUMBER_VALUE cannot be converted to String``."""
    return _mismatch(value, expected, "{token} cannot be converted to {java}")


def mismatch(value: Any, expected: str) -> AwsError:
    """``NUMBER_VALUE can not be converted to a String``."""
    return _mismatch(value, expected, "{token} can not be converted to {article} {java}")


def _mismatch(value: Any, expected: str, scalar: str) -> AwsError:
    java = _JAVA.get(expected)
    if isinstance(value, dict):
        return serialization_error(_EXPECTED_OBJECT)
    if isinstance(value, list):
        return serialization_error(f"Unrecognized collection type class {_CLASSES.get(expected, 'java.util.Map')}")
    if expected == "blob":
        return serialization_error(_NOT_BASE64)
    if expected == "timestamp":
        return serialization_error(f"{_token(value)} can not be converted to milliseconds since epoch")
    if java is None:
        return serialization_error("Unexpected field type")
    if java == "Boolean" and isinstance(value, str):
        return serialization_error("Unexpected token received from parser")
    article = "an" if java == "Integer" else "a"
    return serialization_error(scalar.format(token=_token(value), article=article, java=java))


def _token(value: Any) -> str:
    """What AWS's JSON parser calls a scalar."""
    if value is True:
        return "TRUE_VALUE"
    if value is False:
        return "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "DECIMAL_VALUE" if isinstance(value, float) else "NUMBER_VALUE"
