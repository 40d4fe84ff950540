"""How the botocore that we lend to functions reaches our endpoint: a socket, and what HTTP needs of it.

Between botocore and the socket lie urllib3, http.client and a parser of e-mail headers: two fifths of what a call costs
in the function, and two segments for each request where one does. Only plain requests to our own endpoint go this
way; anything else (streams, proxies, other hosts, a library that has replaced a part of urllib3 to watch or to
mock it) goes the way that it always went.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import re
import select
import socket
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

_MOST_IDLE = 10  # connections kept, as botocore keeps them
_LARGE = 1 << 16  # bytes from which a body is sent by itself
_PLAIN_TARGET = re.compile(r"/[A-Za-z0-9\-._~:/?@!$&'()*+,=%\[\]]*\Z").match
_WITHOUT_BODY = (204, 304)
_OPTIONS = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]

Send = Callable[[Any, Any], Any]


class Answer(NamedTuple):
    """What came back; ``raw`` of botocore's response, whose content it is."""

    status: int
    headers: dict[str, str]
    body: bytes

    def stream(self, _size: int | None = None, **_: Any) -> list[bytes]:
        return [self.body]


class Connections:
    """Those to one address, which all clients of a process share."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._idle: list[socket.socket] = []
        os.register_at_fork(after_in_child=self._idle.clear)

    def take(self, timeout: float | None) -> socket.socket:
        """A connection that nobody has closed. Raises OSError."""
        while (idle := self._pop()) is not None:
            if not _has_something(idle):
                return idle
            idle.close()
        connection = socket.create_connection(self._address, timeout)
        for option in _OPTIONS:
            connection.setsockopt(*option)
        return connection

    def _pop(self) -> socket.socket | None:
        try:
            return self._idle.pop()
        except IndexError:  # also where another thread was faster
            return None

    def give_back(self, connection: socket.socket) -> None:
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()


class Transport:
    """In the place of ``URLLib3Session.send``; ``usual`` is what was there."""

    def __init__(self, module: Any, endpoint: str, usual: Send) -> None:
        host, _, port = endpoint.removeprefix("http://").partition(":")
        self._module = module
        self._endpoint = endpoint
        self._usual = usual
        self._connections = Connections(host, int(port))
        self._host = f"Host: {host}:{port}\r\nAccept-Encoding: identity\r\n"
        self._log = logging.getLogger("urllib3.connectionpool")  # has a line for each request
        self._watched = _watched(module)

    def send(self, session: Any, request: Any) -> Any:
        """botocore's response to its prepared request."""
        data = None if request.stream_output or not self._is_plain(session) else self._written(request)
        if data is None:
            return self._usual(session, request)
        answer = self._exchange(session, request, data)
        return self._module.botocore.awsrequest.AWSResponse(request.url, answer.status, answer.headers, answer)

    def _is_plain(self, session: Any) -> bool:
        """Whether nobody has asked for, or put in place, anything but a connection."""
        module = self._module
        return (
            not session._proxy_config._proxies
            and session._socket_options == _OPTIONS
            and not self._log.isEnabledFor(logging.DEBUG)
            and _watched(module) == self._watched
        )

    def _written(self, request: Any) -> tuple[bytes, bytes] | None:
        """The request as bytes, head and body; None where it is not a plain one."""
        url, body, headers = request.url, request.body, request.headers
        target = url[len(self._endpoint) :]
        if not url.startswith(self._endpoint) or not _PLAIN_TARGET(target):
            return None
        if isinstance(body, str):
            body = body.encode()
        elif body is None:
            body = b""
        elif type(body) is not bytes:
            return None
        lines = [f"{request.method} {target} HTTP/1.1\r\n{self._host}"]
        sized = not body
        for name, value in headers.items():
            if type(value) is bytes:
                value = value.decode("latin-1")
            kind = name.lower()
            if kind in ("transfer-encoding", "expect", "host", "connection", "accept-encoding"):
                return None
            sized = sized or kind == "content-length"
            lines.append(f"{name}: {value}\r\n")
        text = "".join(lines)
        if not sized or text.count("\n") != len(lines) + 2 or text.count("\r") != len(lines) + 2:
            return None  # a header with a line break in it is refused where it always was
        try:
            return f"{text}\r\n".encode("latin-1"), body
        except UnicodeEncodeError:
            return None

    def _exchange(self, session: Any, request: Any, data: tuple[bytes, bytes]) -> Answer:
        """Send and receive, with botocore's own errors."""
        errors, url = self._module, request.url
        connect, read = _timeouts(session, request)
        try:
            connection = self._connections.take(connect)
        except TimeoutError as error:
            raise errors.ConnectTimeoutError(endpoint_url=url, error=error) from error
        except OSError as error:
            raise errors.EndpointConnectionError(endpoint_url=url, error=error) from error
        try:
            connection.settimeout(read)
            head, body = data
            if len(body) < _LARGE:
                connection.sendall(head + body)
            else:
                connection.sendall(head)
                connection.sendall(body)
            answer, reusable = _read(connection, request.method)
        except TimeoutError as error:
            connection.close()
            raise errors.ReadTimeoutError(endpoint_url=url, error=error) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise errors.ConnectionClosedError(error=error, request=request, endpoint_url=url) from error
        except BaseException:
            connection.close()
            raise
        if reusable:
            self._connections.give_back(connection)
        else:
            connection.close()
        return answer


