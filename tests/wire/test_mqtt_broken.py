"""What no client should send: the server says so as MQTT has it, closes, and stays up."""

from __future__ import annotations

import base64
import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.mqtt import Reason, encode
from headwater.languages.mqtt.packets import (
    ConnAck,
    Connect,
    Disconnect,
    PingReq,
    PingResp,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
)
from tests.server import ServerThread
from tests.wire.mqtt_clients import Bare, unique


@pytest.fixture
def mqtt_port(server: ServerThread) -> int:
    return server.cloud.mqtt.port


def is_up(port: int) -> bool:
    with Bare(port) as bare:
        bare.connect()
        bare.send(PingReq())
        return bare.next() == PingResp()


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=200))
def test_noise_before_connect(mqtt_port: int, noise: bytes) -> None:
    with Bare(mqtt_port) as bare:
        bare.send_bytes(noise)
        bare.socket.shutdown(socket.SHUT_WR)
        while (packet := bare.next()) is not None:
            assert isinstance(packet, ConnAck)
    assert is_up(mqtt_port)


@settings(max_examples=40)
@given(st.binary(min_size=1, max_size=200))
def test_noise_after_connect(mqtt_port: int, noise: bytes) -> None:
    with Bare(mqtt_port, 5) as bare:
        bare.connect()
        bare.send_bytes(noise)
        bare.socket.shutdown(socket.SHUT_WR)
        while bare.next() is not None:
            pass
    assert is_up(mqtt_port)


@pytest.mark.parametrize(
    ("version", "packet", "expected"),
    [
        (5, Publish("t", b"", qos=2, packet_id=1), Reason.QOS_NOT_SUPPORTED),
        (5, Publish("a/#", b""), Reason.TOPIC_NAME_INVALID),
        (5, Publish("$aws/things/x", b""), Reason.NOT_AUTHORIZED),
        (5, Subscribe(1, [Subscription("t", 2)]), Reason.QOS_NOT_SUPPORTED),
        (5, Subscribe(1, [Subscription("t")] * 9), Reason.QUOTA_EXCEEDED),
        (5, Connect("again", 5), Reason.PROTOCOL_ERROR),
        (4, Publish("t", b"", qos=2, packet_id=1), None),
        (4, Subscribe(1, [Subscription("t", 2)]), None),
        (4, Publish("$SYS/x", b""), None),
    ],
)
def test_what_ends_a_connection(
    mqtt_port: int, version: int, packet: Publish | Subscribe | Connect, expected: Reason | None
) -> None:
    with Bare(mqtt_port, version) as bare:
        bare.connect()
        bare.send(packet)
        if expected is not None:
            last = bare.next()
            assert isinstance(last, Disconnect) and last.reason == expected
        assert bare.next() is None


@pytest.mark.parametrize("version", [4, 5])
def test_an_invalid_filter_is_refused_alone(mqtt_port: int, version: int) -> None:
    with Bare(mqtt_port, version) as bare:
        bare.connect()
        bare.send(Subscribe(1, [Subscription("a/#/b"), Subscription("fine", 1)]))
        expected = Reason.TOPIC_FILTER_INVALID if version == 5 else 0x80
        assert bare.next() == SubAck(1, [expected, 1])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x01a", 1),  # MQTT 3.1
        (b"\x10\x0d\x00\x04MQTT\x06\x02\x00\x3c\x00\x01a", 1),
        (encode(Connect("x" * 129), 4), 2),
        (encode(Connect("", clean_start=False), 4), 2),
    ],
)
def test_connects_of_version_3_that_are_refused(mqtt_port: int, data: bytes, code: int) -> None:
    with Bare(mqtt_port) as bare:
        bare.send_bytes(data)
        assert bare.next() == ConnAck(False, code)
        assert bare.next() is None


def test_packets_that_came_before_a_broken_one_count(mqtt_port: int) -> None:
    topic = unique("counted")
    with Bare(mqtt_port) as watcher, Bare(mqtt_port) as bare:
        watcher.connect()
        watcher.send(Subscribe(1, [Subscription(topic)]))
        watcher.next()
        bare.connect()
        bare.send_bytes(encode(Publish(topic, b"yes"), 4) + b"\x00\x00")
        assert watcher.next() == Publish(topic, b"yes")
        assert bare.next() is None


