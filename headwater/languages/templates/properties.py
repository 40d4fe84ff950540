"""A resource's properties against the shape that its type's schema gives them, told as AWS tells it.

Checked are names, what is required, and kinds: of a list, an object, a text, a number. A scalar is good for another
kind of scalar where it can be read as one, as CloudFormation converts them. Bounds and patterns are for the service.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schema.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from headwater.languages.templates.scope import Pending

Shape = Mapping[str, Any]
"""``{"type"}`` a scalar, ``{"items"}`` a list, ``{"properties", "required"}`` an object, ``{"values"}`` a map of any
keys, ``{"ref"}`` one of the type's definitions, ``{}`` whatever there may be."""

_READ_AS = {
    "boolean": re.compile("true|false", re.IGNORECASE),
    "integer": re.compile(r"[-+]?\d+(\.0*)?"),
    "number": re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"),
}
_NAMES = {"string": "String", "boolean": "Boolean", "integer": "Integer", "number": "Number"}


def violations(shape: Shape, properties: Mapping[str, Any]) -> list[str]:
    """What is wrong, each as ``#/Path: what``, but for what is unknown yet; a type's shape has ``definitions``."""
    return list(_check(shape, properties, "#", shape.get("definitions", {})))


def _check(shape: Shape, value: Any, path: str, definitions: Mapping[str, Shape]) -> Iterator[str]:
    if "ref" in shape:
        shape = definitions[shape["ref"]]
    if value is None or isinstance(value, Pending):
        return
    if "properties" in shape:
        if isinstance(value, Mapping):
            yield from _check_object(shape, value, path, definitions)
        else:
            yield f"{path}: expected type: JSONObject, found: {_kind(value)}"
    elif "items" in shape:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from _check(shape["items"], item, f"{path}/{index}", definitions)
        else:
            yield f"{path}: expected type: JSONArray, found: {_kind(value)}"
    elif "values" in shape:
        if isinstance(value, Mapping):
            for name, item in value.items():
                yield from _check(shape["values"], item, f"{path}/{name}", definitions)
        else:
            yield f"{path}: expected type: JSONObject, found: {_kind(value)}"
    elif "type" in shape and not _is_scalar(shape["type"], value):
        yield f"{path}: expected type: {_NAMES[shape['type']]}, found: {_kind(value)}"


def _check_object(shape: Shape, value: Mapping[str, Any], path: str, definitions: Mapping[str, Shape]) -> Iterator[str]:
    properties = shape["properties"]
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{path}: required key [{name}] not found"
    for name in value:
        if name not in properties:
            yield f"{path}: extraneous key [{name}] is not permitted"
    for name, item in value.items():
        if name in properties:
            yield from _check(properties[name], item, f"{path}/{name}", definitions)


def _is_scalar(kind: str, value: Any) -> bool:
    if isinstance(value, list | Mapping):
        return False
    return kind == "string" or _READ_AS[kind].fullmatch(str(value).strip()) is not None


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer"
    if isinstance(value, float):
        return "Double"
    return "String" if isinstance(value, str) else "JSONArray" if isinstance(value, list) else "JSONObject"
