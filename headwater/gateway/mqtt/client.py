"""One client's connection: packets to operations of the service, their outcome and the service's pushes to packets.

Nothing here is durable, and nothing is acknowledged before the operation that it asked for is committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

from headwater.gateway.mqtt.outgoing import Encoded, Outgoing
from headwater.gateway.mqtt.timers import KeepAlive
from headwater.gateway.streams import Stream
from headwater.languages.mqtt import Connection, ProtocolError, Reason
from headwater.languages.mqtt.connection import State
from headwater.languages.mqtt.packets import (
    VERSION_5,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    UnsubAck,
    Unsubscribe,
)
from headwater.languages.mqtt.pushes import Receiver
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller, Request, Result

_CONNECT_WITHIN = 30  # seconds


class Origin(NamedTuple):
    """Where a connection comes from. `http` is None, or QueryString and Headers of a WebSocket's request;
    `certificate` the one that its client has shown (DER), if it has."""

    caller: Caller
    signed: bool
    http: Mapping[str, Any] | None
    server_name: str
    certificate: bytes | None = None


class Client:
    """`forget` is called once, when the connection is over."""

    def __init__(self, engine: Engine, name: str, stream: Stream, origin: Origin, forget: Callable[[], object]) -> None:
        self._engine = engine
        self._name = name
        self._stream = stream
        self._origin = origin
        self._forget = forget
        self._caller = origin.caller
        self._connection = Connection()
        self._session = 0
        self._outgoing: Outgoing | None = None
        self._is_over = False
        # sockets are of the real world, so that their silence is measured by the loop's time, not by the clock
        self._silence = KeepAlive(asyncio.get_running_loop(), _CONNECT_WITHIN, self._silent)
        self._lifetime: Any = None

    # ---- from the socket

    def received(self, data: bytes) -> None:
        self._silence.heard()
        packets = self._connection.receive(data)
        if self._connection.state is not State.CONNECTING:
            self._take(packets)

    def _take(self, packets: Iterator[Packet]) -> None:
        try:
            for packet in packets:
                self._HANDLERS[type(packet)](self, packet)
                if self._is_over or self._connection.state is State.CONNECTING:
                    return
        except ProtocolError as error:
            self._end(error.reason, str(error))

    def lost(self) -> None:
        """The socket is gone."""
        self._over(Reason.UNSPECIFIED_ERROR)

    # ---- packets

    def _connect(self, packet: Connect) -> None:
        self._stream.pause_reading()
        request = {
            "ConnectionId": self._name,
            "Packet": packet,
            "Http": self._origin.http,
            "Signed": self._origin.signed,
            "SourceIp": self._stream.peer,
            "ServerName": self._origin.server_name,
            "Certificate": self._origin.certificate,
        }
        self._submit("Connect", request, lambda result, error: self._connected(packet, result, error))

    def _connected(self, asked: Connect, result: Result | None, error: AwsError | None) -> None:
        if result is None:
            self._refused(error)
            return
        self._session = result["SessionId"]
        self._caller = Caller(result["Account"], result["Region"], self._origin.caller.principal)
        if self._is_over:  # it went away while it was asked about
            self._disconnect(Reason.UNSPECIFIED_ERROR, None)
            return
        seconds = self._connection.limits.keep_alive(asked.keep_alive)
        self._silence.stop()
        self._silence = KeepAlive(asyncio.get_running_loop(), seconds * 1.5, self._silent)
        if result["Lifetime"] is not None:
            until = self._engine.clock.now() + result["Lifetime"] * 1000
            self._lifetime = self._engine.clock.call_at(until, self._outlived)
        self._outgoing = Outgoing(self._stream, self._connection, asked, self._fetch)
        self._stream.write(self._connection.accept(result["SessionPresent"], _told(asked, result, seconds)))
        if result["SessionPresent"]:
            self._outgoing.look()
        self._stream.resume_reading()
        self._take(self._connection.receive(b""))

    def _publish(self, packet: Publish) -> None:
        def answer(result: Result | None, error: AwsError | None) -> None:
            if error is None and result is not None:
                reason = Reason.SUCCESS if result["Receivers"] else Reason.NO_MATCHING_SUBSCRIBERS
            elif packet.qos and self._connection.version == VERSION_5:
                reason = _reason_of(error)
            else:
                self._refused(error)
                return
            if packet.qos:
                self._send(PubAck(packet.packet_id, reason))

        self._submit("Publish", {"SessionId": self._session, "Packet": packet}, answer)

    def _acknowledged(self, packet: PubAck) -> None:
        if self._outgoing is None:
            return
        queued = self._outgoing.acknowledged(packet.packet_id)
        if queued:
            self._submit("Acknowledge", {"SessionId": self._session, "Id": queued}, _ignore)

    def _subscribe(self, packet: Subscribe) -> None:
        def answer(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                self._refused(error)
                return
            self._send(SubAck(packet.packet_id, result["Reasons"]))
            if self._outgoing is not None and not self._is_over:
                for kept in result["Retained"]:
                    message = Publish(kept["Topic"], kept["Payload"], properties=kept["Properties"])
                    self._outgoing.push(message, Receiver(self._name, kept["Qos"], True, 0), {})
                if result["Backlog"]:
                    self._outgoing.look()

        self._submit("Subscribe", {"SessionId": self._session, "Packet": packet}, answer)

    def _unsubscribe(self, packet: Unsubscribe) -> None:
        def answer(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                self._refused(error)
            else:
                self._send(UnsubAck(packet.packet_id, result["Reasons"]))

        self._submit("Unsubscribe", {"SessionId": self._session, "Filters": packet.filters}, answer)

    def _ping(self, packet: PingReq) -> None:
        self._send(PingResp())

    def _said_goodbye(self, packet: Disconnect) -> None:
        self._stream.close()
        self._over(packet.reason, packet.properties.get("session_expiry_interval"))

    _HANDLERS: ClassVar[Mapping[type[Packet], Callable[[Client, Any], None]]] = {
        Connect: _connect,
        Publish: _publish,
        PubAck: _acknowledged,
        Subscribe: _subscribe,
        Unsubscribe: _unsubscribe,
        PingReq: _ping,
        Disconnect: _said_goodbye,
    }

    # ---- from the service

    def push(self, packet: Publish, receiver: Receiver, encoded: Encoded) -> None:
        """A message for this client; `encoded` is shared by all whom it goes to."""
        if self._outgoing is not None and not self._is_over:
            self._outgoing.push(packet, receiver, encoded)

    def eject(self, reason: int) -> None:
        """End without the service being told: it is the service that says so."""
        self._session = 0
        self._end(reason, None)

    def _fetch(self, after: int, limit: int, reply: Callable[[list[dict[str, Any]]], None]) -> None:
        def answer(result: Result | None, error: AwsError | None) -> None:
            if not self._is_over:
                reply(result["Messages"] if result is not None else [])

        self._submit("Receive", {"SessionId": self._session, "After": after, "Limit": limit}, answer)

    # ---- the end

    def _silent(self) -> None:
        self._end(Reason.KEEP_ALIVE_TIMEOUT, None)

    def _outlived(self) -> None:
        self._end(Reason.MAXIMUM_CONNECT_TIME, None)

    def _refused(self, error: AwsError | None) -> None:
        self._end(_reason_of(error), error.message if error else None)

    def _end(self, reason: int, explanation: str | None) -> None:
        if not self._is_over:
            self._stream.write(self._connection.refuse(reason, explanation))
            self._stream.close()
            self._over(reason)

    def _over(self, reason: int, expiry: int | None = None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._silence.stop()
        if self._lifetime is not None:
            self._lifetime.cancel()
        self._forget()
        if self._session:
            self._disconnect(reason, expiry)

    def _disconnect(self, reason: int, expiry: int | None) -> None:
        request = {"SessionId": self._session, "ConnectionId": self._name, "Reason": reason, "Expiry": expiry}
        self._submit("Disconnect", request, _ignore)

    # ---- both ways

    def _send(self, packet: Packet) -> None:
        if not self._is_over:
            self._stream.write(self._connection.encode(packet))

    def _submit(self, name: str, request: Request, reply: Callable[[Result | None, AwsError | None], None]) -> None:
        operation = self._engine.find("iot-mqtt", name)
        self._engine.submit(operation, request, self._caller, None, reply)


def _ignore(result: Result | None, error: AwsError | None) -> None:
    """For what the client is not told of: the engine has noted how it ended."""


def _told(asked: Connect, result: Result, keep_alive: int) -> dict[str, Any]:
    """What CONNACK says where it is not as the client asked."""
    told: dict[str, Any] = {}
    if not asked.client_id:
        told["assigned_client_identifier"] = result["ClientId"]
    if keep_alive != asked.keep_alive:
        told["server_keep_alive"] = keep_alive
    if result["Expiry"] != asked.properties.get("session_expiry_interval", 0):
        told["session_expiry_interval"] = result["Expiry"]
    return told


def _reason_of(error: AwsError | None) -> Reason:
    if error is None:
        return Reason.UNSPECIFIED_ERROR
    return Reason.NOT_AUTHORIZED if error.code == "UnauthorizedException" else Reason.SERVER_UNAVAILABLE
