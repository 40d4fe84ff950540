"""HTTP/2 in clear text, as SDKs speak it that insist on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
import pytest

from headwater.languages.http2 import frames
from headwater.languages.http2.frames import Frame, FrameReader, Kind, Reason, Setting
from headwater.languages.http2.hpack import HeaderReader, write_headers
from tests.conftest import Client, client_factory
from tests.server import ServerThread

EMPTY = frames.frame(Kind.SETTINGS, 0, 0)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Peer:
    """A client's end of a connection."""

    def __init__(self, endpoint: str, opening: bytes = frames.PREFACE + EMPTY) -> None:
        address = urlsplit(endpoint)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        self._reader = FrameReader()
        self._headers = HeaderReader()
        self._frames = self._arriving()
        self.heads: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.send(opening)

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def ask(self, stream: int, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        head = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1")]
        block = write_headers(head + [(name.replace("_", "-"), value) for name, value in headers.items()])
        self.send(frames.frame(Kind.HEADERS, 0, stream, block[:20]))
        self.send(frames.frame(Kind.CONTINUATION, frames.END_HEADERS, stream, block[20:]))
        for at in range(0, len(body), frames.MOST_FRAME_BYTES):
            self.send(frames.frame(Kind.DATA, 0, stream, body[at : at + frames.MOST_FRAME_BYTES]))
        # padded with two bytes
        self.send(frames.frame(Kind.DATA, frames.END_STREAM | frames.PADDED, stream, b"\x02\0\0"))

    def _arriving(self) -> Iterator[Frame]:
        while data := self._socket.recv(65536):
            yield from self._reader.feed(data)

    def next(self) -> Frame | None:
        """The next frame, taken note of; None where the server has closed."""
        found = next(self._frames, None)
        if found is not None and found.kind == Kind.HEADERS:
            self.heads[found.stream] = dict(self._headers.read(found.payload, 1 << 20))
        elif found is not None and found.kind == Kind.DATA:
            self.bodies[found.stream] = self.bodies.get(found.stream, b"") + found.payload
        return found

    def until(self, kind: Kind, stream: int, flags: int = 0) -> Frame:
        while (found := self.next()) is not None:
            if found.kind == kind and found.stream == stream and found.flags & flags == flags:
                return found
        raise AssertionError("closed")

    def answer(self, stream: int) -> Answer:
        while (found := self.next()) is not None:
            ends = found.kind in (Kind.DATA, Kind.HEADERS) and found.flags & frames.END_STREAM
            if found.stream == stream and ends:
                head = self.heads[stream]
                return Answer(int(head[":status"]), head, self.bodies.get(stream, b""))
        raise AssertionError("closed")


@pytest.fixture
def peer(endpoint: str) -> Iterator[Peer]:
    made = Peer(endpoint)
    yield made
    made.close()


def signed(account: str, service: str, target: str = "") -> dict[str, str]:
    credential = f"{account}/20260101/us-east-1/{service}/aws4_request"
    headers = {"authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0"}
    return headers | ({"x-amz-target": target, "content-type": "application/x-amz-json-1.1"} if target else {})


def test_an_operation_its_error_and_a_health_check(peer: Peer, aws: Client, account: str) -> None:
    headers = signed(account, "kinesis", "Kinesis_20131202.CreateStream")
    peer.ask(1, "POST", "/", orjson.dumps({"StreamName": "s", "ShardCount": 1}), **headers)
    assert peer.answer(1).status == 200
    assert aws("kinesis").list_streams()["StreamNames"] == ["s"]
    peer.ask(3, "POST", "/", orjson.dumps({"StreamName": "s", "ShardCount": 1}), **headers)
    refused = peer.answer(3)
    assert (refused.status, orjson.loads(refused.body)["__type"]) == (400, "ResourceInUseException")
    assert int(refused.headers["content-length"]) == len(refused.body)
    peer.ask(5, "GET", "/_headwater/health")
    assert orjson.loads(peer.answer(5).body)["status"] == "ready"


def test_large_bodies_wait_for_the_windows(endpoint: str, aws: Client, account: str) -> None:
    """Both ways; the client's windows are small, and grow when it says so."""
    s3, data = aws("s3"), bytes(range(256)) * 1200
    s3.create_bucket(Bucket=f"h2-{account}")
    peer = Peer(endpoint, frames.PREFACE + frames.settings({Setting.INITIAL_WINDOW_SIZE: 10}))
    path = f"/h2-{account}/key"
    peer.ask(1, "PUT", path, data, **signed(account, "s3"))
    assert peer.answer(1).status == 200
    assert s3.get_object(Bucket=f"h2-{account}", Key="key")["Body"].read() == data
    peer.ask(3, "GET", path, **signed(account, "s3"))
    assert peer.until(Kind.DATA, 3).payload == data[:10]
    peer.ask(5, "HEAD", path, **signed(account, "s3"))  # another stream goes by
    head = peer.answer(5)
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(data)), b"")
    peer.send(frames.settings({Setting.INITIAL_WINDOW_SIZE: 1 << 20}))
    while len(peer.bodies[3]) < 65_535:  # what the connection's own window is from the start
        peer.until(Kind.DATA, 3)
    peer.send(frames.window_update(0, 1 << 20))
    assert peer.answer(3).body == data
    peer.close()