def _watched(module: Any) -> tuple[Any, ...]:
    """What a library replaces that watches or mocks requests."""
    pool = module.botocore.awsrequest.AWSHTTPConnectionPool
    connection, plain = module.botocore.awsrequest.AWSHTTPConnection, http.client.HTTPConnection
    return (
        pool.urlopen,
        module.PoolManager.connection_from_url,
        connection.request,
        connection.getresponse,
        plain.putrequest,
        plain.endheaders,
        plain.getresponse,
    )


def _has_something(connection: socket.socket) -> bool:
    """Whether an idle connection has something to say, such as that it has ended."""
    watched = select.poll()  # which takes descriptors of any size
    watched.register(connection, select.POLLIN)
    return bool(watched.poll(0))


def _timeouts(session: Any, request: Any) -> tuple[float | None, float | None]:
    """Of connecting and of reading, in seconds."""
    timeout = session._timeout
    connect, read = getattr(timeout, "connect_timeout", timeout), getattr(timeout, "read_timeout", timeout)
    asked = (getattr(request, "context", None) or {}).get("read_timeout")
    return connect, read if asked is None else asked


def _read(connection: socket.socket, method: str) -> tuple[Answer, bool]:
    """An answer, and whether the connection may be used again. Raises OSError and HTTPException."""
    received = connection.recv(_LARGE)
    while (end := received.find(b"\r\n\r\n")) < 0:
        chunk = connection.recv(_LARGE)
        if not chunk:
            raise http.client.RemoteDisconnected("Remote end closed connection without response")
        received += chunk
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = _merged((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    lower = {name.lower(): value for name, value in headers.items()}
    status = int(first[9:12])
    bare = method == "HEAD" or status in _WITHOUT_BODY
    length = 0 if bare else int(lower.get("content-length", -1))
    if not first.startswith("HTTP/1.1 ") or status < 200 or length < 0 or "transfer-encoding" in lower:
        return _read_whole(received, connection, method), False
    body = received[end + 4 :]
    if len(body) < length:
        body = _read_rest(connection, body, length)
    return Answer(status, headers, body), "connection" not in lower and len(body) == length


def _merged(lines: Iterable[tuple[str, str]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in lines:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _read_rest(connection: socket.socket, begun: bytes, length: int) -> bytes:
    body = bytearray(length)
    body[: len(begun)] = begun
    view, have = memoryview(body), len(begun)
    while have < length:
        size = connection.recv_into(view[have:])
        if size == 0:
            raise http.client.IncompleteRead(bytes(view[:have]), length - have)
        have += size
    return bytes(body)


class _Begun(io.RawIOBase):
    """What has been received, and then what the connection brings."""

    def __init__(self, received: bytes, connection: socket.socket) -> None:
        self._received = received
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._received:
            return self._connection.recv_into(buffer)
        taken, self._received = self._received[: len(buffer)], self._received[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def makefile(self, *_: Any) -> io.BufferedReader:
        return io.BufferedReader(self)


def _read_whole(received: bytes, connection: socket.socket, method: str) -> Answer:
    """An answer whose end is told in another way than by its length."""
    response = http.client.HTTPResponse(_Begun(received, connection), method=method)  # type: ignore[arg-type]
    response.begin()
    return Answer(response.status, _merged(response.getheaders()), response.read())


def install() -> None:
    """For the botocore that is loaded before the function is: ours. One that a function brings is let alone."""
    module: Any = sys.modules.get("botocore.httpsession")
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    if module is None or not re.fullmatch(r"http://[^/:@\s]+:\d+", endpoint):
        return
    session = module.URLLib3Session
    transport = Transport(module, endpoint, session.send)
    session.send = lambda self, request: transport.send(self, request)
