"""Patch operations, in which the API of REST APIs says what to change.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.store import Document

_LISTS = ("binaryMediaTypes", "cacheKeyParameters")
_MAPS = (
    *("accessLogSettings", "quota", "throttle", "variables"),
    *("requestModels", "requestParameters", "requestTemplates"),
    *("responseModels", "responseParameters", "responseTemplates"),
)


def first_of(patch: Mapping[str, Any]) -> str:
    """What member of the document a patch is about."""
    return str(patch.get("path", "")).removeprefix("/").partition("/")[0]


def apply_patches(
    document: Document, patches: Sequence[Mapping[str, Any]], allowed: tuple[str, ...], flags: tuple[str, ...] = ()
) -> Document:
    """The document with each ``{"op", "path", "value"}`` done; AwsError for a path that cannot be changed.

    ``flags``: the maps whose values are true or false.
    """
    patched = dict(document)
    for patch in patches:
        name, _, key = str(patch.get("path", "")).removeprefix("/").partition("/")
        key = key.replace("~1", "/").replace("~0", "~")
        whole = not key and patch.get("op") != "remove"
        if name not in allowed or (whole if name in _MAPS else (not key) is (name in _LISTS)):
            raise bad_request(f"Invalid patch path '{patch.get('path')}' specified for op '{patch.get('op')}'")
        if name in _LISTS:
            patched[name] = _patch_list(patched.get(name) or [], patch, key)
        elif key:
            patched[name] = _patch_map(patched.get(name) or {}, patch, key, name in flags)
        else:
            patched[name] = _value(patched.get(name), patch)
    return patched


def _patch_list(values: list[str], patch: Mapping[str, Any], key: str) -> list[str]:
    kept = [value for value in values if value != key]
    if patch.get("op") == "remove":
        return kept
    return [*kept, key if patch.get("op") == "add" else str(patch.get("value"))]


def _patch_map(values: Mapping[str, Any], patch: Mapping[str, Any], key: str, flags: bool) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name != key}
    if patch.get("op") == "remove":
        return kept
    value = str(patch.get("value"))
    return kept | {key: value.lower() == "true" if flags else value}


def _value(present: Any, patch: Mapping[str, Any]) -> Any:
    if patch.get("op") == "remove":
        return None
    value = patch.get("value")
    if isinstance(present, bool):
        return str(value).lower() == "true"
    if not isinstance(present, int):
        return value
    try:
        return int(str(value))
    except ValueError:
        raise bad_request(f"Invalid value '{value}' specified for path '{patch.get('path')}'") from None
