"""WebSockets on the main port: the handshake, frames of bytes in and out, an orderly end (RFC 6455).

The stream within knows nothing of frames: a message may hold several of its packets, and a packet several messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Ping, RejectConnection, Request, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

from headwater.gateway.messages import HttpRequest
from headwater.gateway.streams import Application, SocketStream, Stream

_BAD_REQUEST = 400


class WebSocketStream(SocketStream):
    """A WebSocket as a stream, taken over from the HTTP request that asked for it."""

    def __init__(
        self, request: HttpRequest, subprotocols: Sequence[str], application: Callable[[Stream], Application]
    ) -> None:
        super().__init__(application)
        self._request = request
        self._subprotocols = subprotocols
        self._frames = WSConnection(ConnectionType.SERVER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self._request.headers.items()]
        try:
            self._frames.initiate_upgrade_connection(headers, self._request.path)
        except RemoteProtocolError:
            self._refuse()
            return
        offered = [name for event in self._frames.events() if isinstance(event, Request) for name in event.subprotocols]
        chosen = next((name for name in self._subprotocols if name in offered), None)
        if chosen is None:
            self._refuse()
            return
        super().write(self._frames.send(AcceptConnection(subprotocol=chosen)))
        self._application = self._make(self)

    def _refuse(self) -> None:
        try:
            super().write(self._frames.send(RejectConnection(status_code=_BAD_REQUEST)))
        except LocalProtocolError:  # the request was not even the start of a handshake
            super().write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        super().close()

    def data_received(self, data: bytes) -> None:
        if self._application is None:
            return
        try:
            self._frames.receive_data(data)
            for event in self._frames.events():
                if isinstance(event, BytesMessage):
                    self._application.received(bytes(event.data))
                elif isinstance(event, Ping):
                    super().write(self._frames.send(event.response()))
                elif isinstance(event, TextMessage):
                    self._close(CloseReason.UNSUPPORTED_DATA)
                elif isinstance(event, CloseConnection):
                    super().write(self._frames.send(event.response()))
                    super().close()
        except (LocalProtocolError, RemoteProtocolError):  # frames after the end of frames
            super().close()

    def write(self, data: bytes) -> None:
        if data and self._transport is not None:
            try:
                super().write(self._frames.send(BytesMessage(data)))
            except LocalProtocolError:  # it is closing already
                return

    def close(self) -> None:
        self._close(CloseReason.NORMAL_CLOSURE)

    def _close(self, reason: CloseReason) -> None:
        try:
            super().write(self._frames.send(CloseConnection(reason)))
        except LocalProtocolError:
            pass
        super().close()
