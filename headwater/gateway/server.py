"""The listening socket, and an orderly end of its connections."""

from __future__ import annotations

import asyncio

from headwater.gateway.connection import Handler, HttpConnection, Shared

_BACKLOG = 1024


class Server:
    """One port for everything that is HTTP."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._shared = Shared()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any that is free. OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        handler, shared = self._handler, self._shared
        self._server = await loop.create_server(lambda: HttpConnection(handler, shared), host, port, backlog=_BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for connection in list(self._shared.connections):
                connection.close()
            await self._server.wait_closed()
