"""Messages on their way to one client: QoS 0 while it keeps up, QoS 1 within its window, the rest when there is room.

QoS 1 of a session that ends with its connection waits here; that of a persistent session waits in the service's
inbox and is read from there, so that the two never mix.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from headwater.gateway.streams import Stream
from headwater.languages.mqtt import Connection
from headwater.languages.mqtt.encoding import encode_publish
from headwater.languages.mqtt.inflight import Inflight
from headwater.languages.mqtt.packets import VERSION_5, Connect, Publish
from headwater.languages.mqtt.pushes import Receiver

_MOST_UNSENT = 4 * 1024 * 1024  # bytes; what a client does not read at QoS 0 past this is lost to it
_MOST_WAITING = 10_000  # messages at QoS 1
Fetch = Callable[[int, int, Callable[[list[dict[str, Any]]], None]], None]
Encoded = dict[tuple[int, bool], bytes]
"""The bytes of one message at QoS 0 by version and RETAIN flag, made once for all who get it."""


class Outgoing:
    """`fetch(after, limit, reply)` reads the inbox past the row `after`."""

    def __init__(self, stream: Stream, connection: Connection, asked: Connect, fetch: Fetch) -> None:
        self._stream = stream
        self._version = connection.version
        self._fetch = fetch
        self._window = min(asked.properties.get("receive_maximum", 0xFFFF), connection.limits.inflight)
        self._inflight: Inflight[int] = Inflight(self._window)
        self._largest: int = asked.properties.get("maximum_packet_size", 1 << 32)
        self._waiting: deque[tuple[Publish, bool]] = deque()
        self._last = 0  # the last row of the inbox that was sent
        self._behind = False  # there may be rows past it
        self._fetching = False

    def push(self, packet: Publish, receiver: Receiver, encoded: Encoded) -> None:
        if not receiver.qos:
            self._push_unacknowledged(packet, receiver.retain, encoded)
        elif receiver.queued:
            if self._behind or self._fetching or not self._inflight.room:
                self.look()
            else:
                self._send(packet, receiver.retain, receiver.queued)
                self._last = receiver.queued
        elif self._inflight.room:
            self._send(packet, receiver.retain, 0)
        elif len(self._waiting) < _MOST_WAITING:
            self._waiting.append((packet, receiver.retain))

    def acknowledged(self, packet_id: int) -> int:
        """A PUBACK: gives the row that has arrived, 0 where there is none."""
        queued = self._inflight.acknowledge(packet_id)
        while self._waiting and self._inflight.room:
            self._send(*self._waiting.popleft(), 0)
        if self._behind and not self._fetching and self._inflight.room * 2 >= self._window:
            self.look()
        return queued or 0

    def look(self) -> None:
        """See what the inbox holds, as far as the window has room."""
        self._behind = True
        room = self._inflight.room
        if not self._fetching and room:
            self._fetching = True
            self._behind = False  # unless a push comes before the answer
            self._fetch(self._last, room, lambda messages: self._found(messages, room))

    def _found(self, messages: list[dict[str, Any]], asked: int) -> None:
        self._fetching = False
        for message in messages:
            packet = Publish(message["Topic"], message["Payload"], properties=message["Properties"])
            self._send(packet, message["Retain"], message["Id"])
            self._last = message["Id"]
        if self._behind or len(messages) == asked:
            self.look()

    def _push_unacknowledged(self, packet: Publish, retain: bool, encoded: Encoded) -> None:
        if self._stream.unsent() > _MOST_UNSENT:
            return
        key = (self._version, retain)
        data = encoded.get(key)
        if data is None:
            sent = Publish(packet.topic, packet.payload, 0, retain, properties=packet.properties)
            data = encoded[key] = encode_publish(sent, self._version)
        if len(data) <= self._largest:
            self._stream.write(data)

    def _send(self, packet: Publish, retain: bool, queued: int) -> None:
        sent = Publish(packet.topic, packet.payload, 1, retain, properties=packet.properties)
        sent.packet_id = self._inflight.send(queued)
        data = encode_publish(sent, self._version)
        if self._version == VERSION_5 and len(data) > self._largest:
            self._inflight.acknowledge(sent.packet_id)  # as if it had been sent (MQTT 5, section 3.1.2.11.4)
            return
        self._stream.write(data)
