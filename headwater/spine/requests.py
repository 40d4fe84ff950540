"""Requests from JSON, guided by a service's model: for what calls operations with parameters that somebody wrote.

Members are matched without regard to case: Step Functions has them in PascalCase, Scheduler and Pipes as the API has
them. JSON may stand where text is wanted (a message's body, a function's payload).
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import orjson

from headwater.languages.asl.timestamps import parse_timestamp
from headwater.spine.attribute_values import TypedValues, loose_value
from headwater.spine.models import Model, Reference, Shape

ATTRIBUTE_VALUE = "AttributeValue"
"""The shape of DynamoDB's values, which travel as they are."""
CIPHERTEXT = "CiphertextType"
"""The shape of what KMS has made: bytes that are never text, so that in JSON they are Base64. Other blobs are text."""


class Reader(NamedTuple):
    """Who reads. ``typed``: as AWS's SDKs for Java do, for which a number is no text; ``bare``: as their version 1."""

    name: str
    typed: bool = False
    bare: bool = False


class UnfitParameters(ValueError):
    """Parameters that are not those of the operation; the text says which."""


def read_request(model: Model, operation: str, parameters: Any, reader: Reader) -> dict[str, Any]:
    """The operation's request; UnfitParameters where the parameters do not fit."""
    if not isinstance(parameters, dict):
        raise UnfitParameters("The Parameters must be a JSON object")
    request: dict[str, Any] = _readers(model, reader).of_input(operation)(parameters, "")
    return request


Read = Callable[[Any, str], Any]
"""Makes a value of the request's from one that somebody wrote under a key."""


@lru_cache(256)
def _readers(model: Model, reader: Reader) -> _Readers:
    return _Readers(model, reader)


class _Readers:
    """What reads the shapes of a model: made once for each shape, and for a member once it is written."""

    def __init__(self, model: Model, reader: Reader) -> None:
        self._model = model
        self._reader = reader
        self._inputs: dict[str, Read] = {}
        self._shapes: dict[str, Read] = {}

    def of_input(self, operation: str) -> Read:
        read = self._inputs.get(operation)
        if read is None:
            read = self._inputs[operation] = self._structure(self._model.input(operation))
        return read

    def _of(self, reference: Reference) -> Read:
        name = reference["shape"]
        read = self._shapes.get(name)
        if read is None:
            read = self._shapes[name] = self._make(name, self._model.shape(reference))
        return read

    def _make(self, name: str, shape: Shape) -> Read:
        kind = shape["type"]
        if name == ATTRIBUTE_VALUE:
            if self._reader.typed:
                return TypedValues(UnfitParameters, bare=self._reader.bare).read
            return lambda value, key: loose_value(value)
        if kind == "structure":
            return (lambda value, key: value) if shape.get("document") else self._structure(shape)
        if kind == "list":
            return self._list(shape)
        if kind == "map":
            return self._map(shape)
        if name == CIPHERTEXT:
            return _ciphertext
        return partial(_typed_scalar if self._reader.typed else _scalar, kind)

    def _structure(self, shape: Shape) -> Read:
        members = {name.lower(): name for name in shape["members"]}
        required = shape.get("required", ())
        known: dict[str, tuple[str, Read]] = {}  # by key as it was written

        def find(key: str) -> tuple[str, Read]:
            name = members.get(key.lower())
            if name is None:
                raise UnfitParameters(f'The field "{key}" is not supported by {self._reader.name}')
            found = name, self._of(shape["members"][name])
            if len(known) < 2 * len(members):
                known[key] = found
            return found

        def read(given: Any, at: str) -> dict[str, Any]:
            _expect(given, dict, at, "an OBJECT")
            request: dict[str, Any] = {}
            for key, value in given.items():
                name, read_member = known.get(key) or find(key)
                if value is not None:
                    request[name] = read_member(value, key)
            for name in required:
                if name not in request:
                    raise UnfitParameters(f"The field '{name[:1].upper()}{name[1:]}' is required but was missing")
            return request

        return read

    def _list(self, shape: Shape) -> Read:
        def read(value: Any, key: str) -> list[Any]:
            _expect(value, list, key, "a LIST")
            read_item = self._of(shape["member"])
            return [read_item(item, key) for item in value]

        return read

    def _map(self, shape: Shape) -> Read:
        def read(value: Any, key: str) -> dict[str, Any]:
            _expect(value, dict, key, "a MAP")
            read_item = self._of(shape["value"])
            return {name: read_item(item, name) for name, item in value.items() if item is not None}

        return read


def _typed_scalar(kind: str, value: Any, key: str) -> Any:
    """JSON may stand for text, but a number or a truth alone is none."""
    if kind in ("string", "blob") and type(value) in (int, float, bool):
        raise UnfitParameters(f"The value for the field '{key}' must be a STRING")
    return _scalar(kind, value, key)


def _scalar(kind: str, value: Any, key: str) -> Any:
    if kind == "string":
        return value if type(value) is str else orjson.dumps(value).decode()
    if kind == "blob":
        return (value if type(value) is str else orjson.dumps(value).decode()).encode()
    if kind == "timestamp":
        return _timestamp(value, key)
    if kind == "boolean" and type(value) is not bool:
        raise UnfitParameters(f"The value for the field '{key}' must be a BOOLEAN")
    if kind in ("integer", "long") and type(value) is not int:
        raise UnfitParameters(f"The value for the field '{key}' must be an INTEGER")
    if kind in ("float", "double") and type(value) not in (int, float):
        raise UnfitParameters(f"The value for the field '{key}' must be a DOUBLE")
    return value


def _ciphertext(value: Any, key: str) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (TypeError, ValueError):
        return bytes(_scalar("blob", value, key))  # which KMS will refuse by its own error


def _expect(value: Any, kind: type, key: str, wanted: str) -> None:
    if not isinstance(value, kind):
        raise UnfitParameters(f"The value for the field '{key}' must be {wanted}")


def _timestamp(value: Any, key: str) -> int:
    if type(value) in (int, float):
        return int(value * 1000)
    moment = parse_timestamp(value)
    if moment is None:
        raise UnfitParameters(f"The value for the field '{key}' must be a valid timestamp")
    return moment // 1_000_000
