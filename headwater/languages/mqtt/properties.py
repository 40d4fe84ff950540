"""Properties of MQTT 5 (section 2.2.2): identifiers, types, where each may stand, and their bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from headwater.languages.mqtt.packets import Properties
from headwater.languages.mqtt.reasons import ProtocolError, Reason
from headwater.languages.mqtt.wire import (
    Reader,
    malformed,
    write_binary,
    write_text,
    write_variable_integer,
)


class Kind(NamedTuple):
    """How a property's value is read and written."""

    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]


def _read_pair(reader: Reader) -> tuple[str, str]:
    return reader.text(), reader.text()


def _write_pair(pair: tuple[str, str]) -> bytes:
    return write_text(pair[0]) + write_text(pair[1])


_BYTE = Kind(Reader.byte, lambda value: int(value).to_bytes(1, "big"))
_TWO_BYTES = Kind(Reader.two_bytes, lambda value: int(value).to_bytes(2, "big"))
_FOUR_BYTES = Kind(Reader.four_bytes, lambda value: int(value).to_bytes(4, "big"))
_VARIABLE = Kind(Reader.variable_integer, write_variable_integer)
_TEXT = Kind(Reader.text, write_text)
_BINARY = Kind(Reader.binary, write_binary)
_PAIR = Kind(_read_pair, _write_pair)


class Property(NamedTuple):
    identifier: int
    name: str
    kind: Kind
    packets: frozenset[str]  # names of the packet classes (and "Will") that may carry it
    values: range | None = None  # what the specification allows, where it is less than the type


_ACKNOWLEDGEMENTS = "PubAck PubRec PubRel PubComp SubAck UnsubAck"
_FLAG = range(2)


def _property(identifier: int, name: str, kind: Kind, packets: str, values: range | None = None) -> Property:
    return Property(identifier, name, kind, frozenset(packets.split()), values)


PROPERTIES = (
    _property(0x01, "payload_format_indicator", _BYTE, "Publish Will", _FLAG),
    _property(0x02, "message_expiry_interval", _FOUR_BYTES, "Publish Will"),
    _property(0x03, "content_type", _TEXT, "Publish Will"),
    _property(0x08, "response_topic", _TEXT, "Publish Will"),
    _property(0x09, "correlation_data", _BINARY, "Publish Will"),
    _property(0x0B, "subscription_identifier", _VARIABLE, "Publish Subscribe", range(1, 268_435_456)),
    _property(0x11, "session_expiry_interval", _FOUR_BYTES, "Connect ConnAck Disconnect"),
    _property(0x12, "assigned_client_identifier", _TEXT, "ConnAck"),
    _property(0x13, "server_keep_alive", _TWO_BYTES, "ConnAck"),
    _property(0x15, "authentication_method", _TEXT, "Connect ConnAck Auth"),
    _property(0x16, "authentication_data", _BINARY, "Connect ConnAck Auth"),
    _property(0x17, "request_problem_information", _BYTE, "Connect", _FLAG),
    _property(0x18, "will_delay_interval", _FOUR_BYTES, "Will"),
    _property(0x19, "request_response_information", _BYTE, "Connect", _FLAG),
    _property(0x1A, "response_information", _TEXT, "ConnAck"),
    _property(0x1C, "server_reference", _TEXT, "ConnAck Disconnect"),
    _property(0x1F, "reason_string", _TEXT, f"ConnAck {_ACKNOWLEDGEMENTS} Disconnect Auth"),
    _property(0x21, "receive_maximum", _TWO_BYTES, "Connect ConnAck", range(1, 65_536)),
    _property(0x22, "topic_alias_maximum", _TWO_BYTES, "Connect ConnAck"),
    _property(0x23, "topic_alias", _TWO_BYTES, "Publish"),
    _property(0x24, "maximum_qos", _BYTE, "ConnAck", _FLAG),
    _property(0x25, "retain_available", _BYTE, "ConnAck", _FLAG),
    _property(
        0x26,
        "user_property",
        _PAIR,
        f"Connect ConnAck Publish Will Subscribe Unsubscribe {_ACKNOWLEDGEMENTS} Disconnect Auth",
    ),
    _property(0x27, "maximum_packet_size", _FOUR_BYTES, "Connect ConnAck", range(1, 4_294_967_296)),
    _property(0x28, "wildcard_subscription_available", _BYTE, "ConnAck", _FLAG),
    _property(0x29, "subscription_identifiers_available", _BYTE, "ConnAck", _FLAG),
    _property(0x2A, "shared_subscription_available", _BYTE, "ConnAck", _FLAG),
)
_BY_IDENTIFIER = {entry.identifier: entry for entry in PROPERTIES}
_BY_NAME = {entry.name: entry for entry in PROPERTIES}


def read_properties(reader: Reader, packet: str) -> Properties:
    """The properties at the front of `reader`, checked for the kind of packet that they stand in."""
    length = reader.variable_integer()
    if not length:
        return {}
    section = reader.section(length)
    found: Properties = {}
    while not section.at_end:
        entry = _BY_IDENTIFIER.get(section.variable_integer())
        if entry is None or packet not in entry.packets:
            raise malformed(f"a {packet} packet has a property that it cannot have")
        _add(found, entry, entry.kind.read(section), packet)
    return found


def _add(found: Properties, entry: Property, value: Any, packet: str) -> None:
    if entry.kind is _PAIR:
        found.setdefault(entry.name, []).append(value)
        return
    if entry.values is not None and value not in entry.values:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"{entry.name} cannot be {value}")
    if entry.name in found:
        raise ProtocolError(Reason.PROTOCOL_ERROR, f"{entry.name} is given twice in a {packet} packet")
    found[entry.name] = value


def write_properties(properties: Properties) -> bytes:
    if not properties:
        return b"\0"
    parts: list[bytes] = []
    for name, value in properties.items():
        entry = _BY_NAME[name]
        items = value if entry.kind is _PAIR else (value,)
        parts.extend(bytes((entry.identifier,)) + entry.kind.write(item) for item in items)
    encoded = b"".join(parts)
    return write_variable_integer(len(encoded)) + encoded
