"""The broker's side of one connection, without its socket: bytes in, checked packets out.

AWAITING_CONNECT --CONNECT--> CONNECTING --accept()--> CONNECTED --DISCONNECT--> CLOSED
                                    `-------- any ProtocolError, refuse() ---------^
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from headwater.languages.mqtt.decoding import Decoder
from headwater.languages.mqtt.encoding import encode
from headwater.languages.mqtt.limits import AWS_LIMITS, Limits
from headwater.languages.mqtt.packets import (
    VERSION_5,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    Properties,
    PubAck,
    Publish,
    Subscribe,
    Unsubscribe,
    Will,
)
from headwater.languages.mqtt.reasons import ProtocolError, Reason
from headwater.languages.mqtt.topics import SHARE_PREFIX, topic_problem


class State(Enum):
    AWAITING_CONNECT = auto()
    CONNECTING = auto()
    CONNECTED = auto()
    CLOSED = auto()


class Connection:
    """Checks order, topic aliases and AWS IoT's limits, so that a broker sees only what it may act on.

    `receive` raises `ProtocolError`; `refuse` gives the bytes to tell the peer before the socket closes.
    """

    def __init__(self, limits: Limits = AWS_LIMITS) -> None:
        self.state = State.AWAITING_CONNECT
        self.limits = limits
        self._decoder = Decoder(maximum_size=limits.packet_bytes)
        self._aliases: dict[int, str] = {}

    @property
    def version(self) -> int:
        """4 (MQTT 3.1.1, also while unknown) or 5."""
        return self._decoder.version

    def receive(self, data: bytes) -> Iterator[Packet]:
        """Take bytes in; gives the packets that they complete, decoded and checked one by one as asked for.

        What is not asked for stays for the next call: between CONNECT and `accept` no more should be.
        """
        return self._checked(self._decoder.feed(data))

    def _checked(self, packets: Iterator[Packet]) -> Iterator[Packet]:
        for packet in packets:
            self._check(packet)
            yield packet

    def accept(self, session_present: bool, properties: Properties) -> bytes:
        """CONNACK with what this broker can do; `properties` is what only the caller knows."""
        self.state = State.CONNECTED
        limits = self.limits
        capabilities = {
            "receive_maximum": limits.inflight,
            "maximum_qos": 1,
            "retain_available": 1,
            "maximum_packet_size": limits.packet_bytes,
            "topic_alias_maximum": limits.topic_aliases,
            "wildcard_subscription_available": 1,
            "subscription_identifiers_available": 0,
            "shared_subscription_available": 1,
        }
        return self.encode(ConnAck(session_present, Reason.SUCCESS, capabilities | properties))

    def refuse(self, reason: int, explanation: str | None = None) -> bytes:
        """The last words: CONNACK before the connection was accepted, else DISCONNECT (MQTT 5) or nothing."""
        state, self.state = self.state, State.CLOSED
        properties: Properties = {"reason_string": explanation} if explanation else {}
        if state is State.AWAITING_CONNECT and reason not in _CONNACK_REASONS:
            return b""  # it never said that it speaks MQTT
        if state in (State.AWAITING_CONNECT, State.CONNECTING):
            return self.encode(ConnAck(False, reason, properties))
        if state is State.CONNECTED and self.version == VERSION_5:
            return self.encode(Disconnect(reason, properties))
        return b""

    def encode(self, packet: Packet) -> bytes:
        return encode(packet, self.version)

    def _check(self, packet: Packet) -> None:
        if isinstance(packet, Connect):
            if self.state is not State.AWAITING_CONNECT:
                raise ProtocolError(Reason.PROTOCOL_ERROR, "a second CONNECT")
            self.state = State.CONNECTING
            self._check_connect(packet)
        elif self.state is State.AWAITING_CONNECT:
            raise ProtocolError(Reason.PROTOCOL_ERROR, "the first packet is not CONNECT")
        elif isinstance(packet, Publish):
            self._check_publish(packet)
        elif isinstance(packet, Subscribe):
            self._check_subscribe(packet)
        elif isinstance(packet, Disconnect):
            self.state = State.CLOSED
        elif not isinstance(packet, (PubAck, PingReq, Unsubscribe)):
            raise ProtocolError(Reason.PROTOCOL_ERROR, f"a client cannot send {type(packet).__name__.upper()} here")

    def _check_connect(self, packet: Connect) -> None:
        if len(packet.client_id.encode()) > self.limits.client_id_bytes:
            raise ProtocolError(
                Reason.CLIENT_IDENTIFIER_NOT_VALID,
                f"more than {self.limits.client_id_bytes} bytes of client id",
            )
        if not packet.client_id and not packet.clean_start and packet.version != VERSION_5:
            raise ProtocolError(Reason.CLIENT_IDENTIFIER_NOT_VALID, "a persistent session needs a client id")
        if "authentication_method" in packet.properties:
            raise ProtocolError(Reason.BAD_AUTHENTICATION_METHOD, "enhanced authentication is not supported")
        if packet.will is not None:
            self._check_message(packet.will)

    def _check_publish(self, packet: Publish) -> None:
        if (alias := packet.properties.pop("topic_alias", None)) is not None:
            self._resolve_alias(packet, alias)
        if "subscription_identifier" in packet.properties:
            raise ProtocolError(Reason.PROTOCOL_ERROR, "a client's PUBLISH has a subscription identifier")
        self._check_message(packet)

    def _resolve_alias(self, packet: Publish, alias: int) -> None:
        if not 0 < alias <= self.limits.topic_aliases:
            raise ProtocolError(Reason.TOPIC_ALIAS_INVALID, f"{alias} is no topic alias")
        if packet.topic:
            self._aliases[alias] = packet.topic
        elif alias in self._aliases:
            packet.topic = self._aliases[alias]
        else:
            raise ProtocolError(Reason.PROTOCOL_ERROR, f"topic alias {alias} stands for nothing yet")

    def _check_message(self, message: Publish | Will) -> None:
        if message.qos > 1:
            raise ProtocolError(Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")
        if len(message.payload) > self.limits.payload_bytes:
            raise ProtocolError(Reason.PACKET_TOO_LARGE, f"more than {self.limits.payload_bytes} bytes of payload")
        if problem := topic_problem(message.topic, self.limits):
            raise ProtocolError(Reason.TOPIC_NAME_INVALID, problem)

    def _check_subscribe(self, packet: Subscribe) -> None:
        if "subscription_identifier" in packet.properties:
            raise ProtocolError(
                Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED, "subscription identifiers are not supported"
            )
        if len(packet.subscriptions) > self.limits.subscriptions_per_request:
            raise ProtocolError(
                Reason.QUOTA_EXCEEDED, f"more than {self.limits.subscriptions_per_request} topic filters"
            )
        for item in packet.subscriptions:
            if item.qos > 1:
                raise ProtocolError(Reason.QOS_NOT_SUPPORTED, "QoS 2 is not supported")
            if item.no_local and item.filter.startswith(SHARE_PREFIX):
                raise ProtocolError(Reason.PROTOCOL_ERROR, "no local on a shared subscription")


# What a peer may be told whose CONNECT could not be read to its end.
_CONNACK_REASONS = frozenset((Reason.UNSUPPORTED_PROTOCOL_VERSION, Reason.SERVER_UNAVAILABLE, Reason.SERVER_BUSY))