def test_a_stream_that_waits_holds_up_no_other(peer: Peer, aws: Client, account: str) -> None:
    queue = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    receive = orjson.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20})
    peer.ask(1, "POST", "/", receive, **signed(account, "sqs", "AmazonSQS.ReceiveMessage"))
    send = orjson.dumps({"QueueUrl": queue, "MessageBody": "hello"})
    peer.ask(3, "POST", "/", send, **signed(account, "sqs", "AmazonSQS.SendMessage"))
    assert peer.answer(1).body.count(b"hello") == 1
    peer.ask(5, "POST", "/", send, **signed(account, "sqs", "AmazonSQS.SendMessage"))
    assert peer.answer(5).status == 200


def test_events_are_streamed(timed: ServerThread, account: str) -> None:
    peer, kinesis = Peer(timed.endpoint), client_factory(timed.endpoint, account)("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    timed.advance(1000)
    stream = kinesis.describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=stream, ConsumerName="c")["Consumer"]["ConsumerARN"]
    timed.advance(1000)
    shard = kinesis.list_shards(StreamName="s")["Shards"][0]["ShardId"]
    wanted: dict[str, Any] = {"ConsumerARN": consumer, "ShardId": shard, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    headers = signed(account, "kinesis", "Kinesis_20131202.SubscribeToShard")
    peer.ask(1, "POST", "/", orjson.dumps(wanted), **headers)
    peer.until(Kind.HEADERS, 1)
    kinesis.put_record(StreamName="s", Data=b"one", PartitionKey="p")
    while b"SubscribeToShardEvent" not in peer.bodies.get(1, b"") or b"b25l" not in peer.bodies[1]:
        peer.until(Kind.DATA, 1)
    assert peer.heads[1]["content-type"] == "application/vnd.amazon.eventstream"
    peer.send(frames.frame(Kind.RST_STREAM, 0, 1, bytes(4)))
    peer.send(frames.frame(Kind.PING, 0, 0, b"12345678"))
    assert peer.until(Kind.PING, 0, frames.ACK).payload == b"12345678"
    peer.close()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xff\xff\xff\x01\0\0\0\0\x01", Reason.FRAME_SIZE_ERROR),
        (frames.frame(Kind.HEADERS, frames.END_HEADERS, 1, b"\xff"), Reason.COMPRESSION_ERROR),
        (frames.frame(Kind.HEADERS, frames.END_HEADERS, 2, write_headers([(":method", "GET")])), Reason.PROTOCOL_ERROR),
        (frames.frame(Kind.HEADERS, 5, 1, write_headers([("a", "b")])), Reason.PROTOCOL_ERROR),
        (frames.frame(Kind.HEADERS, 5, 1, write_headers([(":method", "GET"), (":path", "x")])), Reason.PROTOCOL_ERROR),
        (frames.frame(Kind.CONTINUATION, 4, 1, b""), Reason.PROTOCOL_ERROR),
        (frames.frame(Kind.SETTINGS, 0, 0, b"12345"), Reason.FRAME_SIZE_ERROR),
        (frames.settings({Setting.INITIAL_WINDOW_SIZE: 1 << 31}), Reason.FLOW_CONTROL_ERROR),
    ],
)
def test_who_breaks_the_protocol_is_told_why(peer: Peer, sent: bytes, reason: Reason) -> None:
    peer.send(sent)
    assert int.from_bytes(peer.until(Kind.GOAWAY, 0).payload[4:]) == reason
    assert peer.next() is None
