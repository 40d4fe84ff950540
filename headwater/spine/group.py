"""The group: what happens together and is committed together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from headwater.spine.deliveries import Delivery
from headwater.spine.spans import Span


class Marks(NamedTuple):
    """How far a group had come when a savepoint was set."""

    deliveries: int
    cancelled: int
    signals: int
    announcements: int
    after_commit: int


class Group:
    """Everything that waits for the commit of the open transaction."""

    __slots__ = (
        "after_commit",
        "announcements",
        "cancelled",
        "deliveries",
        "is_open",
        "replies",
        "signals",
        "spans",
        "starts",
    )

    def __init__(self) -> None:
        self.is_open = False
        self.clear()

    def clear(self) -> None:
        self.deliveries: list[Delivery] = []
        self.cancelled: list[int] = []
        self.signals: list[object] = []
        self.announcements: list[tuple[str, object]] = []
        self.after_commit: list[Callable[[], None]] = []
        self.spans: list[Span] = []
        # (reply, result, error) of operations, to be sent once they are durable
        self.replies: list[tuple[Callable[[Any, Any], None], Any, Any]] = []
        # coroutines of deliveries and operations, to be started once their rows are durable
        self.starts: list[Callable[[], None]] = []

    def marks(self) -> Marks:
        return Marks(
            len(self.deliveries),
            len(self.cancelled),
            len(self.signals),
            len(self.announcements),
            len(self.after_commit),
        )

    def rewind(self, marks: Marks) -> None:
        """Forget what came after a savepoint; spans stay, for they tell what failed."""
        del self.deliveries[marks.deliveries :]
        del self.cancelled[marks.cancelled :]
        del self.signals[marks.signals :]
        del self.announcements[marks.announcements :]
        del self.after_commit[marks.after_commit :]
