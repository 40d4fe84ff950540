"""Schemas drafted from events: each event that one was drafted from validates against it.

A draft is what is known of a value, as plain JSON: ``kinds`` (types of JSON that it had, sorted), ``dates`` (all its
texts were instants), ``properties`` and those that were always there (``required``), ``items`` of arrays.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-schema.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

Draft = Mapping[str, Any]
Schema = dict[str, Any]

NOTHING: Draft = {"kinds": []}
DRAFT4 = "http://json-schema.org/draft-04/schema#"
_INSTANT = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
_LONG = 1 << 63
MOST_LEVELS = 100
"""What a draft can be written of: each level takes two of JSON's."""
_WORD = re.compile(r"[A-Za-z0-9]+")
_ENVELOPE = frozenset({"source", "detail-type", "detail"})


class TooDeep(ValueError):
    """A value of more than ``MOST_LEVELS`` within one another."""


def draft(value: Any, level: int = 0) -> Draft:
    """What one value tells; raises TooDeep."""
    if level > MOST_LEVELS:
        raise TooDeep(f"Nested deeper than {MOST_LEVELS} levels.")
    if value is None:
        return {"kinds": ["null"]}
    if isinstance(value, bool):
        return {"kinds": ["boolean"]}
    if isinstance(value, int):
        return {"kinds": ["integer" if -_LONG <= value < _LONG else "number"]}
    if isinstance(value, float):
        return {"kinds": ["number"]}
    if isinstance(value, str):
        return {"kinds": ["string"], "dates": _INSTANT.fullmatch(value) is not None}
    if isinstance(value, list):
        return {"kinds": ["array"], "items": reduce(merge, (draft(item, level + 1) for item in value), NOTHING)}
    properties = {name: draft(item, level + 1) for name, item in value.items()}
    return {"kinds": ["object"], "properties": properties, "required": sorted(properties)}


def merge(one: Draft, other: Draft) -> Draft:
    """What two values tell together."""
    merged: dict[str, Any] = {"kinds": sorted({*one["kinds"], *other["kinds"]})}
    if "dates" in one or "dates" in other:
        merged["dates"] = one.get("dates", True) and other.get("dates", True)
    if "items" in one or "items" in other:
        merged["items"] = merge(one.get("items", NOTHING), other.get("items", NOTHING))
    if "properties" in one and "properties" in other:
        mine, theirs = one["properties"], other["properties"]
        merged["properties"] = {
            name: merge(mine[name], theirs[name])
            if name in mine and name in theirs
            else mine.get(name, theirs.get(name))
            for name in sorted({*mine, *theirs})
        }
        merged["required"] = sorted({*one["required"]} & {*other["required"]})
    elif "properties" in one or "properties" in other:
        known = one if "properties" in one else other
        merged |= {"properties": known["properties"], "required": known["required"]}
    return merged


def openapi(known: Draft, source: str = "", detail_type: str = "") -> Schema:
    """An OpenAPI 3 document of a draft; of EventBridge's envelope where that is what was seen."""
    writer = _Writer("#/components/schemas/", _nullable_openapi, formats=True)
    is_event = known["kinds"] == ["object"] and known["properties"].keys() >= _ENVELOPE
    title = camel(detail_type) or "Event"
    root = "AWSEvent" if is_event else title
    writer.write_root(root, known, {"detail": title} if is_event else {})
    if is_event:
        marks = {"x-amazon-events-detail-type": detail_type, "x-amazon-events-source": source}
        writer.schemas[root] |= marks
    info = {"version": "1.0.0", "title": title}
    return {"openapi": "3.0.0", "info": info, "paths": {}, "components": {"schemas": writer.schemas}}


def draft4(known: Draft, title: str = "Event") -> Schema:
    """A JSON Schema (draft 4) of a draft."""
    writer = _Writer("#/definitions/", _nullable_draft4, formats=False)
    writer.write_root(title, known, {})
    root = writer.schemas.pop(title)
    head = {"$schema": DRAFT4, "title": title}
    return head | root | ({"definitions": writer.schemas} if writer.schemas else {})


def camel(text: str) -> str:
    """``Order placed`` is ``OrderPlaced``."""
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(text))


def _nullable_openapi(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"nullable": True, "anyOf": [schema]}
    return schema | {"nullable": True}


def _nullable_draft4(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


class _Writer:
    """Writes a draft; each object is a schema of its own, by the name of where it stands."""

    def __init__(self, place: str, nullable: Callable[[Schema], Schema], formats: bool) -> None:
        self.schemas: dict[str, Schema] = {}
        self._place = place
        self._nullable = nullable
        self._formats = formats

    def write_root(self, name: str, known: Draft, names: Mapping[str, str]) -> None:
        if known["kinds"] == ["object"]:
            self._object(name, known, names)
        else:
            self.schemas[name] = {}
            self.schemas[name] = self._write(known, name)

    def _object(self, name: str, known: Draft, names: Mapping[str, str]) -> None:
        self.schemas[name] = {}  # keeps the name
        schema: Schema = {"type": "object"}
        if known["required"]:
            schema["required"] = known["required"]
        schema["properties"] = {
            each: self._write(item, names.get(each) or camel(each) or "Object")
            for each, item in known["properties"].items()
        }
        self.schemas[name] = schema

    def _write(self, known: Draft, name: str) -> Schema:
        kinds = [kind for kind in known["kinds"] if kind != "null"]
        if "number" in kinds and "integer" in kinds:
            kinds.remove("integer")
        if not kinds:
            return {}
        written = [self._write_kind(kind, known, name) for kind in kinds]
        schema = written[0] if len(written) == 1 else {"anyOf": written}
        return self._nullable(schema) if "null" in known["kinds"] else schema

    def _write_kind(self, kind: str, known: Draft, name: str) -> Schema:
        if kind == "object":
            free = name
            while free in self.schemas:
                free = _next(free)
            self._object(free, known, {})
            return {"$ref": f"{self._place}{free}"}
        if kind == "array":
            return {"type": "array", "items": self._write(known["items"], f"{name}Item")}
        if kind == "string" and known["dates"]:
            return {"type": "string", "format": "date-time"}
        if kind == "integer" and self._formats:
            return {"type": "integer", "format": "int64"}
        return {"type": kind}


def _next(name: str) -> str:
    stem = name.rstrip("0123456789")
    return f"{stem}{int(name[len(stem) :] or 0) + 1}"


def exported(document: Mapping[str, Any]) -> Schema:
    """An OpenAPI 3 document's first schema as JSON Schema, with the others as its definitions."""
    schemas = (document.get("components") or {}).get("schemas") or {}
    definitions = {name: _without_openapi(schema) for name, schema in schemas.items()}
    title = str((document.get("info") or {}).get("title") or "Event")
    root = definitions.pop(next(iter(definitions)), {}) if definitions else {}
    return {"$schema": DRAFT4, "title": title, "definitions": definitions} | root


def _without_openapi(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_openapi(item) for item in value]
    if not isinstance(value, dict):
        return value
    shown = {name: _without_openapi(item) for name, item in value.items() if name != "nullable"}
    if isinstance(reference := shown.get("$ref"), str):
        shown["$ref"] = reference.replace("#/components/schemas/", "#/definitions/")
    return _nullable_draft4(shown) if value.get("nullable") is True and shown else shown


def drafted(values: Iterable[Any]) -> Draft:
    """What several values tell."""
    return reduce(merge, map(draft, values))
