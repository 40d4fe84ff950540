"""HTTP/1.1 over a socket: parsing by llhttp, keep-alive, pipelining, limits, upgrades.

One request of a connection is answered at a time; what a client pipelines waits its turn.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from io import SEEK_END, BytesIO
from typing import TYPE_CHECKING, Protocol, cast

import httptools

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.spine.store.blobs import Blob

if TYPE_CHECKING:
    from headwater.gateway.http2 import Http2Connection

MOST_HEADER_BYTES = 64 * 1024
_PREFACE_OF_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# Larger objects are uploaded in parts, as SDKs do by themselves.
MOST_BODY_BYTES = 512 * 1024 * 1024
MOST_PIPELINED = 64
MOST_NAMES_KEPT = 1000
CHUNK = 1024 * 1024
MOST_UNREAD = 16 * CHUNK
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_WITHOUT_BODY = frozenset({204, 304})


class Handler(Protocol):
    """What answers requests: calls ``connection.respond`` once for each, now or later."""

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None: ...

    def upgrade(self, request: HttpRequest) -> asyncio.Protocol | None:
        """The protocol that takes over the socket, or None where the path takes no upgrade."""
        ...

    def too_large(self, request: HttpRequest) -> HttpResponse:
        """The answer to a body past the limit, of which nothing was kept."""
        ...


class Shared:
    """What the connections of one server share."""

    def __init__(self) -> None:
        self.connections: set[HttpConnection | Http2Connection] = set()
        # names of headers as clients spell them, to lower case
        self.names: dict[bytes, str] = {}
        self._second = 0
        self._date = ""

    def date(self) -> str:
        """The ``Date`` header's line, made once a second."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._date = time.strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", time.gmtime(second))
        return self._date


