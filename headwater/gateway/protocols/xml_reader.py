"""From an XML body to an operation's input (S3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

from headwater.gateway.protocols.wire_names import WireNames
from headwater.spine import timestamps
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Reference
from headwater.spine.numbers import integer, long

Element = ElementTree.Element
Reader = Callable[[Element], Any]


def malformed_xml() -> AwsError:
    """S3's answer to XML that it cannot read."""
    return AwsError(
        "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"
    )


def parse_xml(body: bytes) -> Element:
    """The root element; documents with a DTD are refused, so no entity can grow, in UTF-16 neither."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body or b"\0" in body:
        raise malformed_xml()
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise malformed_xml() from None


class XmlReaders:
    """Compiles and keeps the readers of one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._names = WireNames(model)
        self._structures: dict[str, Reader] = {}

    def reader(self, member: Reference) -> Reader:
        """The reader of an element."""
        shape = self._model.shape(member)
        kind = shape["type"]
        if kind == "structure":
            key = member["shape"]
            return self._structures.get(key) or self._structure(
                shape["members"], lambda made: self._structures.__setitem__(key, made)
            )
        if kind == "list":
            return self._wrapped_list(member)
        if kind == "map":
            raise LookupError("no operation of a rest-xml service takes a map in its body")
        return _SCALARS[kind]

    def structure(self, members: Mapping[str, Reference]) -> Reader:
        """The reader of a structure with these members."""
        return self._structure(members, lambda _: None)

    def _structure(self, members: Mapping[str, Reference], remember: Callable[[Reader], None]) -> Reader:
        single: dict[str, tuple[str, Reader]] = {}
        repeated: dict[str, tuple[str, Reader]] = {}
        attributes: dict[str, str] = {}

        def read(element: Element) -> dict[str, Any]:
            result: dict[str, Any] = {}
            for child in element:
                tag = _local(child.tag)
                found = single.get(tag)
                if found is not None:
                    result[found[0]] = found[1](child)
                elif tag in repeated:
                    member, reader = repeated[tag]
                    result.setdefault(member, []).append(reader(child))
            for attribute, text in element.attrib.items() if attributes else ():
                if _local(attribute) in attributes:
                    result[attributes[_local(attribute)]] = text
            return result

        remember(read)
        for key, member in members.items():
            shape = self._model.shape(member)
            if member.get("xmlAttribute"):
                attributes[member.get("locationName", key).rpartition(":")[2]] = key
            elif shape["type"] == "list" and self._model.trait(member, "flattened"):
                repeated[self._names.member(key, member)] = (key, self.reader(shape["member"]))
            elif shape["type"] != "map":
                single[self._names.member(key, member)] = (key, self.reader(member))
        return read

    def _wrapped_list(self, member: Reference) -> Reader:
        read_item = self.reader(self._model.shape(member)["member"])
        item_name = self._names.item(member)
        return lambda element: [read_item(child) for child in element if _local(child.tag) == item_name]


def _local(name: str) -> str:
    """A tag or attribute without its namespace."""
    return name.rpartition("}")[2]


def _text(element: Element) -> str:
    return element.text or ""


def _whole(convert: Callable[[str], int]) -> Reader:
    def read(element: Element) -> int:
        try:
            return convert(_text(element))
        except ValueError:
            raise malformed_xml() from None

    return read


def _float(element: Element) -> float:
    try:
        return float(_text(element))
    except ValueError:
        raise malformed_xml() from None


def _boolean(element: Element) -> bool:
    text = _text(element).strip().lower()
    if text not in ("true", "false"):
        raise malformed_xml()
    return text == "true"


def _timestamp(element: Element) -> int:
    try:
        return timestamps.parse(_text(element).strip())
    except (ValueError, OverflowError):
        raise malformed_xml() from None


_SCALARS: dict[str, Reader] = {
    "string": _text,
    "character": _text,
    "integer": _whole(integer),
    "long": _whole(long),
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
