"""Parameters to requests and results to outputs, guided by the service's model.

Step Functions names members as the Java SDK does, in PascalCase; here they are matched without regard to case. JSON
stands where text is wanted (a message's body, a function's payload); times are ISO 8601 in outputs.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import orjson

from headwater.languages.asl.timestamps import parse_timestamp
from headwater.spine.models import Model, Reference, Shape
from headwater.spine.store.blobs import Blob


class ParameterError(Exception):
    """The parameters do not fit the operation; the message is one of AWS's findings."""


def to_request(model: Model, operation: str, parameters: Any) -> dict[str, Any]:
    if type(parameters) is not dict:
        raise ParameterError("The Parameters must be a JSON object")
    return _request_structure(model, model.input(operation), parameters)


def _request_structure(model: Model, shape: Shape, given: dict[str, Any]) -> dict[str, Any]:
    members = {name.lower(): name for name in shape["members"]}
    request: dict[str, Any] = {}
    for key, value in given.items():
        name = members.get(key.lower())
        if name is None:
            raise ParameterError(f'The field "{key}" is not supported by Step Functions')
        if value is not None:
            request[name] = _request_value(model, shape["members"][name], value, key)
    for name in shape.get("required", ()):
        if name not in request:
            raise ParameterError(f"The field '{name[:1].upper()}{name[1:]}' is required but was missing")
    return request


def _request_value(model: Model, reference: Reference, value: Any, key: str) -> Any:
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
        raise ParameterError(f"The value for the field '{key}' must be a BOOLEAN")
    if kind in ("integer", "long") and type(value) is not int:
        raise ParameterError(f"The value for the field '{key}' must be an INTEGER")
    if kind in ("float", "double") and type(value) not in (int, float):
        raise ParameterError(f"The value for the field '{key}' must be a DOUBLE")
    return value


def _expect(value: Any, kind: type, key: str, wanted: str) -> None:
    if type(value) is not kind:
        raise ParameterError(f"The value for the field '{key}' must be {wanted}")


def _timestamp(value: Any, key: str) -> int:
    if type(value) in (int, float):
        return int(value * 1000)
    moment = parse_timestamp(value)
    if moment is None:
        raise ParameterError(f"The value for the field '{key}' must be a valid timestamp")
    return moment // 1_000_000


def to_output(model: Model, operation: str, result: dict[str, Any], *, epoch: bool = False) -> dict[str, Any]:
    """The result as the state sees it. `epoch`: times as milliseconds since the epoch, as older integrations have."""
    shape = model.output(operation)
    return {} if shape is None else _output_structure(model, shape, result, epoch)


def _output_structure(model: Model, shape: Shape, result: dict[str, Any], epoch: bool) -> dict[str, Any]:
    members = shape["members"]
    return {
        name[:1].upper() + name[1:]: _output_value(model, members[name], result[name], epoch)
        for name in sorted(result)
        if name in members and result[name] is not None
    }


def _output_value(model: Model, reference: Reference, value: Any, epoch: bool) -> Any:
    shape = model.shape(reference)
    kind = shape["type"]
    if kind == "structure" and isinstance(value, dict):
        return value if shape.get("document") else _output_structure(model, shape, value, epoch)
    if kind == "list":
        return [_output_value(model, shape["member"], item, epoch) for item in value]
    if kind == "map":
        return {name: _output_value(model, shape["value"], item, epoch) for name, item in value.items()}
    if kind == "timestamp":
        return value if epoch else _iso(value)
    if kind == "blob":
        return _text(value)
    return value


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
