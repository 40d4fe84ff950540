"""HTTP/2 in clear text, begun with its preface (RFC 9113, section 3.3): SDKs that stream both ways insist on it.

The protocol is h2's (https://python-hyper.org/projects/h2/). Each stream is to the sites what a connection of HTTP/1.1
is; many are answered at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.spine.store.blobs import Blob

MOST_STREAMS = 256
MOST_HEADER_BYTES = 64 * 1024
MOST_BODY_BYTES = 512 * 1024 * 1024
MOST_UNREAD = 16 * 1024 * 1024
_OUR_WINDOW = 1024 * 1024
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME_HEADER = 9
_GOAWAY = 7
_NOT_OF_HTTP2 = frozenset({"connection", "transfer-encoding", "keep-alive"})
_WITHOUT_BODY = frozenset({204, 304})


class Http2Connection(asyncio.Protocol):
    """One client's connection, and the streams within."""

    def __init__(self, handler: Any, date: Callable[[], str], gone: Callable[[Any], object]) -> None:
        self.handler = handler
        self.date = date
        self._gone = gone
        self._streams: dict[int, Http2Stream] = {}
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._preface = len(_PREFACE)
        self._leaving = False
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        ours = {
            SettingCodes.MAX_CONCURRENT_STREAMS: MOST_STREAMS,
            SettingCodes.INITIAL_WINDOW_SIZE: _OUR_WINDOW,
            SettingCodes.MAX_HEADER_LIST_SIZE: MOST_HEADER_BYTES,
        }
        self.h2.local_settings = Settings(client=False, initial_values=ours)

    # ---- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(_OUR_WINDOW)
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._gone(self)
        for stream in list(self._streams.values()):
            self.forget(stream)

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            while (frame := self._next_frame()) is not None:
                for event in self.h2.receive_data(frame):
                    self._take(event)
        except ProtocolError:  # which h2 has put into words for the client
            self._end()
            return
        self.flush()
        if self._leaving and not self._streams:
            self._end()

    def _next_frame(self) -> bytes | None:
        """The preface, and then frame by frame; None: it is not all there yet. A GOAWAY is kept from h2, which takes it
        for the end, where the client says but that it asks nothing new."""
        received = self._received
        while self._preface or len(received) >= _FRAME_HEADER:
            size = self._preface or _FRAME_HEADER + int.from_bytes(received[:3])
            if not self._preface and size > _FRAME_HEADER + self.h2.max_inbound_frame_size:
                self.h2.close_connection(ErrorCodes.FRAME_SIZE_ERROR)
                raise ProtocolError
            if len(received) < size:
                return None
            kind, frame = received[3], bytes(received[:size])
            del received[:size]
            if self._preface or kind != _GOAWAY:
                self._preface = 0
                return frame
            self._leaving = True
        return None

    def flush(self) -> None:
        """Send what has been made ready."""
        if self._transport is not None and (data := self.h2.data_to_send()):
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self.h2.close_connection()
            self._end()

    def _end(self) -> None:
        self.flush()
        if self._transport is not None:
            self._transport.close()

    @property
    def peer(self) -> str:
        """The client's address."""
        name = self._transport.get_extra_info("peername") if self._transport is not None else None
        return str(name[0]) if name else "127.0.0.1"

    # ---- what the client says

    def _take(self, event: events.Event) -> None:
        match event:
            case events.RequestReceived(stream_id=int(number), headers=list(headers)):
                self._streams[number] = Http2Stream(self, number, headers)
            case events.DataReceived(stream_id=int(number), data=bytes(data), flow_controlled_length=int(size)):
                if (stream := self._streams.get(number)) is not None:
                    stream.receive(data)
                self.h2.acknowledge_received_data(size, number)
            case events.StreamEnded(stream_id=int(number)) if number in self._streams:
                self._streams[number].complete()
            case events.StreamReset(stream_id=int(number)) if number in self._streams:
                self.forget(self._streams[number])
            case events.WindowUpdated() | events.RemoteSettingsChanged():
                for stream in list(self._streams.values()):
                    stream.pump()
            case _:
                pass

    def reset(self, stream: Http2Stream, reason: ErrorCodes) -> None:
        self.h2.reset_stream(stream.number, reason)
        self.flush()
        self.forget(stream)

    def forget(self, stream: Http2Stream) -> None:
        """The stream is over; who still works for it is told."""
        self._streams.pop(stream.number, None)
        stream.alive = False
        if self._leaving and not self._streams:
            self._end()
        if stream.abandoned is not None:
            stream.abandoned()
            stream.abandoned = None


