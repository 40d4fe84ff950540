"""The ports of TLS: HTTPS with everything that the main port has, and MQTT with client certificates.

As on AWS's port 443, a client says by ALPN what it speaks on the first. SDKs do so on the port 443 only: on another it
is seen by how they begin. https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple, cast

from headwater.gateway.connection import Handler, HttpConnection, Shared
from headwater.gateway.mqtt import MqttBroker
from headwater.gateway.tls import CannotListen
from headwater.gateway.tls.authority import Authority
from headwater.gateway.tls.contexts import Contexts
from headwater.gateway.tls.devices import DeviceHandler
from headwater.languages.mqtt.pushes import TRUST_CHANNEL, Trusted
from headwater.spine.engine import SYSTEM, Engine

_BACKLOG = 1024
_HANDSHAKE_WITHIN = 30  # seconds
_GOODBYE_WITHIN = 2
_FEW = 64
_MQTT_BY_CERTIFICATE, _MQTT_BY_AUTHORIZER = "x-amzn-mqtt-ca", "mqtt"
_CONNECT = b"\x10"  # what every client of MQTT begins with, and none of HTTP
_ON_HTTPS = ("http/1.1", _MQTT_BY_CERTIFICATE, _MQTT_BY_AUTHORIZER, "x-amzn-http-ca")
_ON_MQTTS = (_MQTT_BY_CERTIFICATE, _MQTT_BY_AUTHORIZER)


class Peer(NamedTuple):
    """Who is at the other end: the certificate that it has shown (DER), the name that it called, what it speaks."""

    certificate: bytes | None
    called: str
    speaks: str | None


# what a client speaks from now on, by its first byte; None: it is not let in
Choose = Callable[[Peer, bytes], asyncio.Protocol | None]


class TlsListeners:
    """Both ports; each is 0 while it is not listened on."""

    def __init__(self, engine: Engine, handler: Handler, mqtt: MqttBroker, folder: Path, host: str) -> None:
        self.authority = Authority(folder)
        self.https_port = self.mqtts_port = 0
        self._engine = engine
        self._handler = handler
        self._mqtt = mqtt
        self._host = host
        self._shared = Shared()
        self._contexts: list[Contexts] = []
        self._servers: list[asyncio.Server] = []
        self._transports: list[asyncio.Transport] = []
        self._prune_at = _FEW
        self._ends: list[Callable[[], None]] = []

    async def start(self, https_port: int | None, mqtts_port: int | None) -> None:
        """Port 0 takes any that is free. CannotListen where one is taken."""
        self._ends = [self._engine.listen(TRUST_CHANNEL, self._heard), self._engine.listen("reset", self._reset)]
        if https_port is not None:
            self.https_port = await self._listen(https_port, _ON_HTTPS, False, self._on_https)
        if mqtts_port is not None:
            self.mqtts_port = await self._listen(mqtts_port, _ON_MQTTS, True, self._on_mqtts)
        self._ask_whom_to_trust()

    async def _listen(self, port: int, protocols: Sequence[str], required: bool, choose: Choose) -> int:
        contexts = Contexts(self.authority, _addresses(self._host), protocols, required)
        self._contexts.append(contexts)
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: _Front(contexts, choose, self._came),
                self._host,
                port,
                backlog=_BACKLOG,
                ssl=contexts.default,
                ssl_handshake_timeout=_HANDSHAKE_WITHIN,
                ssl_shutdown_timeout=_GOODBYE_WITHIN,
            )
        except OSError as error:
            raise CannotListen(
                f"Cannot listen for TLS on {self._host}:{port}: {os.strerror(error.errno or 0)}"
            ) from error
        self._servers.append(server)
        taken: int = server.sockets[0].getsockname()[1]
        return taken

    async def stop(self) -> None:
        for end in self._ends:
            end()
        for server in self._servers:
            server.close()
        await asyncio.sleep(0)  # what was written to them as a goodbye is sent
        for transport in self._transports:
            transport.abort()  # no client is waited for to agree to the end

    def _came(self, transport: asyncio.Transport) -> None:
        """Remember it; now and then, forget those that are gone."""
        if len(self._transports) >= self._prune_at:
            self._transports = [known for known in self._transports if not known.is_closing()]
            self._prune_at = 2 * len(self._transports) + _FEW
        self._transports.append(transport)

    # ---- who comes

    def _on_https(self, peer: Peer, first: bytes) -> asyncio.Protocol | None:
        if peer.speaks == _MQTT_BY_CERTIFICATE:
            return self._on_mqtts(peer, first)
        if peer.speaks == _MQTT_BY_AUTHORIZER:
            return self._mqtt.over_tls(peer.called or self._host, None)
        if first == _CONNECT:
            return self._mqtt.over_tls(peer.called or self._host, peer.certificate)
        handler = self._handler
        if peer.certificate is not None:
            handler = DeviceHandler(handler, self._engine, peer.certificate)
        return HttpConnection(handler, self._shared)

    def _on_mqtts(self, peer: Peer, _: bytes) -> asyncio.Protocol | None:
        if peer.certificate is None:
            return None
        return self._mqtt.over_tls(peer.called or self._host, peer.certificate)

    # ---- who vouches for them

    def _heard(self, message: object) -> None:
        if isinstance(message, Trusted):
            for contexts in self._contexts:
                contexts.trust(message.certificate)

    def _reset(self, _: object) -> None:
        for contexts in self._contexts:
            contexts.forget()
        self._ask_whom_to_trust()

    def _ask_whom_to_trust(self) -> None:
        operation = self._engine.find("iot-mqtt", "ListTrusted")
        self._engine.submit(
            operation, {}, SYSTEM, None, lambda result, _: self._told(result["Certificates"] if result else ())
        )

    def _told(self, certificates: Sequence[str]) -> None:
        for contexts in self._contexts:
            for certificate in certificates:
                contexts.trust(certificate)


class _Front(asyncio.Protocol):
    """Is there until the client has begun to speak; then what it speaks takes over."""

    def __init__(self, contexts: Contexts, choose: Choose, came: Callable[[asyncio.Transport], None]) -> None:
        self._contexts = contexts
        self._choose = choose
        self._came = came
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class, of the same methods
        self._came(self._transport)

    def data_received(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        connection: ssl.SSLObject = transport.get_extra_info("ssl_object")
        certificate = connection.getpeercert(binary_form=True)
        peer = Peer(certificate, self._contexts.called(connection), connection.selected_alpn_protocol())
        successor = self._choose(peer, data[:1])
        if successor is None:
            transport.close()
            return
        transport.set_protocol(successor)
        successor.connection_made(transport)
        successor.data_received(data)


def _addresses(host: str) -> tuple[str, ...]:
    """The host that is listened on, where it is an address that a client may call."""
    try:
        address = ip_address(host)
    except ValueError:
        return (host,)
    return () if address.is_unspecified or address.is_loopback else (host,)
