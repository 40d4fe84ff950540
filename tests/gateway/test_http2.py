"""HTTP/2 in clear text, as SDKs speak it that insist on it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
import pytest
from h2 import events
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.settings import SettingCodes, Settings
from hpack import Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from headwater.gateway.http2 import MOST_STREAMS
from tests.conftest import Client, client_factory
from tests.server import ServerThread


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Peer:
    """A client's end of a connection."""

    def __init__(self, endpoint: str, window: int | None = None) -> None:
        address = urlsplit(endpoint)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=60)
        self.h2 = H2Connection()
        if window is not None:
            ours = {SettingCodes.INITIAL_WINDOW_SIZE: window}
            self.h2.local_settings = Settings(client=True, initial_values=ours)
        self.h2.initiate_connection()
        self._events = self._arriving()
        self.heads: dict[int, dict[str, str]] = {}
        self.bodies: dict[int, bytes] = {}
        self.acknowledges = window is None

    def close(self) -> None:
        self._socket.close()

    def flush(self) -> None:
        self._socket.sendall(self.h2.data_to_send())

    def send(self, data: bytes) -> None:
        self.flush()
        self._socket.sendall(data)

    def ask(self, stream: int, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        head = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1")]
        self.h2.send_headers(stream, head + [(name.replace("_", "-"), value) for name, value in headers.items()])
        while body:
            size = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if size:
                self.h2.send_data(stream, body[:size])
                body = body[size:]
                self.flush()
            else:
                self.flush()
                self.next()
        self.h2.end_stream(stream)
        self.flush()

    def _arriving(self) -> Iterator[events.Event]:
        while data := self._socket.recv(65536):
            found = self.h2.receive_data(data)
            self.flush()
            yield from found

    def next(self) -> events.Event | None:
        """What the server says next, taken note of; None where it has closed."""
        found = next(self._events, None)
        if isinstance(found, events.ResponseReceived):
            assert found.stream_id is not None
            self.heads[found.stream_id] = {name.decode(): value.decode() for name, value in found.headers or ()}
        elif isinstance(found, events.DataReceived):
            assert found.stream_id is not None
            self.bodies[found.stream_id] = self.bodies.get(found.stream_id, b"") + (found.data or b"")
            if self.acknowledges and found.flow_controlled_length:
                self.h2.acknowledge_received_data(found.flow_controlled_length, found.stream_id)
                self.flush()
        return found

    def until(self, kind: type[events.Event], stream: int | None = None) -> Any:
        while (found := self.next()) is not None:
            if isinstance(found, kind) and stream in (None, getattr(found, "stream_id", None)):
                return found
        raise AssertionError("closed")

    def answer(self, stream: int) -> Answer:
        self.until(events.StreamEnded, stream)
        head = self.heads[stream]
        return Answer(int(head[":status"]), head, self.bodies.get(stream, b""))


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
    peer = Peer(endpoint, window=10)
    path = f"/h2-{account}/key"
    peer.ask(1, "PUT", path, data, **signed(account, "s3"))
    assert peer.answer(1).status == 200
    assert s3.get_object(Bucket=f"h2-{account}", Key="key")["Body"].read() == data
    peer.ask(3, "GET", path, **signed(account, "s3"))
    assert peer.until(events.DataReceived, 3).data == data[:10]
    peer.ask(5, "HEAD", path, **signed(account, "s3"))  # another stream goes by
    head = peer.answer(5)
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(data)), b"")
    peer.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20})
    peer.flush()
    while len(peer.bodies[3]) < 65_535:  # what the connection's own window is from the start
        peer.until(events.DataReceived, 3)
    peer.h2.increment_flow_control_window(1 << 20)
    peer.flush()
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


def test_who_says_goodbye_still_gets_what_was_asked_for(peer: Peer, aws: Client, account: str) -> None:
    queue = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    receive = orjson.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20})
    peer.ask(1, "POST", "/", receive, **signed(account, "sqs", "AmazonSQS.ReceiveMessage"))
    peer.send(GoAwayFrame(0).serialize() + PingFrame(0, b"12345678").serialize())
    peer.until(events.PingAckReceived)
    aws("sqs").send_message(QueueUrl=queue, MessageBody="hello")
    assert peer.answer(1).body.count(b"hello") == 1
    assert peer.next() is None


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
    peer.until(events.ResponseReceived, 1)
    kinesis.put_record(StreamName="s", Data=b"one", PartitionKey="p")
    while b"SubscribeToShardEvent" not in peer.bodies.get(1, b"") or b"b25l" not in peer.bodies[1]:
        peer.until(events.DataReceived, 1)
    assert peer.heads[1]["content-type"] == "application/vnd.amazon.eventstream"
    peer.h2.reset_stream(1)
    peer.h2.ping(b"12345678")
    peer.flush()
    assert peer.until(events.PingAckReceived).ping_data == b"12345678"
    peer.close()


def headers(stream: int, *lines: tuple[str, str], **more: Any) -> Frame:
    return HeadersFrame(stream, Encoder().encode(lines), flags=["END_HEADERS", "END_STREAM"], **more)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xff\xff\xff\x01\0\0\0\0\x01", ErrorCodes.FRAME_SIZE_ERROR),
        (HeadersFrame(1, b"\xff", flags=["END_HEADERS"]).serialize(), ErrorCodes.PROTOCOL_ERROR),
        (headers(2, (":method", "GET")).serialize(), ErrorCodes.PROTOCOL_ERROR),
        (headers(1, ("a", "b")).serialize(), ErrorCodes.PROTOCOL_ERROR),
        (ContinuationFrame(1, b"", flags=["END_HEADERS"]).serialize(), ErrorCodes.PROTOCOL_ERROR),
        (DataFrame(1, b"x").serialize(), ErrorCodes.PROTOCOL_ERROR),
        (SettingsFrame(0, {SettingCodes.INITIAL_WINDOW_SIZE: 1 << 31}).serialize(), ErrorCodes.FLOW_CONTROL_ERROR),
        (WindowUpdateFrame(0, (1 << 31) - 1).serialize(), ErrorCodes.FLOW_CONTROL_ERROR),
    ],
)
def test_who_breaks_the_protocol_is_told_why(peer: Peer, sent: bytes, reason: ErrorCodes) -> None:
    peer.flush()
    peer.until(events.SettingsAcknowledged)  # so that nothing is under way that would reset the connection
    peer.send(sent)
    assert peer.until(events.ConnectionTerminated).error_code == reason
    assert peer.next() is None


def test_a_path_that_is_none_ends_its_stream_alone(peer: Peer) -> None:
    peer.ask(1, "GET", "x")
    assert peer.until(events.StreamReset, 1).error_code == ErrorCodes.PROTOCOL_ERROR
    peer.ask(3, "GET", "/_headwater/health")
    assert peer.answer(3).status == 200


def test_there_is_an_end_to_streams_side_by_side(peer: Peer) -> None:
    peer.flush()
    peer.until(events.RemoteSettingsChanged)
    assert peer.h2.remote_settings.max_concurrent_streams == MOST_STREAMS
