"""From the query protocol's dotted form fields to an operation's input.

``MessageAttributes.entry.1.Value.DataType=String``: the fields are grown into a tree of their parts once, then read by
shape. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterable
from typing import Any

from headwater.gateway.protocols.wire_names import WireNames
from headwater.spine import timestamps
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Reference, Shape
from headwater.spine.numbers import integer, long

Node = Any
"""A field's text, or a dict of the parts below; a dict's own text, if any, under the empty name."""
Reader = Callable[[Node], Any]


def grow(fields: Iterable[tuple[str, str]]) -> dict[str, Node]:
    """The tree of dotted names."""
    root: dict[str, Node] = {}
    for name, value in fields:
        if "." not in name:
            root.setdefault(name, value)
            continue
        *above, last = name.split(".")
        node = root
        for part in above:
            below = node.setdefault(part, {})
            if type(below) is str:
                below = node[part] = {"": below}
            node = below
        if type(node.setdefault(last, value)) is dict:
            node[last].setdefault("", value)
    return root


class QueryReaders:
    """Compiles and keeps the readers of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._names = WireNames(model)
        self._structures: dict[str, Reader] = {}

    def structure(self, shape: Shape) -> Reader:
        """The reader of an operation's input."""
        return self._structure(shape, lambda _: None)

    def _reader(self, name: str, member: Reference) -> Reader:
        shape = self._model.shape(member)
        kind = shape["type"]
        if kind == "structure":
            return self._structures.get(member["shape"]) or self._structure(
                shape, lambda made: self._structures.__setitem__(member["shape"], made)
            )
        if kind == "list":
            return self._list(name, member)
        if kind == "map":
            return self._map(name, member)
        convert = _SCALARS[kind]
        return lambda node: convert(name, _text(node))

    def _structure(self, shape: Shape, remember: Callable[[Reader], None]) -> Reader:
        entries: dict[str, tuple[str, Reader]] = {}
        entry_of = entries.get

        def read(node: Node) -> dict[str, Any]:
            result: dict[str, Any] = {}
            if type(node) is dict:
                for wire, below in node.items():
                    entry = entry_of(wire)
                    if entry is not None:
                        result[entry[0]] = entry[1](below)
            return result

        remember(read)
        for name, member in shape["members"].items():
            entries[self._names.member(name, member)] = (name, self._reader(name, member))
        return read

    def _list(self, name: str, member: Reference) -> Reader:
        read_item = self._reader(name, self._model.shape(member)["member"])
        wrapper = None if self._model.trait(member, "flattened") else self._names.item(member)

        def read(node: Node) -> list[Any]:
            return [read_item(item) for item in _numbered(node, wrapper)]

        return read

    def _map(self, name: str, member: Reference) -> Reader:
        shape = self._model.shape(member)
        read_key, read_value = self._reader(name, shape["key"]), self._reader(name, shape["value"])
        key_name, value_name = self._names.entry(name, member)
        wrapper = None if self._model.trait(member, "flattened") else "entry"

        def read(node: Node) -> dict[str, Any]:
            result = {}
            for entry in _numbered(node, wrapper):
                if type(entry) is not dict or key_name not in entry:
                    raise malformed(f"{name} has an entry without {key_name}")
                result[read_key(entry[key_name])] = read_value(entry.get(value_name, ""))
            return result

        return read


def malformed(message: str) -> AwsError:
    """The fields do not make the operation's input."""
    return AwsError("MalformedInput", message)


def _text(node: Node) -> str:
    return node if type(node) is str else str(node.get("", ""))


def _numbered(node: Node, wrapper: str | None) -> list[Node]:
    """The items below ``node``, in the order of their numbers; an empty field is an empty collection."""
    if type(node) is dict and wrapper is not None:
        node = node.get(wrapper, node)
    if type(node) is not dict:
        return []
    numbered = [(int(key), item) for key, item in node.items() if key.isascii() and key.isdigit() and len(key) < 10]
    if len(numbered) > 1:
        numbered.sort(key=lambda pair: pair[0])
    return [item for _, item in numbered]


def _string(name: str, text: str) -> str:
    return text


def _whole(convert: Callable[[str], int]) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        try:
            return convert(text)
        except ValueError:
            raise malformed(f"{name}: {text[:100]} is not an integer") from None

    return read


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise malformed(f"{name}: {text[:100]} is not a number") from None


def _boolean(name: str, text: str) -> bool:
    lower = text.lower()
    if lower not in ("true", "false"):
        raise malformed(f"{name}: {text[:100]} is not a boolean")
    return lower == "true"


def _blob(name: str, text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        raise malformed(f"{name} is not base64") from None


def _timestamp(name: str, text: str) -> int:
    try:
        return timestamps.parse(text)
    except (ValueError, OverflowError):
        raise malformed(f"timestamp must follow ISO8601: {name}") from None


_SCALARS: dict[str, Callable[[str, str], Any]] = {
    "string": _string,
    "character": _string,
    "integer": _whole(integer),
    "long": _whole(long),
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
