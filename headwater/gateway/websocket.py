"""WebSockets on the main port, as streams of bytes.

What speaks within knows nothing of frames: a message may hold several of its packets, and a packet several messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from headwater.gateway.messages import HttpRequest
from headwater.gateway.streams import Application, SocketStream, Stream
from headwater.languages.websocket import (
    CloseCode,
    Frame,
    FrameDecoder,
    Opcode,
    WebSocketError,
    accept,
    encode_close,
    encode_frame,
    refusal,
)


class Refusal(asyncio.Protocol):
    """In the place of a WebSocket that its client does not get; ``status`` such as ``403 Forbidden``."""

    def __init__(self, status: str) -> None:
        self._status = status

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        taken = cast(asyncio.Transport, transport)
        taken.write(refusal(self._status))
        taken.close()


class WebSocketStream(SocketStream):
    """A WebSocket of binary messages, taken over from the HTTP request that asked for it."""

    def __init__(
        self, request: HttpRequest, subprotocols: Sequence[str], application: Callable[[Stream], Application]
    ) -> None:
        super().__init__(application)
        self._request = request
        self._subprotocols = subprotocols
        self._decoder = FrameDecoder()
        self._is_closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        is_taken, response = accept(self._request.method, self._request.headers, self._subprotocols)
        self._transport.write(response)
        if is_taken:
            self._application = self._make(self)
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._decoder.feed(data):
                self._take(frame)
        except WebSocketError as error:
            self._close(encode_close(error.code))

    def _take(self, frame: Frame) -> None:
        if self._application is None or self._is_closing:
            return
        if frame.opcode is Opcode.BINARY:
            self._application.received(frame.payload)
        elif frame.opcode is Opcode.PING:
            super().write(encode_frame(Opcode.PONG, frame.payload))
        elif frame.opcode is Opcode.TEXT:
            raise WebSocketError(CloseCode.UNSUPPORTED_DATA, "a message of text")
        elif frame.opcode is Opcode.CLOSE:
            self._close(encode_frame(Opcode.CLOSE, frame.payload[:2]))

    def write(self, data: bytes) -> None:
        if data and not self._is_closing:
            super().write(encode_frame(Opcode.BINARY, data))

    def close(self) -> None:
        self._close(encode_close(CloseCode.NORMAL))

    def _close(self, frame: bytes) -> None:
        if not self._is_closing:
            super().write(frame)
            self._is_closing = True
            super().close()
