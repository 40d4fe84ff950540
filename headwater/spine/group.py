"""The group: what happens together and is committed together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.spine import records
from headwater.spine.deliveries import Delivery
from headwater.spine.spans import Span

# How far a group had come when a savepoint was set: the lengths of its lists.
Marks = tuple[int, int, int, int, int, int]


class Group:
    """Everything that waits for the commit of the open transaction."""

    __slots__ = (
        "after_commit",
        "announcements",
        "cancelled",
        "deliveries",
        "is_open",
        "records",
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
        self.records: list[records.Row] = []
        # (reply, result, error) of operations, to be sent once they are durable
        self.replies: list[tuple[Callable[[Any, Any], None], Any, Any]] = []
        # coroutines of deliveries and operations, to be started once their rows are durable
        self.starts: list[Callable[[], None]] = []

    def marks(self) -> Marks:
        return (
            len(self.deliveries),
            len(self.cancelled),
            len(self.signals),
            len(self.announcements),
            len(self.after_commit),
            len(self.records),
        )

    def rewind(self, marks: Marks) -> None:
        """Forget what came after a savepoint; spans stay, for they tell what failed."""
        lists: tuple[list[Any], ...] = (
            self.deliveries,
            self.cancelled,
            self.signals,
            self.announcements,
            self.after_commit,
            self.records,
        )
        for kept, things in zip(marks, lists, strict=True):
            del things[kept:]
