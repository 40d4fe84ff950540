"""A client of WebSocket APIs, for tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import orjson
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)


class SocketClient:
    """Blocking; each call reads what it waits for. ``status`` is that of the handshake."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, protocols: list[str] | None = None) -> None:
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname or "", address.port or 80), timeout=60)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._events = self._read()
        target = address.path + (f"?{address.query}" if address.query else "")
        extra = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self._write(Request(host=address.netloc, target=target, extra_headers=extra, subprotocols=protocols or []))
        first = next(self._events)
        self.status = first.status_code if isinstance(first, RejectConnection) else 101
        self.protocol = first.subprotocol if isinstance(first, AcceptConnection) else None

    def _read(self) -> Iterator[Event]:
        while True:
            yield from self._protocol.events()
            data = self._socket.recv(65536)
            self._protocol.receive_data(data or None)

    def _write(self, event: Event) -> None:
        self._socket.sendall(self._protocol.send(event))

    def send(self, message: Any) -> None:
        """Text or bytes as they are, anything else as JSON."""
        if isinstance(message, bytes):
            self._write(BytesMessage(data=message))
        else:
            self._write(TextMessage(data=message if isinstance(message, str) else orjson.dumps(message).decode()))

    def ping(self) -> None:
        self._write(Ping())

    def receive(self) -> Any:
        """The next message, out of JSON; a CloseConnection where the server ends it."""
        text = ""
        for event in self._events:
            if isinstance(event, CloseConnection):
                return event
            if isinstance(event, TextMessage):
                text += event.data
                if event.message_finished:
                    return orjson.loads(text)
            if isinstance(event, BytesMessage):
                return bytes(event.data)
        raise AssertionError("nothing came")

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        self._write(CloseConnection(code=code, reason=reason))
        self._socket.close()

    def __enter__(self) -> SocketClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
