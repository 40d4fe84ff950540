"""Spans go out over OTLP to a collector of the test's own, and users' come in."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from headwater.client import Headwater
from headwater.cloud import Cloud, Settings
from headwater.spine.spans import parse_traceparent
from tests.conftest import Client, client_factory
from tests.server import ServerThread

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "f7ad6b7169203331"  # an id above 2^63
OURS = f"1-{TRACE[:8]}-{TRACE[8:]}"


class Collector:
    """Takes what is exported; ``failing`` answers 503."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        self.failing = False
        self.asked = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
                self.send_response(503 if collector.failing else 200)
                self.end_headers()
                if not collector.failing:
                    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                        service = next(
                            a.value.string_value for a in resource.resource.attributes if a.key == "service.name"
                        )
                        collector.spans += [(service, span) for span in resource.scope_spans[0].spans]
                collector.asked.set()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


class _Exporting(ServerThread):
    def __init__(self, otlp: str) -> None:
        super().__init__()
        self._settings = Settings(port=0, mqtt_port=0, otlp=otlp)


@contextmanager
def _context(client: Any, operation: str) -> Iterator[None]:
    """Requests of a boto3 client within a W3C trace context."""

    def add_header(request: Any, **_: Any) -> None:
        request.headers["traceparent"] = f"00-{TRACE}-{PARENT}-01"

    event = f"before-sign.{client.meta.service_model.service_id.hyphenize()}.{operation}"
    client.meta.events.register(event, add_header)
    yield
    client.meta.events.unregister(event, add_header)


def test_spans_are_exported_with_their_parents(collector: Collector) -> None:
    with _Exporting(collector.endpoint) as running:
        aws = client_factory(running.endpoint, "123456789012")
        sqs, sns = aws("sqs"), aws("sns")
        sqs.create_queue(QueueName="work")
        topic = sns.create_topic(Name="news")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:work")
        with _context(sns, "Publish"):
            sns.publish(TopicArn=topic, Message="a")
        with pytest.raises(sqs.exceptions.QueueDoesNotExist):
            sqs.get_queue_url(QueueName="gone")
        Headwater(running.endpoint).settle()
    assert running.cloud.exporter is not None and running.cloud.exporter.dropped == 0
    found = {span.name: (service, span) for service, span in collector.spans}
    service, publish = found["sns:Publish"]
    assert (service, publish.trace_id.hex(), publish.parent_span_id.hex()) == ("sns", TRACE, PARENT)
    attributes = {each.key: each.value.string_value for each in publish.attributes}
    assert (attributes["rpc.system"], attributes["rpc.method"]) == ("aws-api", "Publish")
    assert (attributes["messaging.system"], attributes["messaging.destination.name"]) == ("aws.sns", "news")
    assert found["sns.subscription"][1].parent_span_id == publish.span_id
    assert found["sqs:SendMessage"][1].trace_id == publish.trace_id
    assert found["sqs:GetQueueUrl"][1].status.code == 2


def test_a_collector_that_fails_holds_up_nothing(collector: Collector) -> None:
    collector.failing = True
    with _Exporting(collector.endpoint) as running:
        sqs = client_factory(running.endpoint, "123456789012")("sqs")
        sqs.create_queue(QueueName="work")
        assert collector.asked.wait(60)
        assert sqs.list_queues()["QueueUrls"]
    assert running.cloud.exporter is not None
    assert running.cloud.exporter.dropped > 0 and running.cloud.exporter.sent == 0


def _post(endpoint: str, body: bytes, kind: str) -> int:
    request = urllib.request.Request(f"{endpoint}/v1/traces", body, {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("protobuf", [False, True])
def test_users_spans_are_shown_in_our_traces(protobuf: bool) -> None:
    nano = 1_790_000_000_000_000_000
    span = {
        "traceId": TRACE, "spanId": PARENT, "name": "checkout", "kind": 2, "startTimeUnixNano": str(nano),
        "endTimeUnixNano": str(nano + 5_000_000), "attributes": [{"key": "customer", "value": {"stringValue": "a"}}],
    }  # fmt: skip
    service = [{"key": "service.name", "value": {"stringValue": "shop"}}]
    told = {"resourceSpans": [{"resource": {"attributes": service}, "scopeSpans": [{"spans": [span]}]}]}
    body, kind = json.dumps(told).encode(), "application/json"
    if protobuf:
        message = ExportTraceServiceRequest()
        resource = message.resource_spans.add()
        resource.resource.attributes.add(key="service.name").value.string_value = "shop"
        made = resource.scope_spans.add().spans.add()
        made.trace_id, made.span_id, made.name = bytes.fromhex(TRACE), bytes.fromhex(PARENT), "checkout"
        made.start_time_unix_nano, made.end_time_unix_nano, made.kind = nano, nano + 5_000_000, 2
        made.attributes.add(key="customer").value.string_value = "a"
        body, kind = message.SerializeToString(), "application/x-protobuf"
    with ServerThread() as running:
        sqs = client_factory(running.endpoint, "000000000000")("sqs")
        with _context(sqs, "CreateQueue"):
            sqs.create_queue(QueueName="work")
        assert _post(running.endpoint, body, kind) == 200
        (root,) = Headwater(running.endpoint).trace(OURS)["spans"]
    assert (root["name"], root["kind"], root["id"], root["duration"]) == ("checkout", "segment", PARENT, 5000)
    assert root["notes"]["annotations"] == {"customer": "a", "service.name": "shop"}
    assert [child["name"] for child in root["children"]] == ["sqs:CreateQueue"]


def test_what_the_receiver_refuses(endpoint: str, aws: Client) -> None:
    assert _post(endpoint, b"{", "application/json") == 400
    assert _post(endpoint, b"[]", "application/json") == 400
    assert _post(endpoint, b"\xff\xff", "application/x-protobuf") == 400
    assert _post(endpoint, b"", "text/plain") == 415
    assert (
        _post(endpoint, b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 5}]}]}]}', "application/json")
        == 200
    )


def test_trace_contexts() -> None:
    assert parse_traceparent(f"00-{TRACE}-{PARENT}-01") == f"{OURS}:{PARENT}"
    for wrong in ("", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE}-{'0' * 16}-01"):
        assert parse_traceparent(wrong) is None


def test_nothing_listens_where_nothing_is_exported() -> None:
    cloud = Cloud(Settings(port=0))
    assert cloud.exporter is None and "spans" not in cloud.engine.listeners
    cloud.engine.store.close()
