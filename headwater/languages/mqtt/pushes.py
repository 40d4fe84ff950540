"""What a broker's state tells the sockets: how the service and the gateway speak of live connections.

A connection is named by text that the gateway made up when the client connected.
"""

from __future__ import annotations

from typing import NamedTuple

from headwater.languages.mqtt.packets import Publish

CHANNEL = "iot-mqtt"
TRUST_CHANNEL = "iot-trust"


class Receiver(NamedTuple):
    """One connection that gets a message. ``queued`` names the row that its PUBACK removes, 0: there is none."""

    connection: str
    qos: int
    retain: bool
    queued: int


class Push(NamedTuple):
    """A message for connections; the packet's own QoS, RETAIN and packet identifier mean nothing."""

    packet: Publish
    receivers: tuple[Receiver, ...]


class Eject(NamedTuple):
    """A connection that must end, and the reason code that it is told."""

    connection: str
    reason: int


class Trusted(NamedTuple):
    """A certificate, as PEM, that vouches for devices: an authority's, or a device's own."""

    certificate: str
