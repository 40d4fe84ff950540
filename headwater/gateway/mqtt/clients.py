"""All MQTT connections of a cloud, and handing what the service announces to those that it is for."""

from __future__ import annotations

import asyncio

from headwater.gateway.identity import Callers, credential_of, scope_of
from headwater.gateway.messages import HttpRequest
from headwater.gateway.mqtt.client import Client, Origin
from headwater.gateway.mqtt.outgoing import Encoded
from headwater.gateway.signatures import refused_by_signature
from headwater.gateway.streams import SocketStream, Stream
from headwater.gateway.websocket import Refusal, WebSocketStream
from headwater.languages.mqtt.pushes import CHANNEL, Eject, Push
from headwater.languages.mqtt.reasons import Reason
from headwater.spine.engine import SYSTEM, Engine

_SUBPROTOCOLS = ("mqtt", "mqttv3.1")  # the second is what some old clients call the first


class Clients:
    """Those who are connected, by the names that they are given here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._clients: dict[str, Client] = {}
        self._callers = Callers()
        engine.listen(CHANNEL, self._heard)
        engine.listen("reset", lambda _: self.eject_all())

    def over_tcp(self, host: str) -> asyncio.Protocol:
        """Speak to a client of plain TCP: nothing says whose it is."""
        return self._speak(Origin(SYSTEM, False, None, host))

    def over_tls(self, called: str, certificate: bytes | None) -> asyncio.Protocol:
        """Speak to a client of a TLS port; `certificate` is the one that it has shown (DER), if it has."""
        return self._speak(Origin(SYSTEM, False, None, called, certificate))

    def over_websocket(self, request: HttpRequest) -> asyncio.Protocol:
        """Take over a WebSocket's HTTP request, unless it is signed in a way that AWS would not take."""
        if refused_by_signature(request) is not None:
            return Refusal("403 Forbidden")
        scope = scope_of(request, credential_of(request.headers))
        origin = Origin(
            self._callers.find(scope),
            bool(scope.access_key),
            {"QueryString": request.query, "Headers": request.headers},
            request.headers.get("host", "").partition(":")[0],
        )
        return WebSocketStream(request, _SUBPROTOCOLS, lambda stream: self._new_client(stream, origin))

    def eject_all(self) -> None:
        for client in list(self._clients.values()):
            client.eject(Reason.SERVER_SHUTTING_DOWN)

    def _speak(self, origin: Origin) -> asyncio.Protocol:
        return SocketStream(lambda stream: self._new_client(stream, origin))

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
