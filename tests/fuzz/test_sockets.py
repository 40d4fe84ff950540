"""Requests that are none, or lead nowhere, to every site of the one port: an answer or the end, never a traceback."""

from __future__ import annotations

import random
import socket
from urllib.parse import quote, urlsplit

import pytest

from headwater.client import Headwater
from tests.fuzz.driver import Log
from tests.fuzz.seeds import HURTFUL
from tests.server import ServerThread

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "BREW", "get", "")
_PLACES = (
    *("/", "/_headwater/", "/_headwater/health", "/_headwater/static/", "/_headwater/console/", "/_localstack/health"),
    *("/_headwater/spans?after=", "/_headwater/trace?id=", "/_headwater/explain?id=", "/_headwater/search?text="),
    *("/_headwater/deliveries?limit=", "/_headwater/deliveries/", "/_headwater/snapshots/", "/_headwater/mocks"),
    *("/_headwater/executions?execution=", "/_headwater/map?account=", "/_headwater/report?format="),
    *("/_headwater/follow?kind=", "/_headwater/time", "/_headwater/faults", "/_headwater/operations"),
    *("/_headwater/redeliver", "/_headwater/quotas?service="),
    *("/_headwater/patterns/test", "/_headwater/misses?id=", "/_headwater/outbox?after=", "/_headwater/settle?trace="),
    *("/_aws/execute-api/", "/_aws/lambda-url/", "/_aws/sns/", "/v1/traces", "/restapis/", "/v2/apis/", "/bucket/"),
    *("/2015-03-31/functions/", "/service/GraniteServiceVersion20100801/operation/", "/things/", "/TraceSegments"),
)  # fmt: skip
_HEADERS = (
    *(
        "Host",
        "Authorization",
        "Content-Type",
        "X-Amz-Target",
        "X-Amz-Date",
        "X-Amzn-Trace-Id",
        "Upgrade",
        "Connection",
    ),
    *(
        "Sec-WebSocket-Key",
        "Sec-WebSocket-Version",
        "Content-Encoding",
        "Expect",
        "Range",
        "Origin",
        "Cookie",
        "Accept",
    ),
    *(
        "Transfer-Encoding",
        "X-Amz-Content-Sha256",
        "Smithy-Protocol",
        "If-Modified-Since",
        "X-Amz-Decoded-Content-Length",
    ),
    "Access-Control-Request-Method",
)
_SCOPE = "AWS4-HMAC-SHA256 Credential=1/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"
_SERVICES = ("sqs", "s3", "dynamodb", "events", "apigateway", "lambda", "kms", "nothing", "", "é")
_KNOWN = (
    *("websocket", "upgrade", "chunked", "gzip", "aws-chunked", "100-continue", "application/json", "bytes=0-1"),
    *(
        "application/x-amz-json-1.0",
        "application/x-protobuf",
        "AmazonSQS.SendMessage",
        "DynamoDB_20120810.GetItem",
        "13",
    ),
)
_BODIES = (
    b"",
    b"{}",
    b"[]",
    b"\x00\xff",
    b"{" * 2000,
    b'{"a":' * 3000,
    b"<a>",
    b"Action=SendMessage&A.1.B=c",
    b"\x1f\x8b",
)


def _request(source: random.Random) -> bytes:
    hurt = quote(source.choice(HURTFUL), safe=source.choice(("", "/?&=%")))
    path = source.choice(_PLACES) + source.choice((hurt, hurt, "", "a/b", "9" * 300))
    lines = [f"{source.choice(_METHODS[: source.choice((3, 11))])} {path} HTTP/1.{source.choice('111109')}"]
    for name in source.sample(_HEADERS, source.randint(0, 5)):
        known = _SCOPE.format(source.choice(_SERVICES)) if name == "Authorization" else source.choice(_KNOWN)
        lines.append(f"{name}: {source.choice((known, known, known, source.choice(HURTFUL)))}")
    body = source.choice(_BODIES)
    if source.random() < 0.9:
        lines.append(f"Content-Length: {source.choice((len(body), len(body), len(body), 0, 1, -1, '1e3', 10**20))}")
    return "\r\n".join([*lines, "", ""]).encode(errors="replace") + body


def test_whatever_comes_over_a_socket(pytestconfig: pytest.Config) -> None:
    rounds = pytestconfig.getoption("--fuzz-rounds")
    source = random.Random(pytestconfig.getoption("--fuzz-seed"))
    faults: list[tuple[bytes, object]] = []
    with Log().listening() as log, ServerThread(seed=1) as server:
        address = urlsplit(server.endpoint)
        assert address.hostname is not None
        for _ in range(700 * rounds):
            request, before = _request(source), len(log.errors)
            with socket.create_connection((address.hostname, address.port or 0), timeout=60) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)  # so that what is not whole has an end
                answer = connection.recv(65536)
            internal = answer.startswith(b"HTTP/1.1 500")
            if internal or log.errors[before:]:
                faults.append((request[:600], log.errors[before:] or answer[:300]))
        assert Headwater(server.endpoint).health()
    assert not faults, faults
    assert not log.errors
