"""botocore in functions over a socket of ours: the same answers and errors as by the way it usually goes."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import threading
from collections import deque
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import botocore.httpsession
import pytest
from botocore.awsrequest import AWSHTTPConnectionPool, AWSRequest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from botocore.httpsession import URLLib3Session

from headwater.runtime.guest.transport import Connections, Transport

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: 5\r\n\r\nhello"
ANSWERS = {
    "plain": OK,
    "empty": b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
    "an error": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}",
    "no reason": b"HTTP/1.1 299 \r\nContent-Length: 2\r\n\r\n{}",
    "no content": b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 7\r\n\r\n",
    "large": b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"x" * 300_000,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n2\r\n!!\r\n0\r\n\r\n",
    "until the end": b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nall of it",
    "closing": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "version 1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "after a 100": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
}
LAST = (b"close", b"HTTP/1.0", b"all of it", b"half")  # after which the server goes away


class Peer(threading.Thread):
    """A server that answers each request with what the script has next; None: not at all, b"": by going away."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.script: deque[bytes | None] = deque()
        self.requests: list[bytes] = []
        self.segments = 0
        self.connections = 0
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while request := self.receive(connection):
                self.requests.append(request)
                answer = self.script.popleft()
                if answer is None:
                    connection.recv(1)  # until the client has had enough
                    return
                connection.sendall(answer)
                if not answer or any(text in answer for text in LAST):
                    return

    def receive(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(1 << 20)
            if not chunk:
                return b""
            self.segments += 1
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(1 << 20)
        return head + b"\r\n\r\n" + body


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.listener.close()


class Usual:
    """The usual way, and how often it was gone."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, session: Any, request: Any) -> Any:
        self.times += 1
        return URLLib3Session.send(session, request)


@pytest.fixture
def usual() -> Usual:
    return Usual()


@pytest.fixture
def transport(peer: Peer, usual: Usual) -> Transport:
    return Transport(botocore.httpsession, peer.endpoint, usual)


@pytest.fixture
def session() -> URLLib3Session:
    return URLLib3Session(timeout=(5, 5), socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)])


def prepared(url: str, method: str = "POST", data: Any = b"{}", **more: Any) -> Any:
    headers = {"User-Agent": "Boto3", "X-Amz-Target": "Some.Thing", "X-Bytes": b"by\xe9tes"} | more.pop("headers", {})
    return AWSRequest(method, url, headers, data, **more).prepare()


def told(response: Any) -> tuple[Any, ...]:
    return response.url, response.status_code, dict(response.headers), response.content, response.text


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "DELETE"])
def test_an_answer_is_the_same_as_by_the_usual_way(
    peer: Peer, transport: Transport, usual: Usual, session: URLLib3Session, answer: bytes, method: str
) -> None:
    if method == "HEAD":
        answer = answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if b" 100 " not in answer else answer[:-5]
    data = b"{}" if method == "POST" else None
    request = prepared(f"{peer.endpoint}/a/b%20c?list=&x=%2F", method, data)
    peer.script += [answer, answer]
    lean, by_urllib3 = transport.send(session, request), URLLib3Session.send(session, request)
    assert told(lean) == told(by_urllib3)
    assert usual.times == 0
    assert sorted(peer.requests[0].lower().split(b"\r\n")) == sorted(peer.requests[1].lower().split(b"\r\n"))


@pytest.mark.parametrize("data", [None, b"", "a=b&c=é", b"x" * 200_000])
def test_bodies_arrive(peer: Peer, transport: Transport, session: URLLib3Session, data: Any) -> None:
    peer.script += [OK, OK]
    request = prepared(f"{peer.endpoint}/", "PUT", data)
    transport.send(session, request)
    URLLib3Session.send(session, request)
    lean, by_urllib3 = (sent.partition(b"\r\n\r\n")[2] for sent in peer.requests)
    assert lean == by_urllib3 == (data.encode() if isinstance(data, str) else data or b"")


def test_a_request_is_one_segment_on_a_connection_that_is_kept(
    peer: Peer, transport: Transport, session: URLLib3Session
) -> None:
    peer.script += [OK] * 3
    for _ in range(3):
        assert transport.send(session, prepared(f"{peer.endpoint}/")).content == b"hello"
    assert (peer.connections, peer.segments) == (1, 3)


def test_clients_share_connections_and_a_closed_one_is_not_used(
    peer: Peer, transport: Transport, session: URLLib3Session
) -> None:
    peer.script += [OK, ANSWERS["closing"], ANSWERS["version 1.0"], OK]
    for each in (session, URLLib3Session(socket_options=session._socket_options), session, session):
        assert transport.send(each, prepared(f"{peer.endpoint}/")).status_code == 200
    assert peer.connections == 3


def test_a_connection_that_the_server_has_closed_is_replaced(peer: Peer) -> None:
    connections = Connections(*peer.listener.getsockname())
    ours, theirs = socket.socketpair()
    connections.give_back(ours)
    theirs.close()
    with connections.take(5) as taken:
        assert taken.getpeername() == peer.listener.getsockname()


def test_more_connections_than_are_kept_are_closed(peer: Peer) -> None:
    connections = Connections(*peer.listener.getsockname())
    taken = [connections.take(5) for _ in range(11)]
    for connection in taken:
        connections.give_back(connection)
    assert [connection.fileno() < 0 for connection in taken] == [False] * 10 + [True]
    for connection in taken:
        connection.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nX-half", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"no HTTP\r\n\r\nclose"],
)
def test_an_answer_that_breaks_off_is_a_closed_connection(
    peer: Peer, transport: Transport, session: URLLib3Session, answer: bytes
) -> None:
    peer.script += [answer]
    with pytest.raises(ConnectionClosedError):
        transport.send(session, prepared(f"{peer.endpoint}/"))


def test_no_answer_in_time_is_a_read_timeout(peer: Peer, transport: Transport) -> None:
    session = URLLib3Session(timeout=(5, 0.01), socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)])
    peer.script += [None, OK]
    with pytest.raises(ReadTimeoutError):
        transport.send(session, prepared(f"{peer.endpoint}/"))
    assert transport._connections._idle == []


def test_nobody_there_is_an_endpoint_that_cannot_be_reached(usual: Usual, session: URLLib3Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(EndpointConnectionError):
        Transport(botocore.httpsession, endpoint, usual).send(session, prepared(f"{endpoint}/"))


def test_what_is_not_plain_goes_the_usual_way(
    peer: Peer, transport: Transport, usual: Usual, session: URLLib3Session,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    url = f"{peer.endpoint}/"

    def goes_as_usual(request: Any, by: URLLib3Session = session) -> bool:
        before = usual.times
        peer.script.append(OK)
        assert transport.send(by, request).content == b"hello"
        return usual.times > before

    assert not goes_as_usual(prepared(url))
    assert goes_as_usual(prepared(url, data=io.BytesIO(b"from a file")))
    assert goes_as_usual(prepared(url, stream_output=True))
    assert goes_as_usual(prepared(url, headers={"Expect": "nothing"}))
    assert goes_as_usual(prepared(f"{url}a b"))
    assert goes_as_usual(prepared(url), URLLib3Session())
    assert goes_as_usual(prepared(url), URLLib3Session(proxies={"http": peer.endpoint}))
    with monkeypatch.context() as patch:
        watched = AWSHTTPConnectionPool.urlopen
        patch.setattr(AWSHTTPConnectionPool, "urlopen", lambda *given, **more: watched(*given, **more))
        assert goes_as_usual(prepared(url))
    with monkeypatch.context() as patch:
        traced = HTTPConnection.getresponse
        patch.setattr(HTTPConnection, "getresponse", lambda connection: traced(connection))
        assert goes_as_usual(prepared(url))
    with caplog.at_level(logging.DEBUG, "urllib3.connectionpool"):
        assert goes_as_usual(prepared(url))
    assert not goes_as_usual(prepared(url))


def test_a_header_with_a_line_break_is_refused_as_usual(
    peer: Peer, transport: Transport, session: URLLib3Session
) -> None:
    with pytest.raises(botocore.httpsession.HTTPClientError, match="Invalid header value"):
        transport.send(session, prepared(f"{peer.endpoint}/", headers={"X-Evil": "a\r\nX-Other: b"}))
    assert peer.requests == []


def test_many_threads_share_the_connections(peer: Peer, transport: Transport, session: URLLib3Session) -> None:
    answers: list[bytes] = []

    def ask() -> None:
        answers.extend(transport.send(session, prepared(f"{peer.endpoint}/")).content for _ in range(20))

    peer.script += [OK] * 160
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"hello"] * 160
