"""Where MQTT is listened for. What speaks it is loaded when the first client comes: most clouds never see one."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from headwater.gateway.messages import HttpRequest
from headwater.spine.engine import Engine

if TYPE_CHECKING:
    from headwater.gateway.mqtt.clients import Clients

MQTT_PATH = "/mqtt"
_BACKLOG = 1024
log = logging.getLogger(__name__)


class MqttBroker:
    """Sockets of MQTT; `port` is where TCP is listened on, 0 while it is not, and `problem` then says why."""

    def __init__(self, engine: Engine) -> None:
        self.port = 0
        self.problem: str | None = None
        self._engine = engine
        self._known: Clients | None = None
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen for TCP; port 0 takes any that is free. A port that is taken is told, and is not the end."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: self._clients().over_tcp(host), host, port, backlog=_BACKLOG
            )
        except OSError as error:
            self.problem = f"Cannot listen for MQTT on {host}:{port}: {os.strerror(error.errno or 0)}"
            log.warning(self.problem)
            return
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Say goodbye to everybody. Sessions stay as they are, as if the machine had been switched off."""
        if self._known is not None:
            self._known.eject_all()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def over_tls(self, called: str, certificate: bytes | None) -> asyncio.Protocol:
        """Speak to a client of a TLS port; `certificate` is the one that it has shown (DER), if it has."""
        return self._clients().over_tls(called, certificate)

    def upgrade(self, request: HttpRequest) -> asyncio.Protocol | None:
        """Take over a WebSocket's HTTP request."""
        return self._clients().over_websocket(request) if request.path == MQTT_PATH else None

    def _clients(self) -> Clients:
        if self._known is None:
            from headwater.gateway.mqtt.clients import Clients

            self._known = Clients(self._engine)
        return self._known
