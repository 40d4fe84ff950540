"""The listening socket, and an orderly end of its connections."""

from __future__ import annotations

import asyncio

from headwater.gateway.connection import Handler, HttpConnection, connection_factory

_BACKLOG = 1024


class Server:
    """One port for everything that is HTTP."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._connections: set[HttpConnection] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 takes any that is free. OSError where the port is taken."""
        loop = asyncio.get_running_loop()
        factory = connection_factory(self._handler, self._connections)
        self._server = await loop.create_server(factory, host, port, backlog=_BACKLOG)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for connection in list(self._connections):
                connection.close()
            await self._server.wait_closed()