class HttpConnection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, handler: Handler, shared: Shared) -> None:
        self._handler = handler
        self._connections = shared.connections
        self._names = shared.names
        self._date = shared.date
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[HttpRequest, bool, bool]] = deque()
        self._current: HttpRequest | None = None
        self._keep_alive = True
        self._stream: tuple[Blob, int] | None = None
        self.transport: asyncio.Transport | None = None
        self.abandoned: Callable[[], object] | None = None
        self._begin_message()

    def _begin_message(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._in_head = True
        self._head_bytes = 0
        self._body: bytes | BytesIO = b""  # bytes as long as it came in one piece
        self._size = 0
        self._refused = False

    # ---- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's own class, of the same methods
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._stream = None
        self._waiting.clear()
        self._connections.discard(self)
        if self.abandoned is not None:
            self.abandoned()

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            if data.startswith(_PREFACE_OF_HTTP2) and self._current is None:
                self._speak_http2(data)
            else:
                self._refuse(400, "Bad Request")
        else:
            # llhttp sets no limit of its own to what stands before a body
            if self._in_head and self._head_bytes > MOST_HEADER_BYTES:
                self._refuse(431, "Request Header Fields Too Large")

    def resume_writing(self) -> None:
        if self._stream is not None:
            self._write_stream()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    @property
    def peer(self) -> str:
        """The client's address."""
        name = self.transport.get_extra_info("peername") if self.transport is not None else None
        return str(name[0]) if name else "127.0.0.1"

    # ---- the parser

    def on_message_begin(self) -> None:
        self._begin_message()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key = self._names.get(name) or self._learn(name)
        headers = self._headers
        if key in headers:
            headers[key] += (";" if key == "cookie" else ",") + value.decode("latin-1")
        else:
            headers[key] = value.decode("latin-1")

    def _learn(self, name: bytes) -> str:
        """A header's name in lower case; the common ones are kept, for all connections."""
        key = name.decode("latin-1").lower()
        if len(self._names) < MOST_NAMES_KEPT and len(key) < 64:
            self._names[name] = key
        return key

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._headers.get("expect", "").lower() == "100-continue" and self.transport is not None:
            self.transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)
        if self._size > MOST_BODY_BYTES:
            self._refused = True
            self._body = b""
        elif not self._body:
            self._body = body
        else:
            # it grows where it lies: joining the pieces of hundreds of megabytes would stop the loop for a second
            if isinstance(self._body, bytes):
                self._body = BytesIO(self._body)
                self._body.seek(0, SEEK_END)
            self._body.write(body)

    def on_message_complete(self) -> None:
        parser = self._parser
        path, _, query = self._url.decode("latin-1").partition("?")
        if path.startswith("http://"):  # the absolute form, as proxies send it
            path = "/" + path[7:].partition("/")[2]
        body = self._body if isinstance(self._body, bytes) else self._body.getvalue()
        request = HttpRequest(parser.get_method().decode("latin-1"), path, query, self._headers, body)
        if parser.should_upgrade():
            self._current = request
            return
        keep_alive = parser.should_keep_alive()
        if self._current is not None or self._waiting:
            self._waiting.append((request, keep_alive, self._refused))
            if len(self._waiting) > MOST_PIPELINED and self.transport is not None:
                self.transport.pause_reading()
            return
        self._handle(request, keep_alive, self._refused)

    # ---- requests and responses

    def _handle(self, request: HttpRequest, keep_alive: bool, refused: bool) -> None:
        self._current = request
        self._keep_alive = keep_alive
        if refused:
            self._keep_alive = False
            self.respond(self._handler.too_large(request))
        else:
            self._handler.handle(request, self)

    def respond(self, response: HttpResponse) -> None:
        """Answer the current request; then the next one that waits is handled."""
        self.abandoned = None
        request = self._current
        if self.transport is None or request is None:
            return
        status, body = response.status, response.body
        head = self._head(status, response.headers, body.length if type(body) is Blob else len(body))
        if request.method == "HEAD" or status in _WITHOUT_BODY:
            self.transport.write(head)
        elif type(body) is Blob:
            self.transport.write(head)
            self._stream = (body, 0)
            self._write_stream()
            return
        else:
            self.transport.write(head + body)
        self._next()

    def begin_stream(self, content_type: str) -> None:
        """Answer the current request with chunks to come; the connection ends with them."""
        self._keep_alive = False
        if self.transport is not None:
            self.transport.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nCache-Control: no-store\r\n"
                "Access-Control-Allow-Origin: *\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode()
            )

    def begin_answer(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The same with a status and headers of somebody's own."""
        self._keep_alive = False
        text = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        if self.transport is not None:
            head = f"{text}{lines}Transfer-Encoding: chunked\r\n{self._date()}Connection: close\r\n\r\n"
            self.transport.write(head.encode("latin-1", "replace"))

    def send_chunk(self, chunk: bytes) -> bool:
        """A piece of the stream; False: it was dropped, for the client reads too slowly or is gone."""
        if self.transport is None or self.transport.get_write_buffer_size() >= MOST_UNREAD:
            return False
        self.transport.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        return True

    def end_stream(self) -> None:
        """There is no more to come."""
        if self.transport is not None:
            self.transport.write(b"0\r\n\r\n")
        self.abandoned = None
        self._next()

    def _head(self, status: int, headers: list[tuple[str, str]], length: int) -> bytes:
        text = _STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n"
        own_length = status in _WITHOUT_BODY
        for name, value in headers:
            text += f"{name}: {value}\r\n"
            if name == "Content-Length":  # of the body that a HEAD does not send
                own_length = True
        if not own_length:
            text += f"Content-Length: {length}\r\n"
        text += self._date() + ("\r\n" if self._keep_alive else "Connection: close\r\n\r\n")
        return text.encode("latin-1", "replace")

    def _write_stream(self) -> None:
        """Send a file piece by piece, as fast as the client takes it."""
        while self._stream is not None and self.transport is not None:
            blob, sent = self._stream
            size = min(CHUNK, blob.length - sent)
            if size <= 0:
                self._stream = None
                self._next()
                return
            self._stream = (blob, sent + size)
            self.transport.write(blob.part(sent, size))
            if self.transport is not None and self.transport.get_write_buffer_size() > CHUNK:
                return

    def _next(self) -> None:
        self._current = None
        if not self._keep_alive:
            self.close()
            return
        if self._waiting and self.transport is not None:
            if len(self._waiting) == MOST_PIPELINED:
                self.transport.resume_reading()
            # not at once: a long pipeline would nest as many calls
            asyncio.get_running_loop().call_soon(self._handle_waiting)

    def _handle_waiting(self) -> None:
        if self._waiting and self._current is None and self.transport is not None:
            self._handle(*self._waiting.popleft())

    def _refuse(self, status: int, text: str) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        body = text.encode()
        head = f"HTTP/1.1 {status} {text}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _upgrade(self, rest: bytes) -> None:
        """Hand the socket over to another protocol, with what came after the request."""
        request = self._current
        if request is None or self.transport is None:
            return
        successor = self._handler.upgrade(request)
        if successor is None:
            self._decline(request, rest)
        else:
            self._succeed(successor, rest)

    def _speak_http2(self, data: bytes) -> None:
        from headwater.gateway.http2 import Http2Connection  # which few clients want, and which takes 60 ms

        successor = Http2Connection(self._handler, self._date, self._connections.discard)
        self._connections.add(successor)
        self._succeed(successor, data)

    def _succeed(self, successor: asyncio.Protocol, rest: bytes) -> None:
        transport = self.transport
        if transport is None:
            return
        self._connections.discard(self)
        self.transport = None
        transport.set_protocol(successor)
        successor.connection_made(transport)
        if rest:
            successor.data_received(rest)

    def _decline(self, request: HttpRequest, rest: bytes) -> None:
        """An upgrade that is not offered (``h2c``) is ignored, as HTTP has it; llhttp has taken it for done."""
        if int(request.headers.get("content-length") or 0):
            self._refuse(400, "Bad Request")
            return
        self._parser = httptools.HttpRequestParser(self)
        self._handle(request, True, False)
        if rest:
            self.data_received(rest)
