"""Streams of bytes that something speaks over, whatever carries them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, cast


class Stream(Protocol):
    """Where bytes go: a TCP socket or a WebSocket."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def unsent(self) -> int:
        """Bytes that wait for the peer to take them."""
        ...

    @property
    def peer(self) -> str:
        """The peer's address."""
        ...


class Application(Protocol):
    """What speaks over a stream."""

    def received(self, data: bytes) -> None: ...

    def lost(self) -> None: ...


class SocketStream(asyncio.Protocol):
    """A TCP socket as a stream."""

    def __init__(self, application: Callable[[Stream], Application]) -> None:
        self._make = application
        self._transport: asyncio.Transport | None = None
        self._application: Application | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, of the same methods
        self._application = self._make(self)

    def data_received(self, data: bytes) -> None:
        if self._application is not None:
            self._application.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._application is not None:
            self._application.lost()

    def write(self, data: bytes) -> None:
        if self._transport is not None and data:
            self._transport.write(data)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def pause_reading(self) -> None:
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def unsent(self) -> int:
        return self._transport.get_write_buffer_size() if self._transport is not None else 0

    @property
    def peer(self) -> str:
        name = self._transport.get_extra_info("peername") if self._transport is not None else None
        return str(name[0]) if name else "127.0.0.1"
