"""HTTP/2 in clear text, begun with its preface (RFC 9113, section 3.3): SDKs that stream both ways insist on it.

Each stream is to the sites what a connection of HTTP/1.1 is. Many are answered at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.languages.http2 import frames
from headwater.languages.http2.frames import Frame, FrameReader, Http2Error, Kind, Reason, Setting
from headwater.languages.http2.hpack import HeaderReader, Headers, HpackError, write_headers
from headwater.spine.store.blobs import Blob

MOST_STREAMS = 256
MOST_HEADER_BYTES = 64 * 1024
MOST_BODY_BYTES = 512 * 1024 * 1024
MOST_UNREAD = 16 * 1024 * 1024
_OUR_WINDOW = 1024 * 1024
_NOT_OF_HTTP2 = frozenset({"connection", "transfer-encoding", "keep-alive"})
_WITHOUT_BODY = frozenset({204, 304})


class Http2Connection(asyncio.Protocol):
    """One client's connection: settings, windows, and the streams within."""

    def __init__(self, handler: Any, date: Callable[[], str], gone: Callable[[Http2Connection], object]) -> None:
        self.handler = handler
        self.date = date
        self._gone = gone
        self._reader = FrameReader()
        self._headers = HeaderReader()
        self._preface = len(frames.PREFACE)
        self._streams: dict[int, Http2Stream] = {}
        self._last = 0
        # a header block that goes on in further frames
        self._block: tuple[Frame, bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self.window = frames.WINDOW
        self._stream_window = frames.WINDOW

    # ---- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        ours = {Setting.MAX_CONCURRENT_STREAMS: MOST_STREAMS, Setting.INITIAL_WINDOW_SIZE: _OUR_WINDOW}
        self.write(frames.settings(ours) + frames.window_update(0, _OUR_WINDOW))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._gone(self)
        for stream in list(self._streams.values()):
            self.forget(stream)

    def data_received(self, data: bytes) -> None:
        skipped = data[: self._preface]
        self._preface -= len(skipped)
        try:
            for found in self._reader.feed(data[len(skipped) :]):
                self._take(found)
        except Http2Error as error:
            self._refuse(error.reason)
        except HpackError:
            self._refuse(Reason.COMPRESSION_ERROR)

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        self._refuse(Reason.NO_ERROR)

    def _refuse(self, reason: Reason) -> None:
        if self._transport is not None:
            self.write(frames.frame(Kind.GOAWAY, 0, 0, self._last.to_bytes(4) + reason.to_bytes(4)))
            self._transport.close()

    @property
    def peer(self) -> str:
        """The client's address."""
        name = self._transport.get_extra_info("peername") if self._transport is not None else None
        return str(name[0]) if name else "127.0.0.1"

    # ---- frames

    def _take(self, found: Frame) -> None:
        if self._block is not None and found.kind != Kind.CONTINUATION:
            raise Http2Error(Reason.PROTOCOL_ERROR)
        if found.kind == Kind.DATA:
            self._data(found)
        elif found.kind == Kind.HEADERS:
            self._begin_block(found, frames.content(found))
        elif found.kind == Kind.CONTINUATION:
            self._go_on(found)
        elif found.kind == Kind.SETTINGS and not found.flags & frames.ACK:
            self._settings(frames.read_settings(found.payload))
        elif found.kind == Kind.PING and not found.flags & frames.ACK:
            self.write(frames.frame(Kind.PING, frames.ACK, 0, found.payload))
        elif found.kind == Kind.WINDOW_UPDATE:
            self._widen(found.stream, int.from_bytes(found.payload) & frames.MOST_WINDOW)
        elif found.kind == Kind.RST_STREAM and found.stream in self._streams:
            self.forget(self._streams[found.stream])

    def _begin_block(self, found: Frame, block: bytes) -> None:
        if found.flags & frames.END_HEADERS:
            self._block = None
            self._request(found, block)
        elif len(block) > MOST_HEADER_BYTES:
            raise Http2Error(Reason.PROTOCOL_ERROR)
        else:
            self._block = (found, block)

    def _go_on(self, found: Frame) -> None:
        if self._block is None or self._block[0].stream != found.stream:
            raise Http2Error(Reason.PROTOCOL_ERROR)
        first, block = self._block
        self._begin_block(first._replace(flags=first.flags | found.flags & frames.END_HEADERS), block + found.payload)

    def _request(self, found: Frame, block: bytes) -> None:
        headers = self._headers.read(block, MOST_HEADER_BYTES)
        stream = self._streams.get(found.stream)
        if stream is None:
            if found.stream <= self._last or not found.stream % 2:
                raise Http2Error(Reason.PROTOCOL_ERROR)
            self._last = found.stream
            if len(self._streams) >= MOST_STREAMS:
                self.reset(found.stream, Reason.REFUSED_STREAM)
                return
            stream = self._streams[found.stream] = Http2Stream(self, found.stream, self._stream_window, headers)
        if found.flags & frames.END_STREAM:
            stream.complete()

    def _data(self, found: Frame) -> None:
        stream = self._streams.get(found.stream)
        if found.payload:
            self.write(frames.window_update(0, len(found.payload)))
            if stream is not None and not found.flags & frames.END_STREAM:
                self.write(frames.window_update(found.stream, len(found.payload)))
        if stream is not None and not stream.handled:
            stream.receive(frames.content(found))
            if found.flags & frames.END_STREAM:
                stream.complete()

    def _settings(self, values: dict[int, int]) -> None:
        window = values.get(Setting.INITIAL_WINDOW_SIZE, self._stream_window)
        if window > frames.MOST_WINDOW:
            raise Http2Error(Reason.FLOW_CONTROL_ERROR)
        wider, self._stream_window = window - self._stream_window, window
        self.write(frames.frame(Kind.SETTINGS, frames.ACK, 0))
        for stream in list(self._streams.values()):
            stream.window += wider
            stream.pump()

    def _widen(self, number: int, more: int) -> None:
        if not number:
            self.window += more
            for stream in list(self._streams.values()):
                stream.pump()
        elif (one := self._streams.get(number)) is not None:
            one.window += more
            one.pump()

    # ---- streams

    def reset(self, number: int, reason: Reason) -> None:
        self.write(frames.frame(Kind.RST_STREAM, 0, number, reason.to_bytes(4)))

    def forget(self, stream: Http2Stream) -> None:
        """The stream is over; who still works for it is told."""
        self._streams.pop(stream.number, None)
        stream.alive = False
        if stream.abandoned is not None:
            stream.abandoned()
            stream.abandoned = None


class Http2Stream:
    """One request and its answer; to whoever answers it is a connection."""

    def __init__(self, connection: Http2Connection, number: int, window: int, headers: Headers) -> None:
        self._connection = connection
        self.number = number
        self.window = window
        self.alive = True
        self.abandoned: Callable[[], object] | None = None
        self._head = headers
        self._parts: list[bytes] = []
        self._size = 0
        self._method = ""
        self._pending = bytearray()
        self._blob: tuple[Blob, int] | None = None
        self._ended = self.handled = False

    @property
    def peer(self) -> str:
        return self._connection.peer

    # ---- the request

    def receive(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= MOST_BODY_BYTES:
            self._parts.append(data)
        else:
            self._parts.clear()

    def complete(self) -> None:
        if self.handled:
            raise Http2Error(Reason.STREAM_CLOSED)
        self.handled = True
        headers: dict[str, str] = {}
        for name, value in self._head:
            if name in headers:
                headers[name] += (";" if name == "cookie" else ",") + value
            else:
                headers[name] = value
        self._method, target = headers.pop(":method", ""), headers.pop(":path", "")
        if not self._method or not target.startswith("/"):
            raise Http2Error(Reason.PROTOCOL_ERROR)
        headers.pop(":scheme", None)
        host = headers.pop(":authority", None)
        if host is not None:
            headers["host"] = host
        path, _, query = target.partition("?")
        request = HttpRequest(self._method, path, query, headers, b"".join(self._parts))
        handler = self._connection.handler
        if self._size > MOST_BODY_BYTES:
            self.respond(handler.too_large(request))
        else:
            handler.handle(request, self)

    # ---- the answer

    def respond(self, response: HttpResponse) -> None:
        self.abandoned = None
        body = response.body
        length = body.length if type(body) is Blob else len(body)
        headers = list(response.headers)
        bare = self._method == "HEAD" or response.status in _WITHOUT_BODY
        if not bare and all(name.lower() != "content-length" for name, _ in headers):
            headers.append(("content-length", str(length)))
        self._ended = True
        if bare or not length:
            self._begin(response.status, headers, frames.END_STREAM)
            self._connection.forget(self)
            return
        self._begin(response.status, headers, 0)
        if type(body) is Blob:
            self._blob = (body, 0)
        else:
            self._pending += body
        self.pump()

    def begin_stream(self, content_type: str) -> None:
        """Answer with chunks to come."""
        self.begin_answer(200, [("content-type", content_type), ("cache-control", "no-store")])

    def begin_answer(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The same with a status and headers of somebody's own."""
        self._begin(status, headers, 0)

    def send_chunk(self, chunk: bytes) -> bool:
        """A piece of the stream; False: it was dropped, for the client reads too slowly or is gone."""
        if not self.alive or len(self._pending) >= MOST_UNREAD:
            return False
        self._pending += chunk
        self.pump()
        return True

    def end_stream(self) -> None:
        """There is no more to come."""
        self.abandoned = None
        self._ended = True
        self.pump()

    def close(self) -> None:
        """Leave the request without an answer, or the answer without an end."""
        if self.alive:
            self._connection.reset(self.number, Reason.INTERNAL_ERROR)
            self._connection.forget(self)

    def _begin(self, status: int, headers: Headers, flags: int) -> None:
        if not self.alive:
            return
        date = self._connection.date().strip().partition(": ")[2]
        lines = [(":status", str(status)), ("date", date)]
        lines += [(name.lower(), value) for name, value in headers if name.lower() not in _NOT_OF_HTTP2]
        block, most = write_headers(lines), frames.MOST_FRAME_BYTES
        whole = frames.END_HEADERS if len(block) <= most else 0
        self._connection.write(frames.frame(Kind.HEADERS, flags | whole, self.number, block[:most]))
        for at in range(most, len(block), most):
            last = frames.END_HEADERS if at + most >= len(block) else 0
            self._connection.write(frames.frame(Kind.CONTINUATION, last, self.number, block[at : at + most]))

    def pump(self) -> None:
        """Send what the client's windows allow."""
        connection = self._connection
        while self.alive:
            self._read_on()
            if not self._pending:
                if self._ended and self.handled:
                    connection.write(frames.frame(Kind.DATA, frames.END_STREAM, self.number))
                    connection.forget(self)
                return
            size = min(len(self._pending), self.window, connection.window, frames.MOST_FRAME_BYTES)
            if size <= 0:
                return
            self.window -= size
            connection.window -= size
            connection.write(frames.frame(Kind.DATA, 0, self.number, bytes(self._pending[:size])))
            del self._pending[:size]

    def _read_on(self) -> None:
        """The next piece of a file, when the last is sent."""
        if self._blob is None or self._pending:
            return
        blob, sent = self._blob
        size = min(_OUR_WINDOW, blob.length - sent)
        self._pending += blob.part(sent, size)
        self._blob = (blob, sent + size) if sent + size < blob.length else None
