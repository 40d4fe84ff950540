"""HTTP on a bare socket: framing, pipelining, limits, junk. Whatever comes, the server stays up."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HEALTH = b"GET /_headwater/health HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def connected(endpoint: str) -> Iterator[socket.socket]:
    url = urlsplit(endpoint)
    assert url.hostname is not None
    with socket.create_connection((url.hostname, url.port or 80), 10) as made:
        yield made


def talk(endpoint: str, data: bytes) -> bytes:
    """Send, and read until the server closes."""
    with connected(endpoint) as made:
        made.sendall(data)
        made.shutdown(socket.SHUT_WR)
        parts = []
        while part := made.recv(65536):
            parts.append(part)
        return b"".join(parts)


def read_responses(made: socket.socket, number: int) -> list[tuple[int, bytes]]:
    """Status and body of so many responses, each with a Content-Length."""
    reader = made.makefile("rb")
    found = []
    for _ in range(number):
        status = int(reader.readline().split()[1])
        length = 0
        while (line := reader.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        found.append((status, reader.read(length)))
    reader.close()
    return found


def is_up(endpoint: str) -> bool:
    with connected(endpoint) as made:
        made.sendall(HEALTH)
        ((status, _),) = read_responses(made, 1)
        return status == 200


def test_pipelined_requests_are_answered_in_order(endpoint: str) -> None:
    missing = b"GET /_headwater/nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(endpoint) as made:
        made.sendall((HEALTH + missing) * 50)
        statuses = [status for status, _ in read_responses(made, 100)]
    assert statuses == [200, 404] * 50


def test_a_body_in_chunks_and_in_single_bytes(endpoint: str) -> None:
    body = b'{"QueueName":"chunked"}'
    head = (
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.CreateQueue\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-amz-json-1.0\r\n\r\n"
    )
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body[i : i + 5]), body[i : i + 5]) for i in range(0, len(body), 5))
    with connected(endpoint) as made:
        for position in range(len(head)):
            made.sendall(head[position : position + 1])
        made.sendall(chunks + b"0\r\n\r\n")
        ((status, answer),) = read_responses(made, 1)
    assert status == 200
    assert json.loads(answer)["QueueUrl"].endswith("/chunked")


def test_expect_is_answered_before_the_body(endpoint: str) -> None:
    with connected(endpoint) as made:
        made.sendall(b"POST /_headwater/x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert made.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        made.sendall(b"{}")
        ((status, _),) = read_responses(made, 1)
    assert status == 404


def test_the_connection_is_kept_or_closed_as_asked(endpoint: str) -> None:
    answer = talk(endpoint, HEALTH.replace(b"Host: x", b"Host: x\r\nConnection: close"))
    assert b"Connection: close" in answer
    assert talk(endpoint, HEALTH.replace(b"HTTP/1.1", b"HTTP/1.0")).startswith(b"HTTP/1.1 200")


def test_headers_without_end_are_refused(endpoint: str) -> None:
    with connected(endpoint) as made:
        made.sendall(b"GET / HTTP/1.1\r\n")
        try:
            for number in range(5000):
                made.sendall(b"X-%d: %b\r\n" % (number, b"v" * 100))
        except OSError:
            pass  # it has hung up
    assert is_up(endpoint)


def test_an_upgrade_that_is_not_offered_is_ignored(endpoint: str) -> None:
    asked = b"Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"
    with connected(endpoint) as made:
        made.sendall(HEALTH.replace(b"Host: x", asked) + HEALTH)
        assert [status for status, _ in read_responses(made, 2)] == [200, 200]


@pytest.mark.parametrize(
    ("target", "body", "status", "code"),
    [
        (b"AmazonSQS.FlyAway", b"{}", 400, "UnknownOperationException"),
        (b"DynamoDB_20120810.CreateGlobalTable", b"{}", 501, "NotImplemented"),
        (b"AmazonSQS.CreateQueue", b"{", 400, "SerializationException"),
        (b"AmazonSQS.CreateQueue", b"[]", 400, "SerializationException"),
        (b"AmazonSQS.CreateQueue", b'{"QueueName": 7}', 400, "SerializationException"),
        (b"AmazonSQS.CreateQueue", b"\xff\xfe", 400, "SerializationException"),
        (b"AmazonSQS.CreateQueue", b"{}", 400, "MissingParameter"),
    ],
)
def test_bad_requests_get_the_errors_of_aws(endpoint: str, target: bytes, body: bytes, status: int, code: str) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: %b\r\nContent-Length: %d\r\n\r\n" % (target, len(body))
    with connected(endpoint) as made:
        made.sendall(head + body)
        ((got, answer),) = read_responses(made, 1)
    assert (got, json.loads(answer)["__type"].rpartition("#")[2].removesuffix("Exception")) == (
        status,
        code.removesuffix("Exception"),
    )


def test_a_service_that_we_lack_is_named(endpoint: str) -> None:
    scope = b"AWS4-HMAC-SHA256 Credential=k/20260101/us-east-1/quantum/aws4_request, SignedHeaders=host, Signature=0"
    with connected(endpoint) as made:
        made.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: %b\r\nContent-Length: 2\r\n\r\n{}" % scope)
        ((status, answer),) = read_responses(made, 1)
    assert status == 501
    assert "quantum" in json.loads(answer)["message"]


_LINE = st.binary(max_size=60)


@settings(max_examples=60)
@given(
    junk=st.one_of(
        st.binary(max_size=400),
        st.builds(
            lambda method, path, lines, body: (
                b"%b %b HTTP/1.1\r\n%b\r\n\r\n%b" % (method, path, b"\r\n".join(lines), body)
            ),
            st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"PATCH", b"BREW"]),
            st.builds(lambda path: b"/" + path, st.binary(max_size=40)),
            st.lists(
                st.one_of(
                    _LINE,
                    st.builds(lambda value: b"Authorization: " + value, _LINE),
                    st.builds(lambda value: b"X-Amz-Target: " + value, _LINE),
                    st.builds(lambda value: b"Host: " + value, _LINE),
                    st.builds(lambda number: b"Content-Length: %d" % number, st.integers(0, 50)),
                ),
                max_size=5,
            ),
            st.binary(max_size=60),
        ),
    )
)
def test_junk_never_gets_a_fault_of_ours(endpoint: str, junk: bytes) -> None:
    answer = talk(endpoint, junk)
    assert b"HTTP/1.1 500" not in answer
    assert is_up(endpoint)
