"""What is said to clients' WebSockets, from the service that knows of it to the gateway that holds the sockets."""

from __future__ import annotations

from typing import NamedTuple

CHANNEL = "execute-api.connections"


class Push(NamedTuple):
    """A message for the client of a connection."""

    connection: str
    data: bytes


class Drop(NamedTuple):
    """The connection is to end, with a close code of RFC 6455."""

    connection: str
    code: int
    reason: str = ""
