"""WebSockets of the user's own APIs: ``ws://…/_aws/execute-api/{api}/{stage}``, or the host ``{api}.execute-api.…``.

The internal operations ``execute-api:Connect``, ``Receive`` and ``Disconnect`` say what becomes of a client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from types import MappingProxyType
from typing import cast

from headwater.gateway.apis import ANYBODY, Address, address_of
from headwater.gateway.messages import HttpRequest
from headwater.gateway.signatures import refused_by_signature
from headwater.languages.websocket import (
    CloseCode,
    Frame,
    FrameDecoder,
    Opcode,
    WebSocketError,
    encode_close,
    encode_frame,
    read_close,
    refusal,
    refuse,
    welcome,
)
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Result
from headwater.spine.sockets import CHANNEL, Drop, Push
from headwater.spine.spans import cause_of

MOST_MESSAGE_BYTES = 128 * 1024
MOST_UNREAD = 4 * 1024 * 1024
_ABNORMAL = 1006
_PHRASES = MappingProxyType({status.value: status.phrase for status in HTTPStatus})


class SocketApis:
    """All WebSockets of a cloud's APIs, by the ids of their connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sockets: dict[str, ApiSocket] = {}
        engine.listen(CHANNEL, self._heard)
        engine.listen("reset", lambda _: self.stop())

    def upgrade(self, request: HttpRequest) -> asyncio.Protocol | None:
        """Take over the HTTP request of a client of an API."""
        address = address_of(request)
        return None if address is None else ApiSocket(self._engine, self._sockets, request, address)

    def stop(self) -> None:
        """Close all. Rows stay as they are, as if the machine had been switched off."""
        for socket in list(self._sockets.values()):
            socket.close(CloseCode.GOING_AWAY, "Going away")

    def _heard(self, message: object) -> None:
        if isinstance(message, Push | Drop) and (socket := self._sockets.get(message.connection)) is not None:
            if isinstance(message, Push):
                socket.push(message.data)
            else:
                socket.close(message.code, message.reason)


class ApiSocket(asyncio.Protocol):
    """One client's WebSocket; it is open once ``Connect`` has said yes."""

    def __init__(self, engine: Engine, sockets: dict[str, ApiSocket], request: HttpRequest, address: Address) -> None:
        self._engine = engine
        self._sockets = sockets
        self._request = request
        self._address = address
        self._decoder = FrameDecoder()
        self._parts: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._connection: str | None = None
        self._is_closing = False
        self._end = (_ABNORMAL, "Connection Closed Abnormally")

    # ---- the socket

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, of the same methods
        request = self._request
        refused = refuse(request.method, request.headers)
        if refused is not None:
            self._turn_away(refused)
            return
        peer = transport.get_extra_info("peername")
        self._submit(
            "Connect",
            {
                "ApiId": self._address.api,
                "Path": self._address.path,
                "Query": request.query,
                "Headers": request.headers,
                "SourceIp": str(peer[0]) if peer else "127.0.0.1",
                "Host": self._address.domain,
                "Refused": refused_by_signature(request),
            },
            self._connected,
            cause_of(request.headers),
        )

    def data_received(self, data: bytes) -> None:
        if self._connection is None or self._is_closing:
            return  # a client has to wait for its welcome
        try:
            for frame in self._decoder.feed(data):
                self._take(frame)
        except WebSocketError as error:
            self.close(error.code, str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._connection is not None:
            self._leave(self._connection)

    # ---- what comes

    def _take(self, frame: Frame) -> None:
        if self._is_closing:
            return
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._parts.append(frame.payload)
            if sum(map(len, self._parts)) > MOST_MESSAGE_BYTES:
                raise WebSocketError(CloseCode.TOO_BIG, "Message too long")
            if frame.is_final:
                body, self._parts = b"".join(self._parts), []
                self._submit("Receive", {"ConnectionId": self._connection, "Body": body}, self._answered)
        elif frame.opcode is Opcode.PING:
            self._write(encode_frame(Opcode.PONG, frame.payload))
            self._submit("Touch", {"ConnectionId": self._connection}, lambda result, error: None)
        elif frame.opcode is Opcode.CLOSE:
            self._end = read_close(frame.payload)
            self._write(encode_frame(Opcode.CLOSE, frame.payload[:2]))
            self._is_closing = True
            self._finish()

    # ---- what the service says

    def _submit(
        self,
        operation: str,
        request: dict[str, object],
        reply: Callable[[Result | None, AwsError | None], None],
        cause: str | None = None,
    ) -> None:
        self._engine.submit(self._engine.find("execute-api", operation), request, ANYBODY, cause, reply)

    def _connected(self, result: Result | None, error: AwsError | None) -> None:
        connection = result.get("ConnectionId") if result is not None else None
        if result is None or connection is None:
            status = result["Status"] if result is not None else 500
            self._turn_away(refusal(f"{status} {_PHRASES.get(status, '')}"))
            return
        if self._transport is None:  # it has gone meanwhile
            self._leave(connection)
            return
        self._connection = connection
        self._sockets[connection] = self
        self._write(welcome(self._request.headers, result.get("Protocol")))

    def _answered(self, result: Result | None, error: AwsError | None) -> None:
        if result is None:
            self.close(1011, "Internal server error")
        elif result.get("Close"):
            self.close(result["Close"])
        elif result.get("Body") is not None:
            self.push(result["Body"])

    def push(self, data: bytes) -> None:
        """Send a message; a client that reads none of them is cut off."""
        if self._transport is None or self._is_closing:
            return
        if self._transport.get_write_buffer_size() > MOST_UNREAD:
            self._transport.abort()
            return
        self._write(encode_frame(Opcode.TEXT if _is_text(data) else Opcode.BINARY, data))

    def close(self, code: int, reason: str = "") -> None:
        if not self._is_closing:
            self._end = (code, reason)
            self._write(encode_close(code, reason))
            self._is_closing = True
            self._finish()

    def _leave(self, connection: str) -> None:
        self._sockets.pop(connection, None)
        if self._engine.stopped:
            return  # the next start finds its row, and tells that it has gone
        code, reason = self._end
        request: dict[str, object] = {"ConnectionId": connection, "Code": code, "Reason": reason}
        self._submit("Disconnect", request, lambda result, error: None)

    def _turn_away(self, response: bytes) -> None:
        self._write(response)
        self._is_closing = True
        self._finish()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._is_closing:
            self._transport.write(data)

    def _finish(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