class Http2Stream:
    """One request and its answer; to whoever answers it is a connection."""

    def __init__(self, connection: Http2Connection, number: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
        self._connection = connection
        self.number = number
        self.alive = True
        self.abandoned: Callable[[], object] | None = None
        self._headers = headers
        self._body = BytesIO()
        self._size = 0
        self._method = ""
        self._pending = bytearray()
        self._blob: tuple[Blob, int] | None = None
        self._ended = False

    @property
    def peer(self) -> str:
        return self._connection.peer

    # ---- the request

    def receive(self, data: bytes) -> None:
        self._size += len(data)
        if self._size <= MOST_BODY_BYTES:
            self._body.write(data)
        else:
            self._body = BytesIO()

    def complete(self) -> None:
        headers: dict[str, str] = {}
        for name, value in self._headers:
            lower, text = name.decode("latin-1"), value.decode("latin-1")
            if lower in headers:
                headers[lower] += (";" if lower == "cookie" else ",") + text
            else:
                headers[lower] = text
        self._method, target = headers.pop(":method"), headers.pop(":path", "")
        if not target.startswith("/"):
            self._connection.reset(self, ErrorCodes.PROTOCOL_ERROR)
            return
        headers.pop(":scheme", None)
        host = headers.pop(":authority", None)
        if host is not None:
            headers["host"] = host
        path, _, query = target.partition("?")
        request = HttpRequest(self._method, path, query, headers, self._body.getvalue())
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
        if type(body) is Blob:
            self._blob = None if bare or not length else (body, 0)
        elif not bare:
            self._pending += body
        self.begin_answer(response.status, headers)

    def begin_stream(self, content_type: str) -> None:
        """Answer with chunks to come."""
        self.begin_answer(200, [("content-type", content_type), ("cache-control", "no-store")])

    def begin_answer(self, status: int, headers: list[tuple[str, str]]) -> None:
        """The same with a status and headers of somebody's own."""
        if not self.alive:
            return
        date = self._connection.date().strip().partition(": ")[2]
        lines = [(":status", str(status)), ("date", date)]
        lines += [(name.lower(), value) for name, value in headers if name.lower() not in _NOT_OF_HTTP2]
        self._connection.h2.send_headers(self.number, lines)
        self.pump()
        self._connection.flush()

    def send_chunk(self, chunk: bytes) -> bool:
        """A piece of the stream; False: it was dropped, for the client reads too slowly or is gone."""
        if not self.alive or len(self._pending) >= MOST_UNREAD:
            return False
        self._pending += chunk
        self.pump()
        self._connection.flush()
        return True

    def end_stream(self) -> None:
        """There is no more to come."""
        self.abandoned = None
        self._ended = True
        self.pump()
        self._connection.flush()

    def close(self) -> None:
        """Leave the request without an answer, or the answer without an end."""
        if self.alive:
            self._connection.reset(self, ErrorCodes.INTERNAL_ERROR)

    def pump(self) -> None:
        """Make ready what the client's windows allow."""
        h2 = self._connection.h2
        while self.alive:
            self._read_on()
            if not self._pending:
                if self._ended:
                    h2.end_stream(self.number)
                    self._connection.forget(self)
                return
            size = min(len(self._pending), h2.local_flow_control_window(self.number), h2.max_outbound_frame_size)
            if size <= 0:
                return
            h2.send_data(self.number, bytes(self._pending[:size]))
            del self._pending[:size]

    def _read_on(self) -> None:
        """The next piece of a file, when the last is sent."""
        if self._blob is None or self._pending:
            return
        blob, sent = self._blob
        size = min(_OUR_WINDOW, blob.length - sent)
        self._pending += blob.part(sent, size)
        self._blob = (blob, sent + size) if sent + size < blob.length else None
