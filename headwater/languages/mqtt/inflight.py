"""QoS 1 on its way to a client: packet identifiers and how many may be unacknowledged."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Inflight(Generic[T]):
    """A window of `maximum` messages, each with what the sender wants back once it is acknowledged."""

    __slots__ = ("_last", "_maximum", "_pending")

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._pending: dict[int, T] = {}
        self._last = 0

    @property
    def room(self) -> int:
        return self._maximum - len(self._pending)

    def send(self, token: T) -> int:
        """A free packet identifier for a message. There must be room."""
        if not self.room:
            raise ValueError("the window of unacknowledged messages is full")
        identifier = self._last
        while True:
            identifier = identifier % 0xFFFF + 1
            if identifier not in self._pending:
                break
        self._last = identifier
        self._pending[identifier] = token
        return identifier

    def acknowledge(self, identifier: int) -> T | None:
        """The token of a message that has arrived; None for an identifier that is not in use."""
        return self._pending.pop(identifier, None)
