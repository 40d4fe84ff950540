"""A message in the hands of a receiver."""

from __future__ import annotations


class Taken:
    """A message's row as it is received; times in ms, attributes and system attributes as JSON text."""

    __slots__ = (
        "attributes",
        "body",
        "cause",
        "first_received",
        "id",
        "message_id",
        "received",
        "sender",
        "sent",
        "system",
    )

    def __init__(
        self,
        identity: int,
        message_id: str,
        body: str,
        attributes: str | None,
        system: str | None,
        sender: str,
        sent: int,
        received: int,
        first_received: int | None,
        cause: str,
    ) -> None:
        self.id = identity
        self.message_id = message_id
        self.body = body
        self.attributes = attributes
        self.system = system
        self.sender = sender
        self.sent = sent
        self.received = received
        self.first_received = first_received
        self.cause = cause
