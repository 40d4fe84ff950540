"""All MQTT connections of a cloud: listening, and handing what the service announces to those that it is for."""

from __future__ import annotations

import asyncio
import logging
import os

from headwater.gateway.identity import Callers, credential_of, scope_of
from headwater.gateway.messages import HttpRequest
from headwater.gateway.mqtt.client import Client, Origin
from headwater.gateway.mqtt.outgoing import Encoded
from headwater.gateway.streams import SocketStream, Stream
from headwater.gateway.websocket import WebSocketStream
from headwater.languages.mqtt.pushes import CHANNEL, Eject, Push
from headwater.languages.mqtt.reasons import Reason
from headwater.spine.engine import SYSTEM, Engine

MQTT_PATH = "/mqtt"
_SUBPROTOCOLS = ("mqtt", "mqttv3.1")  # the second is what some old clients call the first
_BACKLOG = 1024
log = logging.getLogger(__name__)


class MqttBroker:
    """Sockets of MQTT; `port` is where TCP is listened on, 0 while it is not, and `problem` then says why."""

    def __init__(self, engine: Engine) -> None:
        self.port = 0
        self.problem: str | None = None
        self._engine = engine
        self._clients: dict[str, Client] = {}
        self._callers = Callers()
        self._server: asyncio.Server | None = None
        engine.listen(CHANNEL, self._heard)
        engine.listen("reset", lambda _: self._close_all())

    async def start(self, host: str, port: int) -> None:
        """Listen for TCP; port 0 takes any that is free. A port that is taken is told, and is not the end."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: SocketStream(lambda stream: self._new_client(stream, _plain(host))),
                host,
                port,
                backlog=_BACKLOG,
            )
        except OSError as error:
            self.problem = f"Cannot listen for MQTT on {host}:{port}: {os.strerror(error.errno or 0)}"
            log.warning(self.problem)
            return
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Say goodbye to everybody. Sessions stay as they are, as if the machine had been switched off."""
        self._close_all()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def over_tls(self, called: str, certificate: bytes | None) -> asyncio.Protocol:
        """Speak to a client of a TLS port; `certificate` is the one that it has shown (DER), if it has."""
        origin = Origin(SYSTEM, False, None, called, certificate)
        return SocketStream(lambda stream: self._new_client(stream, origin))

    def upgrade(self, request: HttpRequest) -> asyncio.Protocol | None:
        """Take over a WebSocket's HTTP request."""
        if request.path != MQTT_PATH:
            return None
        scope = scope_of(request, credential_of(request.headers))
        origin = Origin(
            self._callers.find(scope),
            bool(scope.access_key),
            {"QueryString": request.query, "Headers": request.headers},
            request.headers.get("host", "").partition(":")[0],
        )
        return WebSocketStream(request, _SUBPROTOCOLS, lambda stream: self._new_client(stream, origin))

    def _new_client(self, stream: Stream, origin: Origin) -> Client:
        name = self._engine.ids.uuid()
        client = Client(self._engine, name, stream, origin, lambda: self._clients.pop(name, None))
        self._clients[name] = client
        return client

    def _heard(self, message: object) -> None:
        if isinstance(message, Push):
            packet = message.packet
            encoded: Encoded = {}
            for receiver in message.receivers:
                client = self._clients.get(receiver.connection)
                if client is not None:
                    client.push(packet, receiver, encoded)
        elif isinstance(message, Eject):
            client = self._clients.get(message.connection)
            if client is not None:
                client.eject(message.reason)

    def _close_all(self) -> None:
        for client in list(self._clients.values()):
            client.eject(Reason.SERVER_SHUTTING_DOWN)


def _plain(host: str) -> Origin:
    """Where a client of plain TCP comes from: nothing says whose it is."""
    return Origin(SYSTEM, False, None, host)
