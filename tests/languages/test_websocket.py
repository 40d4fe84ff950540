"""The server's side of WebSockets, judged by wsproto's client."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto import ConnectionType, WSConnection
from wsproto.connection import Connection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Message, Ping, Request, TextMessage

from headwater.languages.websocket import (
    CloseCode,
    Frame,
    FrameDecoder,
    Opcode,
    WebSocketError,
    accept,
    encode_close,
    encode_frame,
)

HEADERS = {
    "upgrade": "websocket",
    "connection": "Upgrade",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "soap, mqtt",
}


def test_the_handshake_of_the_specification() -> None:
    is_taken, response = accept("GET", HEADERS, ("mqtt",))
    assert is_taken
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in response
    assert b"Sec-WebSocket-Protocol: mqtt" in response


def test_wsproto_takes_the_handshake() -> None:
    client = WSConnection(ConnectionType.CLIENT)
    request = client.send(Request(host="x", target="/", subprotocols=["mqtt"])).decode()
    lines = [line.partition(": ") for line in request.split("\r\n")[1:] if line]
    _, response = accept("GET", {name.lower(): value for name, _, value in lines}, ("mqtt",))
    client.receive_data(response)
    (event,) = client.events()
    assert isinstance(event, AcceptConnection) and event.subprotocol == "mqtt"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"sec-websocket-version": "8"}, b"426"),
        ({"sec-websocket-key": "short"}, b"400"),
        ({"sec-websocket-key": ""}, b"400"),
        ({"upgrade": "h2c"}, b"400"),
        ({"sec-websocket-protocol": "soap"}, b"400"),
    ],
)
def test_handshakes_that_are_refused(changed: dict[str, str], status: bytes) -> None:
    is_taken, response = accept("GET", HEADERS | changed, ("mqtt",))
    assert not is_taken and response.split(b" ")[1] == status


sizes = st.lists(st.integers(0, 300) | st.sampled_from([125, 126]), min_size=1, max_size=4)


@given(st.lists(sizes, max_size=3), st.integers(1, 500))
def test_frames_arrive_however_they_are_cut(given_sizes: list[list[int]], cut: int) -> None:
    messages = [[os.urandom(size) for size in parts] for parts in given_sizes]
    client = Connection(ConnectionType.CLIENT)
    stream = b""
    for parts in messages:
        for index, part in enumerate(parts):
            stream += client.send(BytesMessage(part, message_finished=index == len(parts) - 1))
            stream += client.send(Ping(b"between"))
    decoder, received = FrameDecoder(), []
    for start in range(0, len(stream), cut):
        received += decoder.feed(stream[start : start + cut])
    expected = [part for parts in messages for part in parts]
    assert [frame.payload for frame in received if frame.opcode is Opcode.BINARY] == expected
    assert received.count(Frame(Opcode.PING, b"between")) == len(expected)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_of_all_sizes_both_ways(size: int) -> None:
    payload = os.urandom(size)
    sent = Connection(ConnectionType.CLIENT).send(BytesMessage(payload))
    assert list(FrameDecoder().feed(sent)) == [Frame(Opcode.BINARY, payload)]
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(encode_frame(Opcode.BINARY, payload) + encode_close(CloseCode.GOING_AWAY))
    events = list(client.events())
    assert b"".join(event.data for event in events if isinstance(event, BytesMessage)) == payload
    assert isinstance(events[-1], CloseConnection) and events[-1].code == 1001


def test_text_and_close_frames() -> None:
    client = Connection(ConnectionType.CLIENT)
    text: Message[str] = TextMessage("é")
    stream = client.send(text) + client.send(CloseConnection(1000))
    assert list(FrameDecoder().feed(stream)) == [
        Frame(Opcode.TEXT, "é".encode()),
        Frame(Opcode.CLOSE, b"\x03\xe8"),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x82\x01x", CloseCode.PROTOCOL_ERROR),  # not masked
        (b"\xc2\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # reserved bit
        (b"\x83\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # no such opcode
        (b"\x80\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # continuation of nothing
        (b"\x02\x80\0\0\0\0\x82\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # a message within a message
        (b"\x09\x80\0\0\0\0", CloseCode.PROTOCOL_ERROR),  # fragmented ping
        (b"\x89\xfe\x00\x7e", CloseCode.PROTOCOL_ERROR),  # long ping
        (b"\x88\x81\0\0\0\0x", CloseCode.PROTOCOL_ERROR),  # half a close code
        (b"\x82\xff\0\0\0\0\0\x10\0\x01", CloseCode.TOO_BIG),
    ],
)
def test_what_is_refused(data: bytes, code: CloseCode) -> None:
    with pytest.raises(WebSocketError) as raised:
        list(FrameDecoder().feed(data))
    assert raised.value.code is code


@given(st.binary(max_size=100))
def test_any_bytes_are_frames_or_an_error(data: bytes) -> None:
    try:
        list(FrameDecoder().feed(data))
    except WebSocketError as error:
        assert error.code in (CloseCode.PROTOCOL_ERROR, CloseCode.TOO_BIG)