def test_packets_may_follow_connect_at_once(mqtt_port: int) -> None:
    topic = unique("eager")
    with Bare(mqtt_port) as bare:
        packets = [Connect(unique("eager")), Subscribe(1, [Subscription(topic)]), Publish(topic, b"x"), PingReq()]
        bare.send(*packets)
        received = [bare.next() for _ in range(4)]
        assert {type(packet) for packet in received} == {ConnAck, SubAck, Publish, PingResp}
        assert isinstance(received[0], ConnAck)


def test_packets_may_come_byte_by_byte(mqtt_port: int) -> None:
    with Bare(mqtt_port) as bare:
        bare.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in encode(Connect(unique("slow")), 4) + encode(PingReq(), 4):
            bare.send_bytes(bytes((byte,)))
        assert isinstance(bare.next(), ConnAck)
        assert bare.next() == PingResp()


class WebSocketClient:
    """Frames by hand, so that they can be cut as no library would."""

    def __init__(self, endpoint: str, headers: str = "", protocol: str = "mqtt") -> None:
        host, port = endpoint.rpartition("/")[2].split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET /mqtt HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {protocol}\r\n{headers}\r\n".encode()
        )
        self.buffer = b""
        self.head = self._until(b"\r\n\r\n")

    def _until(self, end: bytes) -> bytes:
        while end not in self.buffer:
            data = self.socket.recv(4096)
            if not data:
                break
            self.buffer += data
        head, _, self.buffer = self.buffer.partition(end)
        return head

    def send(self, payload: bytes, opcode: int = 2, final: bool = True) -> None:
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        length = bytes((0x80 | len(payload),)) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2, "big")
        self.socket.sendall(bytes((opcode | (0x80 if final else 0),)) + length + mask + masked)

    def frame(self) -> tuple[int, bytes]:
        """(opcode, payload) of the next frame; (-1, b"") once the server has closed."""
        while len(self.buffer) < 2 or len(self.buffer) < 2 + self.buffer[1]:
            data = self.socket.recv(4096)
            if not data:
                return -1, b""
            self.buffer += data
        length = self.buffer[1]
        opcode, payload = self.buffer[0] & 0x0F, self.buffer[2 : 2 + length]
        self.buffer = self.buffer[2 + length :]
        return opcode, payload

    def __enter__(self) -> WebSocketClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


CONNECT = encode(Connect("framed"), 4)
PING = encode(PingReq(), 4)


def test_packets_and_frames_need_not_meet(endpoint: str) -> None:
    with WebSocketClient(endpoint) as client:
        assert b"101" in client.head and b"sec-websocket-protocol: mqtt" in client.head.lower()
        client.send(CONNECT[:5])  # a packet in two messages,
        client.send(CONNECT[5:9], final=False)  # the second of which is fragmented
        client.send(b"", opcode=9)  # with a ping between its fragments
        client.send(CONNECT[9:] + PING + PING, opcode=0)  # and more packets behind
        received = [client.frame() for _ in range(4)]
        assert (10, b"") in received
        assert [payload for opcode, payload in received if opcode == 2] == [
            encode(ConnAck(), 4),
            encode(PingResp(), 4),
            encode(PingResp(), 4),
        ]
        client.send((1000).to_bytes(2, "big"), opcode=8)
        assert client.frame() == (8, (1000).to_bytes(2, "big"))


def test_text_is_not_mqtt(endpoint: str) -> None:
    with WebSocketClient(endpoint) as client:
        client.send(b"hello", opcode=1)
        assert client.frame() == (8, (1003).to_bytes(2, "big"))
        assert client.frame()[0] == -1


def test_broken_frames_end_the_connection(endpoint: str, mqtt_port: int) -> None:
    with WebSocketClient(endpoint) as client:
        client.send(CONNECT, opcode=3)  # no such opcode
        assert client.frame()[0] in (8, -1)
    with WebSocketClient(endpoint) as client:
        client.socket.sendall(b"\x82\x01x")  # not masked
        assert client.frame()[0] in (8, -1)
    assert is_up(mqtt_port)


def test_handshakes_that_are_refused(endpoint: str) -> None:
    with WebSocketClient(endpoint, protocol="soap") as client:
        assert b" 400 " in client.head
    host, port = endpoint.rpartition("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        plain.sendall(b"GET /mqtt HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        assert b" 400 " in plain.recv(4096)
