"""From an operation's result to what a JSON or CBOR encoder takes.

Where nothing below a member needs conversion (no timestamps, no wire names of its own) there is no writer at all and
the encoder gets the handler's own objects. Writers never change a result: a service may keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.spine import timestamps
from headwater.spine.models import Model, Reference, Shape

Writer = Callable[[Any], Any]


class Writers:
    """Compiles and keeps the writers of one model; ``timestamp`` overrides how an instant is written."""

    def __init__(self, model: Model, timestamp: Writer | None = None, rename: bool = True) -> None:
        self._model = model
        self._timestamp = timestamp
        self._rename = rename
        self._made: dict[str, Writer] = {}

    def writer(self, reference: Reference) -> Writer | None:
        """The writer of a member, None where its value can go out as it is."""
        name = reference["shape"]
        shape = self._model.shapes[name]
        if shape["type"] == "timestamp":
            return self._instant(self._model.trait(reference, "timestampFormat"))
        if not self._converts(reference, set()):
            return None
        return self._made.get(name) or self._make(name, shape)

    def structure(self, members: Mapping[str, Reference]) -> Writer | None:
        """The writer of a structure with these members."""
        if not any(self._member_converts(name, member, set()) for name, member in members.items()):
            return None
        return self.structure_always(members)

    def structure_always(self, members: Mapping[str, Reference]) -> Writer:
        """The same, also where it does no more than leave out what is not among these members."""
        return self._structure(members, lambda _: None)

    def _instant(self, form: str | None) -> Writer:
        return self._timestamp or timestamps.FORMATS[form or "unixTimestamp"]

    def _converts(self, reference: Reference, seen: set[str]) -> bool:
        """Whether anything below needs work."""
        name = reference["shape"]
        if name in seen:
            return False
        seen.add(name)
        shape = self._model.shapes[name]
        kind = shape["type"]
        if kind == "structure":
            return any(self._member_converts(key, member, seen) for key, member in shape["members"].items())
        if kind == "list":
            return self._converts(shape["member"], seen)
        if kind == "map":
            return self._converts(shape["value"], seen)
        return bool(kind == "timestamp")

    def _member_converts(self, name: str, member: Reference, seen: set[str]) -> bool:
        return self._wire_name(name, member) != name or self._converts(member, seen)

    def _wire_name(self, name: str, member: Reference) -> str:
        return str(member.get("locationName", name)) if self._rename else name

    def _make(self, name: str, shape: Shape) -> Writer:
        def remember(writer: Writer) -> None:
            self._made[name] = writer

        if shape["type"] == "structure":
            return self._structure(shape["members"], remember)
        item = "member" if shape["type"] == "list" else "value"
        return (self._list if item == "member" else self._map)(shape[item], remember)

    def _structure(self, members: Mapping[str, Reference], remember: Callable[[Writer], None]) -> Writer:
        entries: dict[str, tuple[str, Writer | None]] = {}
        entry_of = entries.get

        def write(value: Any) -> Any:
            result = {}
            for name, item in value.items():
                entry = entry_of(name)
                if entry is not None and item is not None:
                    wire, writer = entry
                    result[wire] = item if writer is None else writer(item)
            return result

        remember(write)
        for name, member in members.items():
            entries[name] = (self._wire_name(name, member), self.writer(member))
        return write

    def _list(self, reference: Reference, remember: Callable[[Writer], None]) -> Writer:
        item_writer: Writer | None

        def write(value: Any) -> Any:
            return [item_writer(item) for item in value] if item_writer else value

        remember(write)
        item_writer = self.writer(reference)
        return write

    def _map(self, reference: Reference, remember: Callable[[Writer], None]) -> Writer:
        item_writer: Writer | None

        def write(value: Any) -> Any:
            return {name: item_writer(item) for name, item in value.items()} if item_writer else value

        remember(write)
        item_writer = self.writer(reference)
        return write


def without_nulls(value: Any) -> Any:
    """The same value with no null member at any depth."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
