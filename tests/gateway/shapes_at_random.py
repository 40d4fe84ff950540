"""Values at random for the shapes of a service model, as botocore takes them and as Headwater's handlers see them."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime
from typing import Any

from headwater.spine.models import Model, Reference, Shape

_TEXT = string.ascii_letters + string.digits + " -_./:=+&<>\"'%~äß€漢😀\n"
_HEADER_TEXT = string.ascii_letters + string.digits + "-_./:=+"


def whole_input(model: Model, shape: Shape, source: random.Random) -> dict[str, Any]:
    """A structure for a request: everything required, half of the rest, nothing empty."""
    return _structure(model, shape, source, 0)


def _structure(model: Model, shape: Shape, source: random.Random, depth: int) -> dict[str, Any]:
    payload = shape.get("payload")
    required = {*shape.get("required", ()), payload}
    value = {}
    for name, member in shape["members"].items():
        optional = member.get("location") != "uri" and name not in required
        if optional and source.random() < 0.5:
            continue
        made = _value(model, member, source, depth + 1)
        if name == payload and isinstance(made, bytes):
            made = b'{"a": 1}'  # botocore takes raw payloads for text
        if name == "Expires" and isinstance(made, str):
            made = "Thu, 01 Jan 2026 00:00:00 GMT"  # S3's: text in the model, a date to botocore
        if made is not None:
            value[name] = made
    if not value and shape["members"] and depth < 6:
        name, member = source.choice(list(shape["members"].items()))
        made = _value(model, member, source, depth + 1)
        if made is not None:
            value[name] = made
    return value


def _value(model: Model, member: Reference, source: random.Random, depth: int) -> Any:
    shape = model.shape(member)
    kind = shape["type"]
    if shape.get("eventstream") or shape.get("document"):
        return None
    if kind == "structure":
        if depth > 6:
            return None
        return _structure(model, shape, source, depth) or None
    if kind == "list":
        items = [_value(model, shape["member"], source, depth + 1) for _ in range(source.randint(1, 2))]
        return [item for item in items if item is not None] or None
    if kind == "map":
        if "location" in member:
            return {_text(source, string.ascii_lowercase): _text(source, _HEADER_TEXT) for _ in "ab"}
        items = {_text(source, _HEADER_TEXT).lower(): _value(model, shape["value"], source, depth + 1) for _ in "ab"}
        return {key: item for key, item in items.items() if item is not None} or None
    return _scalar(kind, shape, member, source)


def _scalar(kind: str, shape: Shape, member: Reference, source: random.Random) -> Any:
    if kind == "blob":
        return source.randbytes(source.randint(1, 40))
    if kind == "boolean":
        return source.random() < 0.5
    if kind in ("integer", "long"):
        return source.randint(100, 599) if member.get("location") == "statusCode" else source.randint(-9, 2**31 - 1)
    if kind in ("float", "double"):
        return source.choice([0.5, -1.25, 3.0, 1e20])
    if kind == "timestamp":
        return source.randint(0, 4_000_000_000) * 1000
    if "enum" in shape:
        return source.choice(shape["enum"])
    return _text(source, _HEADER_TEXT if "location" in member else _TEXT)


def _text(source: random.Random, alphabet: str) -> str:
    text = "".join(source.choices(alphabet, k=source.randint(1, 12)))
    return text.strip() or "x"


def for_botocore(model: Model, reference: Reference | None, value: Any, shape: Shape | None = None) -> Any:
    """The same value with timestamps as datetimes."""
    shape = shape or model.shape(reference or {})
    if shape["type"] == "structure":
        members = shape["members"]
        return {name: for_botocore(model, members[name], item) for name, item in value.items()}
    if shape["type"] == "list":
        return [for_botocore(model, shape["member"], item) for item in value]
    if shape["type"] == "map":
        return {name: for_botocore(model, shape["value"], item) for name, item in value.items()}
    if shape["type"] == "timestamp":
        return datetime.fromtimestamp(value / 1000, UTC)
    return value
