"""From decoded JSON or CBOR to an operation's input: types checked, blobs and timestamps converted, in place.

A reader takes a value fresh from the decoder (it may change it) and returns what the handler sees. Members that the
model does not know, and nulls, are dropped, as AWS does. Most members are scalars that need no work: a structure
compares their type with the expected one and goes on, without a call.
"""

from __future__ import annotations

import binascii
import math
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from headwater.gateway.protocols.type_errors import Mismatch, serialization_error
from headwater.spine import timestamps
from headwater.spine.models import Model, Reference, Shape
from headwater.spine.numbers import LARGEST, LARGEST_INTEGER

Reader = Callable[[Any], Any]

_EXACT: dict[str, type] = {
    "string": str,
    "character": str,
    "boolean": bool,
    "float": float,
    "double": float,
}
_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


class Readers:
    """Compiles and keeps the readers of one model for one encoding; the base class is JSON's."""

    blob_type: type | None = None

    def __init__(self, model: Model, mismatch: Mismatch, rename: bool = True) -> None:
        self._model = model
        self._mismatch = mismatch
        self._rename = rename
        self._made: dict[tuple[str, str | None], Reader] = {}

    def reader(self, reference: Reference) -> Reader:
        """The reader of a member."""
        shape = self._model.shape(reference)
        key = (reference["shape"], reference.get("timestampFormat"))
        made = self._made.get(key)
        return made if made is not None else self._make(key, shape, reference)

    def structure(self, shape: Shape) -> Reader:
        """The reader of a structure that is not named (an operation's whole input)."""
        return self._structure(shape, lambda _: None)

    def _make(self, key: tuple[str, str | None], shape: Shape, reference: Reference) -> Reader:
        def remember(reader: Reader) -> None:  # before its members are compiled: shapes may hold themselves
            self._made[key] = reader

        kind = shape["type"]
        if kind == "structure":
            return self._document() if shape.get("document") else self._structure(shape, remember)
        if kind == "list":
            return self._list(shape, remember)
        if kind == "map":
            return self._map(shape, remember)
        reader = self._scalar(kind, self._model.trait(reference, "timestampFormat"))
        remember(reader)
        return reader

    def _exact(self, reference: Reference) -> type | None:
        """The Python type that needs no further look, None where each value needs one."""
        kind = self._model.shape(reference)["type"]
        return self.blob_type if kind == "blob" else _EXACT.get(kind)

    def _structure(self, shape: Shape, remember: Callable[[Reader], None]) -> Reader:
        members: dict[str, Reference] = shape["members"]
        if self._rename and any(member.get("locationName", name) != name for name, member in members.items()):
            return self._renaming_structure(members, remember)
        exact: dict[str, type | None] = {name: self._exact(member) for name, member in members.items()}
        readers: dict[str, Reader] = {}
        expected, reader_of, mismatch = exact.get, readers.get, self._mismatch

        def read(value: Any) -> Any:
            if type(value) is not dict:
                raise mismatch(value, "structure")
            dropped = None
            for name, item in value.items():
                if type(item) is expected(name):
                    continue
                reader = reader_of(name)
                if reader is None or item is None:
                    dropped = [name] if dropped is None else [*dropped, name]
                    continue
                value[name] = reader(item)  # the keys stay the same, so the iteration may go on
            if dropped is not None:
                for name in dropped:
                    del value[name]
            return value

        remember(read)
        readers.update((name, self.reader(member)) for name, member in members.items())
        return read

    def _renaming_structure(self, members: dict[str, Reference], remember: Callable[[Reader], None]) -> Reader:
        entries: dict[str, tuple[str, Reader]] = {}
        entry_of, mismatch = entries.get, self._mismatch

        def read(value: Any) -> Any:
            if type(value) is not dict:
                raise mismatch(value, "structure")
            result = {}
            for wire, item in value.items():
                entry = entry_of(wire)
                if entry is not None and item is not None:
                    result[entry[0]] = entry[1](item)
            return result

        remember(read)
        for name, member in members.items():
            entries[member.get("locationName", name)] = (name, self.reader(member))
        return read

    def _list(self, shape: Shape, remember: Callable[[Reader], None]) -> Reader:
        exact, mismatch = self._exact(shape["member"]), self._mismatch
        item_reader: Reader

        def read(value: Any) -> Any:
            if type(value) is not list:
                raise mismatch(value, "list")
            for index, item in enumerate(value):
                if type(item) is not exact and item is not None:
                    value[index] = item_reader(item)
            return [item for item in value if item is not None] if None in value else value

        remember(read)
        item_reader = self.reader(shape["member"])
        return read

    def _map(self, shape: Shape, remember: Callable[[Reader], None]) -> Reader:
        exact, mismatch = self._exact(shape["value"]), self._mismatch
        item_reader: Reader

        def read(value: Any) -> Any:
            if type(value) is not dict:
                raise mismatch(value, "map")
            nulls = False
            for name, item in value.items():
                if type(item) is exact:
                    continue
                if item is None:
                    nulls = True
                else:
                    value[name] = item_reader(item)
            return {name: item for name, item in value.items() if item is not None} if nulls else value

        remember(read)
        item_reader = self.reader(shape["value"])
        return read

    def _scalar(self, kind: str, timestamp_format: str | None) -> Reader:
        if kind == "blob":
            return self._blob()
        if kind == "timestamp":
            return self._timestamp(timestamp_format)
        if kind in ("integer", "long"):
            return self._integer(kind)
        if kind in ("float", "double"):
            return self._float(kind)
        return self._plain(kind)

    def _document(self) -> Reader:
        return lambda value: value

    def _plain(self, kind: str) -> Reader:
        exact, mismatch = _EXACT[kind], self._mismatch

        def read(value: Any) -> Any:
            if type(value) is exact:
                return value
            raise mismatch(value, kind)

        return read

    def _integer(self, kind: str) -> Reader:
        mismatch, most = self._mismatch, LARGEST_INTEGER if kind == "integer" else LARGEST

        def read(value: Any) -> int:
            if type(value) is int and -most <= value <= most:
                return value
            if type(value) is float and abs(value) <= most:
                return int(value)
            raise mismatch(value, kind)

        return read

    def _float(self, kind: str) -> Reader:
        mismatch = self._mismatch

        def read(value: Any) -> float:
            if type(value) is float or (type(value) is int and -LARGEST <= value <= LARGEST):
                return value
            if type(value) is int and abs(value) <= sys.float_info.max:
                return float(value)
            if type(value) is str and value in _NOT_FINITE:
                return _NOT_FINITE[value]
            raise mismatch(value, kind)

        return read

    def _blob(self) -> Reader:
        mismatch = self._mismatch

        def read(value: Any) -> bytes:
            if type(value) is not str:
                raise mismatch(value, "blob")
            if len(value) % 4:
                raise serialization_error(
                    f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}"
                )
            try:
                return binascii.a2b_base64(value, strict_mode=True)
            except (binascii.Error, ValueError):
                raise serialization_error("Invalid last non-pad Base64 character dectected") from None

        return read

    def _timestamp(self, timestamp_format: str | None) -> Reader:
        mismatch, text = self._mismatch, timestamp_format in ("iso8601", "rfc822")

        def read(value: Any) -> int:
            if (type(value) is int or type(value) is float) and abs(value) < 1e12:
                return round(value * 1000)
            if type(value) is str and text:
                try:
                    return timestamps.parse(value)
                except ValueError:
                    pass
            raise mismatch(value, "timestamp")

        return read


class CborReaders(Readers):
    """CBOR carries bytes as they are and timestamps by tag 1."""

    blob_type = bytes

    def _blob(self) -> Reader:
        mismatch = self._mismatch

        def read(value: Any) -> bytes:
            if type(value) is bytes:
                return value
            raise mismatch(value, "blob")

        return read

    def _timestamp(self, timestamp_format: str | None) -> Reader:
        plain = super()._timestamp(timestamp_format)

        def read(value: Any) -> int:
            return timestamps.from_datetime(value) if isinstance(value, datetime) else plain(value)

        return read
