"""From an operation's result to XML, for the query and rest-xml protocols.

https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from headwater.gateway.protocols.wire_names import WireNames
from headwater.spine import timestamps
from headwater.spine.models import Model, Reference, Shape

Content = Callable[[Any], str]
"""A value to what stands between its tags."""
Element = Callable[[Any], str]
"""A value to its element or elements."""

_SPECIAL = re.compile('[&<>"\x00-\x08\x0b-\x1f]')
_SPECIAL_OR_UNREADABLE = re.compile('[&<>"\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]')
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # https://www.w3.org/TR/xml/#charsets
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_INSTANTS: dict[str, Callable[[int], str]] = {
    "iam": timestamps.iso8601_seconds,
    "sts": timestamps.iso8601_seconds,
    "cloudwatch": timestamps.iso8601,
}
"""Most services write milliseconds always; these do not."""


def escape(text: str) -> str:
    """Text as XML character data, control characters as references."""
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


def legible(text: str) -> str:
    """What XML cannot hold is replaced, for a reference to it would make the whole answer unreadable. Of errors, and
    of all that the query protocol answers; S3 does send such references."""
    return escape(_UNREADABLE.sub("\ufffd", text)) if _SPECIAL_OR_UNREADABLE.search(text) else text


def _reference(match: re.Match[str]) -> str:
    character = match.group()
    return _ENTITIES.get(character) or f"&#x{ord(character):X};"


class XmlWriters:
    """Compiles and keeps the writers of one model."""

    def __init__(self, model: Model, text: Callable[[str], str] = escape) -> None:
        self._model = model
        self._scalars = {**_SCALARS, "string": text, "character": text}
        self._names = WireNames(model)
        self._instant = _INSTANTS.get(model.name, timestamps.iso8601_milliseconds)
        self._structures: dict[str, Content] = {}

    def members(self, shape: Shape, only: Callable[[Reference], bool] = lambda _: True) -> Content:
        """The content of a structure, of those members that ``only`` lets through."""
        members = {name: member for name, member in shape["members"].items() if only(member)}
        return self._structure(members, lambda _: None)

    def document(self, name: str, member: Reference, namespace: str) -> Element:
        """A member's element as the root of a document, in a default namespace."""
        tag = self._names.member(name, member)
        content = self._content(name, member)
        opening, closing = f'<{tag} xmlns="{namespace}">', f"</{tag}>"
        return lambda value: f"{opening}{content(value)}{closing}"

    def element(self, name: str, member: Reference) -> Element:
        """The element of a structure's member."""
        kind = self._model.shape(member)["type"]
        if kind in ("list", "map"):
            return self._collection(name, member)
        tag = self._names.member(name, member)
        content, attributes = self._content(name, member), self._attributes(member)
        opening, closing = f"<{tag}{_namespace(member)}", f"</{tag}>"
        if attributes:
            return lambda value: f"{opening}{_attribute_text(attributes, value)}>{content(value)}{closing}"
        return lambda value: f"{opening}>{content(value)}{closing}"

    def _content(self, name: str, member: Reference) -> Content:
        """Of anything but a collection within a structure."""
        shape = self._model.shape(member)
        kind = shape["type"]
        if kind == "structure":
            key = member["shape"]
            return self._structures.get(key) or self._structure(
                {name: below for name, below in shape["members"].items() if not below.get("xmlAttribute")},
                lambda made: self._structures.__setitem__(key, made),
            )
        if kind in ("list", "map"):
            return self._wrapped(name, member)
        if kind == "timestamp":
            return self._timestamp(self._model.trait(member, "timestampFormat"))
        return self._scalars[kind]

    def _timestamp(self, form: str | None) -> Content:
        if form is None or form == "iso8601":
            return self._instant
        write = timestamps.FORMATS[form]
        return lambda value: str(write(value))

    def _structure(self, members: Mapping[str, Reference], remember: Callable[[Content], None]) -> Content:
        elements: dict[str, Element] = {}
        element_of = elements.get

        def write(value: Any) -> str:
            parts = []
            for name, item in value.items():
                if item is not None:
                    element = element_of(name)
                    if element is not None:
                        parts.append(element(item))
            return "".join(parts)

        remember(write)
        for name, member in members.items():
            elements[name] = self.element(name, member)
        return write

    def _collection(self, name: str, member: Reference) -> Element:
        tag = self._names.member(name, member)
        if self._model.trait(member, "flattened"):
            return self._items(name, member, tag)
        content, opening, closing = self._wrapped(name, member), f"<{tag}>", f"</{tag}>"
        return lambda value: f"{opening}{content(value)}{closing}"

    def _wrapped(self, name: str, member: Reference) -> Content:
        is_list = self._model.shape(member)["type"] == "list"
        return self._items(name, member, self._names.item(member) if is_list else "entry")

    def _items(self, name: str, member: Reference, tag: str) -> Element:
        shape = self._model.shape(member)
        if shape["type"] == "map":
            return self._entries(name, member, tag)
        reference = shape["member"]
        content, attributes = self._content(name, reference), self._attributes(reference)
        opening, closing = f"<{tag}", f"</{tag}>"
        if attributes:
            return lambda value: "".join(
                f"{opening}{_attribute_text(attributes, item)}>{content(item)}{closing}" for item in value
            )
        return lambda value: "".join([f"{opening}>{content(item)}{closing}" for item in value])

    def _entries(self, name: str, member: Reference, tag: str) -> Element:
        shape = self._model.shape(member)
        key, value = self._names.entry(name, member)
        content = self._content(name, shape["value"])
        between = f"</{key}><{value}>"
        opening, closing, text = f"<{tag}><{key}>", f"</{value}></{tag}>", self._scalars["string"]
        return lambda entries: "".join(
            [f"{opening}{text(k)}{between}{content(v)}{closing}" for k, v in entries.items()]
        )

    def _attributes(self, member: Reference) -> tuple[tuple[str, str, str], ...]:
        """(member, attribute's name, namespace declaration) of a structure's XML attributes."""
        members = self._model.shape(member).get("members", {})
        return tuple(
            (name, below.get("locationName", name), _namespace(member) or _namespace(self._model.shape(member)))
            for name, below in members.items()
            if below.get("xmlAttribute")
        )


def _namespace(traits: Mapping[str, Any]) -> str:
    """A namespace declaration, where the traits hold one with a prefix."""
    namespace = traits.get("xmlNamespace")
    if not isinstance(namespace, Mapping) or "prefix" not in namespace:
        return ""
    return f' xmlns:{namespace["prefix"]}="{namespace["uri"]}"'


def _attribute_text(attributes: tuple[tuple[str, str, str], ...], value: Mapping[str, Any]) -> str:
    return "".join(
        f'{namespace} {attribute}="{escape(str(value[name]))}"'
        for name, attribute, namespace in attributes
        if value.get(name) is not None
    )


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _blob(value: bytes) -> str:
    return binascii.b2a_base64(value, newline=False).decode("ascii")


_SCALARS: dict[str, Content] = {
    "string": escape,
    "character": escape,
    "integer": str,
    "long": str,
    "float": str,
    "double": str,
    "boolean": _boolean,
    "blob": _blob,
}
