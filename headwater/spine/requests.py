"""Requests from JSON, guided by a service's model: for what calls operations with parameters that somebody wrote.

Members are matched without regard to case: Step Functions has them in PascalCase, Scheduler and Pipes as the API has
them. JSON may stand where text is wanted (a message's body, a function's payload).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson

from headwater.languages.asl.timestamps import parse_timestamp
from headwater.spine.models import Model, Reference, Shape

ATTRIBUTE_VALUE = "AttributeValue"
"""The shape of DynamoDB's values, which travel as they are; the Java SDK spells some of their types its own way."""
JAVA_TYPES = {"SS": "Ss", "NS": "Ns", "BS": "Bs", "NULL": "Nul", "BOOL": "Bool"}
_ATTRIBUTE_TYPES = {name.upper(): kind for kind, name in JAVA_TYPES.items()} | {"NULL": "NULL"}


class UnfitParameters(ValueError):
    """Parameters that are not those of the operation; the text says which."""


def read_request(model: Model, operation: str, parameters: Any, reader: str) -> dict[str, Any]:
    """The operation's request; UnfitParameters where the parameters do not fit. ``reader``: who reads them, for its
    messages."""
    if type(parameters) is not dict:
        raise UnfitParameters("The Parameters must be a JSON object")
    return _Reader(model, reader).structure(model.input(operation), parameters)


@lru_cache(1000)
def _by_lower_case(names: tuple[str, ...]) -> Mapping[str, str]:
    return {name.lower(): name for name in names}


class _Reader:
    def __init__(self, model: Model, name: str) -> None:
        self._model = model
        self._name = name

    def structure(self, shape: Shape, given: dict[str, Any]) -> dict[str, Any]:
        members = _by_lower_case(tuple(shape["members"]))
        request: dict[str, Any] = {}
        for key, value in given.items():
            name = members.get(key.lower())
            if name is None:
                raise UnfitParameters(f'The field "{key}" is not supported by {self._name}')
            if value is not None:
                request[name] = self._value(shape["members"][name], value, key)
        for name in shape.get("required", ()):
            if name not in request:
                raise UnfitParameters(f"The field '{name[:1].upper()}{name[1:]}' is required but was missing")
        return request

    def _value(self, reference: Reference, value: Any, key: str) -> Any:
        if reference["shape"] == ATTRIBUTE_VALUE:
            return _attribute(value)
        shape = self._model.shape(reference)
        kind = shape["type"]
        if kind == "structure":
            if shape.get("document"):
                return value
            _expect(value, dict, key, "an OBJECT")
            return self.structure(shape, value)
        if kind == "list":
            _expect(value, list, key, "a LIST")
            return [self._value(shape["member"], item, key) for item in value]
        if kind == "map":
            _expect(value, dict, key, "a MAP")
            return {name: self._value(shape["value"], item, key) for name, item in value.items()}
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


def _expect(value: Any, kind: type, key: str, wanted: str) -> None:
    if type(value) is not kind:
        raise UnfitParameters(f"The value for the field '{key}' must be {wanted}")


def _timestamp(value: Any, key: str) -> int:
    if type(value) in (int, float):
        return int(value * 1000)
    moment = parse_timestamp(value)
    if moment is None:
        raise UnfitParameters(f"The value for the field '{key}' must be a valid timestamp")
    return moment // 1_000_000


def _attribute(value: Any) -> Any:
    """A DynamoDB value from either spelling."""
    if type(value) is not dict:
        return value
    return {
        (name := _ATTRIBUTE_TYPES.get(kind.upper(), kind.upper())): each_attribute(name, inner, _attribute)
        for kind, inner in value.items()
    }


def each_attribute(kind: str, inner: Any, convert: Callable[[Any], Any]) -> Any:
    if kind == "M" and type(inner) is dict:
        return {name: convert(value) for name, value in inner.items()}
    return [convert(value) for value in inner] if kind == "L" and type(inner) is list else inner
