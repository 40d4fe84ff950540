"""Bytes to packets. Whatever the bytes, the outcome is packets or a `ProtocolError`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from headwater.languages.mqtt.packets import (
    VERSION_3,
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
    Subscription,
    UnsubAck,
    Unsubscribe,
    Will,
)
from headwater.languages.mqtt.properties import read_properties
from headwater.languages.mqtt.reasons import ProtocolError, Reason
from headwater.languages.mqtt.wire import MAXIMUM_VARIABLE_INTEGER, Reader, malformed, text_of

_PUBLISH = 3


class Decoder:
    """Cuts a stream of bytes, however it is chopped, into packets.

    `version` is 4 (MQTT 3.1.1) or 5; a CONNECT that passes sets it, so a server need not know it beforehand.
    After a `ProtocolError` the stream has lost its place and the connection must end.
    """

    def __init__(self, version: int = VERSION_3, maximum_size: int = MAXIMUM_VARIABLE_INTEGER) -> None:
        self.version = version
        self._maximum_size = maximum_size
        self._buffer = bytearray()
        self._wanted = 2

    def feed(self, data: bytes) -> Iterator[Packet]:
        """The packets that `data` completes, decoded one by one as they are asked for."""
        self._buffer += data
        return self._packets()

    def _packets(self) -> Iterator[Packet]:
        buffer = self._buffer
        while len(buffer) >= self._wanted:
            header = _remaining_length(buffer)
            if header is None:
                return
            start, length = header
            if start + length > self._maximum_size:
                raise ProtocolError(Reason.PACKET_TOO_LARGE, f"a packet has more than {self._maximum_size} bytes")
            if len(buffer) < start + length:
                self._wanted = start + length
                return
            first, body = buffer[0], bytes(buffer[start : start + length])
            del buffer[: start + length]
            self._wanted = 2
            yield self._decode(first >> 4, first & 0x0F, body)

    def _decode(self, kind: int, flags: int, body: bytes) -> Packet:
        if kind == _PUBLISH:
            return _publish(flags, body, self.version)
        expected, decode = _DECODERS.get(kind, (0, None))
        if decode is None:
            raise malformed(f"{kind} is no packet type")
        if flags != expected:
            raise malformed("reserved flags of a packet are wrong")
        reader = Reader(body)
        if kind == 1:
            packet: Packet = self._connect(reader)
        else:
            packet = decode(reader, self.version)
        if not reader.at_end:
            raise malformed("a packet is longer than its content")
        return packet

    def _connect(self, reader: Reader) -> Connect:
        name, level = reader.binary(), reader.byte()
        if name != b"MQTT":
            raise ProtocolError(Reason.UNSUPPORTED_PROTOCOL_VERSION, "the protocol name is not MQTT")
        if level not in (VERSION_3, VERSION_5):
            raise ProtocolError(Reason.UNSUPPORTED_PROTOCOL_VERSION, f"protocol level {level} is not supported")
        self.version = level
        return _connect(reader, level)


def _remaining_length(buffer: bytearray) -> tuple[int, int] | None:
    """Where the body starts and how long it is; None while the length itself is incomplete."""
    length = 0
    for index in range(1, min(len(buffer), 5)):
        byte = buffer[index]
        length |= (byte & 0x7F) << (7 * (index - 1))
        if byte < 0x80:
            return index + 1, length
    if len(buffer) >= 5:
        raise malformed("the remaining length is longer than four bytes")
    return None


def _connect(reader: Reader, version: int) -> Connect:
    flags = reader.byte()
    has_will, will_qos, will_retain = flags & 0x04, flags >> 3 & 3, bool(flags & 0x20)
    if flags & 0x01:
        raise malformed("the reserved flag of CONNECT is set")
    if will_qos == 3 or (not has_will and (will_qos or will_retain)):
        raise malformed("the will flags of CONNECT contradict each other")
    if flags & 0x40 and not flags & 0x80 and version == VERSION_3:
        raise malformed("CONNECT has a password without a user name")
    keep_alive = reader.two_bytes()
    properties = read_properties(reader, "Connect") if version == VERSION_5 else {}
    client_id = reader.text()
    will = None
    if has_will:
        will_properties = read_properties(reader, "Will") if version == VERSION_5 else {}
        will = Will(reader.text(), reader.binary(), will_qos, will_retain, will_properties)
    username = reader.text() if flags & 0x80 else None
    password = reader.binary() if flags & 0x40 else None
    return Connect(client_id, version, bool(flags & 0x02), keep_alive, username, password, will, properties)


def _connack(reader: Reader, version: int) -> ConnAck:
    flags, reason = reader.byte(), reader.byte()
    if flags > 1:
        raise malformed("the reserved flags of CONNACK are set")
    return ConnAck(bool(flags), reason, read_properties(reader, "ConnAck") if version == VERSION_5 else {})


def _publish(flags: int, body: bytes, version: int) -> Publish:
    qos = flags >> 1 & 3
    if qos == 3:
        raise malformed("a PUBLISH asks for QoS 3")
    if not qos and flags & 0x08:
        raise malformed("a PUBLISH of QoS 0 is marked as a duplicate")
    position = 2 + (body[0] << 8 | body[1]) if len(body) >= 2 else len(body) + 1
    if position > len(body):
        raise malformed("the packet ends inside a field")
    topic = text_of(body[2:position])
    packet_id = 0
    properties = {}
    if qos or version == VERSION_5:
        reader = Reader(body, position)
        if qos:
            packet_id = _packet_id(reader)
        if version == VERSION_5:
            properties = read_properties(reader, "Publish")
        payload = reader.rest()
    else:
        payload = body[position:]
    return Publish(topic, payload, qos, bool(flags & 1), bool(flags & 8), packet_id, properties)


def _packet_id(reader: Reader) -> int:
    packet_id = reader.two_bytes()
    if not packet_id:
        raise malformed("a packet identifier is zero")
    return packet_id


def _acknowledgement(kind: type[Acknowledgement]) -> Callable[[Reader, int], Packet]:
    name = kind.__name__

    def decode(reader: Reader, version: int) -> Packet:
        packet_id = _packet_id(reader)
        if version != VERSION_5 or reader.at_end:
            return kind(packet_id)
        reason = reader.byte()
        return kind(packet_id, reason, {} if reader.at_end else read_properties(reader, name))

    return decode


def _subscribe(reader: Reader, version: int) -> Subscribe:
    packet_id = _packet_id(reader)
    properties = read_properties(reader, "Subscribe") if version == VERSION_5 else {}
    subscriptions = []
    while not reader.at_end:
        subscriptions.append(_subscription(reader.text(), reader.byte(), version))
    if not subscriptions:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "a SUBSCRIBE has no topic filter")
    return Subscribe(packet_id, subscriptions, properties)


def _subscription(topic_filter: str, options: int, version: int) -> Subscription:
    reserved = 0xC0 if version == VERSION_5 else 0xFC
    qos, retain_handling = options & 3, options >> 4 & 3
    if options & reserved or qos == 3 or retain_handling == 3:
        raise malformed("the options of a subscription are not valid")
    return Subscription(topic_filter, qos, bool(options & 4), bool(options & 8), retain_handling)


def _suback(reader: Reader, version: int) -> SubAck:
    packet_id = _packet_id(reader)
    properties = read_properties(reader, "SubAck") if version == VERSION_5 else {}
    return SubAck(packet_id, list(reader.rest()), properties)


def _unsubscribe(reader: Reader, version: int) -> Unsubscribe:
    packet_id = _packet_id(reader)
    properties = read_properties(reader, "Unsubscribe") if version == VERSION_5 else {}
    filters = []
    while not reader.at_end:
        filters.append(reader.text())
    if not filters:
        raise ProtocolError(Reason.PROTOCOL_ERROR, "an UNSUBSCRIBE has no topic filter")
    return Unsubscribe(packet_id, filters, properties)


def _unsuback(reader: Reader, version: int) -> UnsubAck:
    packet_id = _packet_id(reader)
    if version != VERSION_5:
        return UnsubAck(packet_id)
    properties = read_properties(reader, "UnsubAck")
    return UnsubAck(packet_id, list(reader.rest()), properties)


def _disconnect(reader: Reader, version: int) -> Disconnect:
    if version != VERSION_5 or reader.at_end:
        return Disconnect()
    reason = reader.byte()
    return Disconnect(reason, {} if reader.at_end else read_properties(reader, "Disconnect"))


def _auth(reader: Reader, version: int) -> Auth:
    if version != VERSION_5:
        raise malformed("AUTH is no packet of MQTT 3.1.1")
    if reader.at_end:
        return Auth()
    reason = reader.byte()
    return Auth(reason, {} if reader.at_end else read_properties(reader, "Auth"))


# Packet type to the flags that its first byte must have and its decoder; PUBLISH has flags of its own.
_DECODERS: dict[int, tuple[int, Callable[[Reader, int], Packet]]] = {
    1: (0, _connect),
    2: (0, _connack),
    4: (0, _acknowledgement(PubAck)),
    5: (0, _acknowledgement(PubRec)),
    6: (2, _acknowledgement(PubRel)),
    7: (0, _acknowledgement(PubComp)),
    8: (2, _subscribe),
    9: (0, _suback),
    10: (2, _unsubscribe),
    11: (0, _unsuback),
    12: (0, lambda reader, version: PingReq()),
    13: (0, lambda reader, version: PingResp()),
    14: (0, _disconnect),
    15: (0, _auth),
}
