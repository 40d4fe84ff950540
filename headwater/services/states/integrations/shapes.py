"""Parameters to requests and results to outputs, guided by the service's model.

Step Functions names members as the Java SDK does, in PascalCase; here they are matched without regard to case. JSON
may stand where text is wanted (a message's body, a function's payload).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import orjson

from headwater.languages.asl.errors import ArgumentsRefused
from headwater.languages.asl.timestamps import parse_timestamp
from headwater.spine.models import Model, Reference, Shape
from headwater.spine.store.blobs import Blob


def to_request(model: Model, operation: str, parameters: Any) -> dict[str, Any]:
    """The operation's request; ArgumentsRefused with AWS's finding where the parameters do not fit."""
    if type(parameters) is not dict:
        raise ArgumentsRefused("The Parameters must be a JSON object")
    return _request_structure(model, model.input(operation), parameters)


def _request_structure(model: Model, shape: Shape, given: dict[str, Any]) -> dict[str, Any]:
    members = {name.lower(): name for name in shape["members"]}
    request: dict[str, Any] = {}
    for key, value in given.items():
        name = members.get(key.lower())
        if name is None:
            raise ArgumentsRefused(f'The field "{key}" is not supported by Step Functions')
        if value is not None:
            request[name] = _request_value(model, shape["members"][name], value, key)
    for name in shape.get("required", ()):
        if name not in request:
            raise ArgumentsRefused(f"The field '{name[:1].upper()}{name[1:]}' is required but was missing")
    return request


def _request_value(model: Model, reference: Reference, value: Any, key: str) -> Any:
    if reference["shape"] == _ATTRIBUTE_VALUE:
        return _attribute(value)
    shape = model.shape(reference)
    kind = shape["type"]
    if kind == "structure":
        if shape.get("document"):
            return value
        _expect(value, dict, key, "an OBJECT")
        return _request_structure(model, shape, value)
    if kind == "list":
        _expect(value, list, key, "a LIST")
        return [_request_value(model, shape["member"], item, key) for item in value]
    if kind == "map":
        _expect(value, dict, key, "a MAP")
        return {name: _request_value(model, shape["value"], item, key) for name, item in value.items()}
    return _request_scalar(kind, value, key)


def _request_scalar(kind: str, value: Any, key: str) -> Any:
    if kind == "string":
        return value if type(value) is str else orjson.dumps(value).decode()
    if kind == "blob":
        return (value if type(value) is str else orjson.dumps(value).decode()).encode()
    if kind == "timestamp":
        return _timestamp(value, key)
    if kind == "boolean" and type(value) is not bool:
        raise ArgumentsRefused(f"The value for the field '{key}' must be a BOOLEAN")
    if kind in ("integer", "long") and type(value) is not int:
        raise ArgumentsRefused(f"The value for the field '{key}' must be an INTEGER")
    if kind in ("float", "double") and type(value) not in (int, float):
        raise ArgumentsRefused(f"The value for the field '{key}' must be a DOUBLE")
    return value


def _expect(value: Any, kind: type, key: str, wanted: str) -> None:
    if type(value) is not kind:
        raise ArgumentsRefused(f"The value for the field '{key}' must be {wanted}")


def _timestamp(value: Any, key: str) -> int:
    if type(value) in (int, float):
        return int(value * 1000)
    moment = parse_timestamp(value)
    if moment is None:
        raise ArgumentsRefused(f"The value for the field '{key}' must be a valid timestamp")
    return moment // 1_000_000


class Outputs:
    """Results as states see them: members in PascalCase and in alphabetical order.

    Optimised integrations keep AWS's own spelling (`MD5OfMessageBody`) and give times as milliseconds since the epoch;
    those of the SDK spell as the Java SDK does (`Md5OfMessageBody`) and give times as ISO 8601.
    """

    def __init__(self, model: Model, *, optimised: bool) -> None:
        self._model = model
        self._optimised = optimised

    def output(self, operation: str, result: dict[str, Any]) -> dict[str, Any]:
        shape = self._model.output(operation)
        return {} if shape is None else self._structure(shape, result)

    def _structure(self, shape: Shape, result: dict[str, Any]) -> dict[str, Any]:
        members = shape["members"]
        return {
            self._name(name): self._value(members[name], result[name])
            for name in sorted(result)
            if name in members and result[name] is not None
        }

    def _name(self, member: str) -> str:
        return member[:1].upper() + member[1:] if self._optimised else java_name(member)

    def _value(self, reference: Reference, value: Any) -> Any:
        if reference["shape"] == _ATTRIBUTE_VALUE:
            return value if self._optimised else _java_attribute(value)
        shape = self._model.shape(reference)
        kind = shape["type"]
        if kind == "structure" and isinstance(value, dict):
            return value if shape.get("document") else self._structure(shape, value)
        if kind == "list":
            return [self._value(shape["member"], item) for item in value]
        if kind == "map":
            return {name: self._value(shape["value"], item) for name, item in value.items()}
        if kind == "timestamp":
            return value if self._optimised else _iso(value)
        if kind == "blob":
            return _text(value)
        return value


@cache
def java_name(member: str) -> str:
    """`SSEKMSKeyId` as `SsekmsKeyId`: the Java SDK takes a run of capitals for one word."""
    return _CAPITALS.sub(lambda run: run.group().capitalize(), member[:1].upper() + member[1:])


_CAPITALS = re.compile(r"[A-Z]+(?![a-z])")
# DynamoDB's values travel as they are; only the SDK's integration spells their types its own way.
_ATTRIBUTE_VALUE = "AttributeValue"
_JAVA_TYPES = {"SS": "Ss", "NS": "Ns", "BS": "Bs", "NULL": "Nul", "BOOL": "Bool"}
_ATTRIBUTE_TYPES = {name.upper(): kind for kind, name in _JAVA_TYPES.items()} | {"NULL": "NULL"}


def _java_attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {_JAVA_TYPES.get(kind, kind): _each_attribute(kind, inner, _java_attribute) for kind, inner in value.items()}


def _attribute(value: Any) -> Any:
    """A DynamoDB value from either spelling."""
    if type(value) is not dict:
        return value
    return {
        (name := _ATTRIBUTE_TYPES.get(kind.upper(), kind.upper())): _each_attribute(name, inner, _attribute)
        for kind, inner in value.items()
    }


def _each_attribute(kind: str, inner: Any, convert: Callable[[Any], Any]) -> Any:
    if kind == "M" and type(inner) is dict:
        return {name: convert(value) for name, value in inner.items()}
    return [convert(value) for value in inner] if kind == "L" and type(inner) is list else inner


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    fraction = f".{milliseconds % 1000:03}" if milliseconds % 1000 else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _text(value: Any) -> str:
    """Bytes as text where they are UTF-8, as Base64 otherwise."""
    data = value.read() if isinstance(value, Blob) else bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
