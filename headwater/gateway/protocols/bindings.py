"""Where the members of a REST operation travel: path, query string, headers, status code, or the body.

https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson

from headwater.gateway.messages import HttpRequest
from headwater.gateway.protocols import forms
from headwater.spine import timestamps
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Reference, Shape
from headwater.spine.numbers import integer, long

FromText = Callable[[str], Any]
ToText = Callable[[Any], str]
Invalid = Callable[[str, str, str], AwsError]
"""(wire name, text, model type) to the error of a text that does not fit."""


class _Bound(NamedTuple):
    wire: str
    name: str
    read: FromText


class RequestBindings:
    """Reads an operation's members from everything but the body."""

    def __init__(self, model: Model, operation: str, invalid: Invalid) -> None:
        shape = model.input(operation)
        literals = model.operations[operation]["http"]["requestUri"].partition("?")[2]
        self._literals = frozenset(forms.fields(literals))
        self._headers: dict[str, _Bound] = {}
        self._prefixes: list[tuple[str, str]] = []
        self._query: dict[str, _Bound] = {}
        self._query_lists: dict[str, _Bound] = {}
        self._query_map: str | None = None
        self._path: list[_Bound] = []
        for name, member in shape["members"].items():
            self._bind(model, name, member, invalid)

    def read(self, request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
        """The bound members that the request has."""
        result: dict[str, Any] = {}
        for wire, name, read in self._path:
            if wire in path:
                result[name] = read(path[wire])
        if self._headers or self._prefixes:
            self._read_headers(request.headers, result)
        if request.query:
            self._read_query(request.query, result)
        return result

    def _read_headers(self, headers: Mapping[str, str], result: dict[str, Any]) -> None:
        """By the request's headers, of which there are fewer than an operation of S3 knows."""
        bound_to = self._headers.get
        for wire, text in headers.items():
            bound = bound_to(wire)
            if bound is not None:
                value = bound.read(text)
                if value is not None:
                    result[bound.name] = value
                continue
            for prefix, name in self._prefixes:
                if wire.startswith(prefix):
                    result.setdefault(name, {})[wire[len(prefix) :]] = text

    def _read_query(self, query: str, result: dict[str, Any]) -> None:
        for wire, text in forms.pairs(query):
            bound = self._query.get(wire)
            if bound is not None:
                result[bound.name] = bound.read(text)
            elif wire in self._query_lists:
                bound = self._query_lists[wire]
                result.setdefault(bound.name, []).append(bound.read(text))
            elif self._query_map is not None and wire not in self._literals:
                result.setdefault(self._query_map, {})[wire] = text

    def _bind(self, model: Model, name: str, member: Reference, invalid: Invalid) -> None:
        location = member.get("location")
        if location is None:
            return
        wire = member.get("locationName", name)
        shape = model.shape(member)
        if location == "header":
            read = _header_reader(model, member, wire.lower(), invalid)
            self._headers[wire.lower()] = _Bound(wire.lower(), name, read)
        elif location == "headers":
            self._prefixes.append((wire.lower(), name))
        elif location == "uri":
            self._path.append(_Bound(wire, name, _reader(model, member, wire, invalid)))
        elif shape["type"] == "map":
            self._query_map = name
        elif shape["type"] == "list":
            self._query_lists[wire] = _Bound(wire, name, _reader(model, shape["member"], wire, invalid))
        else:
            self._query[wire] = _Bound(wire, name, _reader(model, member, wire, invalid))


class ResponseBindings:
    """Writes the members of a result that travel outside the body.

    ``skip`` are headers that the server writes itself (the length of a body that is sent).
    """

    def __init__(self, model: Model, shape: Shape, skip: tuple[str, ...] = ()) -> None:
        self.status_member: str | None = None
        self._headers: dict[str, tuple[str, ToText]] = {}
        self._prefixes: list[tuple[str, str]] = []
        for name, member in shape["members"].items():
            location = member.get("location")
            wire = member.get("locationName", name)
            if location == "statusCode":
                self.status_member = name
            elif location == "header" and wire not in skip:
                self._headers[name] = (wire, _header_writer(model, member))
            elif location == "headers":
                self._prefixes.append((name, wire))

    def write(self, result: Mapping[str, Any], headers: list[tuple[str, str]]) -> None:
        """Add the headers that the result asks for."""
        bound_to = self._headers.get
        for name, value in result.items():
            bound = bound_to(name)
            if bound is not None and value is not None:
                headers.append((bound[0], _one_line(bound[1](value))))
        for name, prefix in self._prefixes:
            for key, text in (result.get(name) or {}).items():
                headers.append((prefix + key, _one_line(text)))


def in_body(member: Reference) -> bool:
    """Whether a member travels in the body."""
    return "location" not in member


def _one_line(text: str) -> str:
    """No value may end its header's line."""
    return text.replace("\r", " ").replace("\n", " ") if "\n" in text or "\r" in text else text


def _header_reader(model: Model, member: Reference, wire: str, invalid: Invalid) -> FromText:
    shape = model.shape(member)
    if member.get("jsonvalue"):
        return lambda text: _decode_json(text, wire, invalid)
    if shape["type"] == "list":
        item = _reader(model, shape["member"], wire, invalid)
        return lambda text: [item(part.strip()) for part in text.split(",")]
    if shape["type"] == "timestamp":
        return _condition_date
    return _reader(model, member, wire, invalid)


def _condition_date(text: str) -> int | None:
    """A date in a header; one that cannot be read is ignored, as HTTP asks (RFC 9110, 13.1.3)."""
    try:
        return timestamps.parse(text)
    except (ValueError, OverflowError):
        return None


def _decode_blob(text: str, wire: str, invalid: Invalid) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise invalid(wire, text, "blob") from None


def _decode_json(text: str, wire: str, invalid: Invalid) -> Any:
    """A member with the ``jsonvalue`` trait: JSON in base64."""
    try:
        return orjson.loads(_decode_blob(text, wire, invalid))
    except orjson.JSONDecodeError:
        raise invalid(wire, text, "JSON") from None


def _reader(model: Model, member: Reference, wire: str, invalid: Invalid) -> FromText:
    kind = model.shape(member)["type"]
    if kind in ("string", "character"):
        return _same
    if kind == "blob":
        return lambda text: _decode_blob(text, wire, invalid)
    convert = _FROM_TEXT[kind]

    def read(text: str) -> Any:
        try:
            return convert(text)
        except (ValueError, OverflowError):
            raise invalid(wire, text, kind) from None

    return read


def _same(text: str) -> str:
    return text


def _boolean(text: str) -> bool:
    lower = text.lower()
    if lower not in ("true", "false"):
        raise ValueError(text)
    return lower == "true"


_FROM_TEXT: dict[str, Callable[[str], Any]] = {
    "integer": integer,
    "long": long,
    "float": float,
    "double": float,
    "boolean": _boolean,
    "timestamp": timestamps.parse,
}


def _header_writer(model: Model, member: Reference) -> ToText:
    shape = model.shape(member)
    kind = shape["type"]
    if member.get("jsonvalue"):
        return lambda value: binascii.b2a_base64(orjson.dumps(value), newline=False).decode("ascii")
    if kind == "timestamp":
        write = timestamps.FORMATS[model.trait(member, "timestampFormat") or "rfc822"]
        return lambda value: str(write(value))
    if kind == "boolean":
        return lambda value: "true" if value else "false"
    if kind == "list":
        return ",".join
    return _same if kind == "string" else str
