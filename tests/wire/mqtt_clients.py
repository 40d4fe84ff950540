"""MQTT clients for tests: paho-mqtt as people use it, and a bare socket that says exactly what it is told to."""

from __future__ import annotations

import itertools
import queue
import socket
import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from headwater.languages.mqtt import Decoder, encode
from headwater.languages.mqtt.packets import ConnAck, Connect, Packet

V3, V5 = paho.MQTTv311, paho.MQTTv5
WAIT = 60.0
_names = itertools.count(1)


def unique(prefix: str = "t") -> str:
    """A name that no other test uses."""
    return f"{prefix}{next(_names)}"


class Device:
    """A paho client whose callbacks are a queue."""

    def __init__(
        self,
        port: int,
        client_id: str | None = None,
        version: int = V3,
        websocket: bool = False,
        path: str = "/mqtt",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.id = unique("device") if client_id is None else client_id
        self.version = version
        self.port = port
        self.connections: queue.Queue[Any] = queue.Queue()
        self.messages: queue.Queue[paho.MQTTMessage] = queue.Queue()
        self.acknowledged: queue.Queue[Any] = queue.Queue()
        self.disconnections: queue.Queue[Any] = queue.Queue()
        settings: dict[str, Any] = {"clean_session": True} if version == V3 else {}
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.id,
            protocol=version,
            transport="websockets" if websocket else "tcp",
            **settings,
        )
        if websocket:
            self.paho.ws_set_options(path=path)
        if tls is not None:
            self.paho.tls_set_context(tls)
        self.paho.on_connect = lambda client, data, flags, reason, properties: self.connections.put(
            (flags.session_present, reason, properties)
        )
        self.paho.on_message = lambda client, data, message: self.messages.put(message)
        self.paho.on_subscribe = lambda client, data, mid, reasons, properties: self.acknowledged.put(reasons)
        self.paho.on_unsubscribe = lambda client, data, mid, reasons, properties: self.acknowledged.put(reasons)
        self.paho.on_publish = lambda client, data, mid, reason, properties: self.acknowledged.put(reason)
        self.paho.on_disconnect = lambda client, data, flags, reason, properties: self.disconnections.put(reason)

    def connect(self, clean: bool = True, expiry: int | None = None) -> tuple[bool, Any, Any]:
        """(session present, reason, properties)"""
        if self.version == V5:
            properties = Properties(PacketTypes.CONNECT)
            if expiry is not None:
                properties.SessionExpiryInterval = expiry
            self.paho.connect("127.0.0.1", self.port, clean_start=clean, properties=properties)
        else:
            self.paho._clean_session = clean
            self.paho.connect("127.0.0.1", self.port)
        self.paho.loop_start()
        answer: tuple[bool, Any, Any] = self.connections.get(timeout=WAIT)
        return answer

    def subscribe(self, topic: str, qos: int = 0, **options: Any) -> list[int]:
        """The reason codes of the SUBACK."""
        if self.version == V5:
            self.paho.subscribe(topic, options=SubscribeOptions(qos=qos, **options))
        else:
            self.paho.subscribe(topic, qos)
        return [reason.value for reason in self.acknowledged.get(timeout=WAIT)]

    def publish(self, topic: str, payload: bytes | str, qos: int = 1, retain: bool = False, **properties: Any) -> Any:
        """The reason of the PUBACK; None at QoS 0."""
        told = None
        if properties:
            told = Properties(PacketTypes.PUBLISH)
            for name, value in properties.items():
                setattr(told, name, value)
        self.paho.publish(topic, payload, qos, retain, properties=told)
        return self.acknowledged.get(timeout=WAIT)

    def next(self) -> paho.MQTTMessage:
        return self.messages.get(timeout=WAIT)

    def drop(self) -> None:
        """Lose the connection without a word."""
        self.paho.loop_stop()
        sock = self.paho.socket()
        if sock is not None:
            sock.close()

    def disconnect(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def __enter__(self) -> Device:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()


class Bare:
    """A socket and our own codec."""

    def __init__(self, port: int, version: int = 4) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT)
        self.version = version
        self._decoder = Decoder(version)
        self._packets: Iterator[Packet] = iter(())

    def connect(self, client_id: str = "", **fields: Any) -> ConnAck:
        self.send(Connect(client_id or unique("bare"), self.version, **fields))
        answer = self.next()
        assert isinstance(answer, ConnAck)
        return answer

    def send(self, *packets: Packet) -> None:
        self.send_bytes(b"".join(encode(packet, self.version) for packet in packets))

    def send_bytes(self, data: bytes) -> None:
        self.socket.sendall(data)

    def next(self) -> Packet | None:
        """The next packet; None once the server has closed."""
        while True:
            for packet in self._packets:
                return packet
            try:
                data = self.socket.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self._packets = self._decoder.feed(data)

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()
