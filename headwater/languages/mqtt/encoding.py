"""Packets to bytes. A value that the wire cannot hold is a `ValueError`: the caller's mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.languages.mqtt.packets import (
    PACKET_TYPES,
    VERSION_5,
    Acknowledgement,
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
)
from headwater.languages.mqtt.properties import write_properties
from headwater.languages.mqtt.reasons import connack_return_code
from headwater.languages.mqtt.wire import write_binary, write_text, write_variable_integer


def encode(packet: Packet, version: int) -> bytes:
    """The bytes of `packet` in MQTT 3.1.1 (`version` 4, which drops properties) or 5."""
    if isinstance(packet, Publish):
        return encode_publish(packet, version)
    flags, body = _ENCODERS[type(packet)](packet, version)
    return bytes((_NUMBERS[type(packet)] << 4 | flags,)) + write_variable_integer(len(body)) + body


def encode_publish(packet: Publish, version: int) -> bytes:
    """`encode` for the packet that is sent most."""
    flags = packet.qos << 1 | packet.retain | packet.duplicate << 3
    parts = [write_text(packet.topic)]
    if packet.qos:
        parts.append(packet.packet_id.to_bytes(2, "big"))
    if version == VERSION_5:
        parts.append(write_properties(packet.properties))
    parts.append(packet.payload)
    length = sum(map(len, parts))
    return b"".join((bytes((0x30 | flags,)), write_variable_integer(length), *parts))


def _connect(packet: Connect, version: int) -> tuple[int, bytes]:
    will = packet.will
    flags = packet.clean_start << 1 | (packet.username is not None) << 7 | (packet.password is not None) << 6
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
    parts = [write_binary(b"MQTT"), bytes((version, flags)), packet.keep_alive.to_bytes(2, "big")]
    if version == VERSION_5:
        parts.append(write_properties(packet.properties))
    parts.append(write_text(packet.client_id))
    if will is not None:
        if version == VERSION_5:
            parts.append(write_properties(will.properties))
        parts += write_text(will.topic), write_binary(will.payload)
    if packet.username is not None:
        parts.append(write_text(packet.username))
    if packet.password is not None:
        parts.append(write_binary(packet.password))
    return 0, b"".join(parts)


def _connack(packet: ConnAck, version: int) -> tuple[int, bytes]:
    if version == VERSION_5:
        return 0, bytes((packet.session_present, packet.reason)) + write_properties(packet.properties)
    return 0, bytes((packet.session_present, connack_return_code(packet.reason)))


def _acknowledgement(packet: Acknowledgement, version: int) -> tuple[int, bytes]:
    flags = 2 if isinstance(packet, PubRel) else 0
    identifier = packet.packet_id.to_bytes(2, "big")
    return flags, identifier + _reason_and_properties(packet, version)


def _reason_and_properties(packet: Acknowledgement | Disconnect | Auth, version: int) -> bytes:
    """The tail that MQTT 5 lets a sender leave out while it says nothing."""
    if version != VERSION_5 or not (packet.reason or packet.properties):
        return b""
    return bytes((packet.reason,)) + (write_properties(packet.properties) if packet.properties else b"")


def _subscribe(packet: Subscribe, version: int) -> tuple[int, bytes]:
    parts = [packet.packet_id.to_bytes(2, "big")]
    if version == VERSION_5:
        parts.append(write_properties(packet.properties))
    for item in packet.subscriptions:
        options = item.qos
        if version == VERSION_5:
            options |= item.no_local << 2 | item.retain_as_published << 3 | item.retain_handling << 4
        parts += write_text(item.filter), bytes((options,))
    return 2, b"".join(parts)


def _suback(packet: SubAck, version: int) -> tuple[int, bytes]:
    identifier = packet.packet_id.to_bytes(2, "big")
    if version == VERSION_5:
        return 0, identifier + write_properties(packet.properties) + bytes(packet.reasons)
    return 0, identifier + bytes(min(reason, 0x80) for reason in packet.reasons)


def _unsubscribe(packet: Unsubscribe, version: int) -> tuple[int, bytes]:
    parts = [packet.packet_id.to_bytes(2, "big")]
    if version == VERSION_5:
        parts.append(write_properties(packet.properties))
    parts += map(write_text, packet.filters)
    return 2, b"".join(parts)


def _unsuback(packet: UnsubAck, version: int) -> tuple[int, bytes]:
    identifier = packet.packet_id.to_bytes(2, "big")
    if version == VERSION_5:
        return 0, identifier + write_properties(packet.properties) + bytes(packet.reasons)
    return 0, identifier


def _empty(packet: PingReq | PingResp, version: int) -> tuple[int, bytes]:
    return 0, b""


def _reason_only(packet: Disconnect | Auth, version: int) -> tuple[int, bytes]:
    return 0, _reason_and_properties(packet, version)


_NUMBERS = {kind: number for number, kind in enumerate(PACKET_TYPES, start=1)}
_ENCODERS: dict[type[Packet], Callable[[Any, int], tuple[int, bytes]]] = {
    Connect: _connect,
    ConnAck: _connack,
    PubAck: _acknowledgement,
    PubRec: _acknowledgement,
    PubRel: _acknowledgement,
    PubComp: _acknowledgement,
    Subscribe: _subscribe,
    SubAck: _suback,
    Unsubscribe: _unsubscribe,
    UnsubAck: _unsuback,
    PingReq: _empty,
    PingResp: _empty,
    Disconnect: _reason_only,
    Auth: _reason_only,
}
