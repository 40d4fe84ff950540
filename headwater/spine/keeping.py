"""How much of the past is kept: spans, records and deliveries given up, by their age and by their bytes.

What is written is counted in segments; the oldest segment goes as a whole, at most one with each commit, so that
forgetting costs about as much as writing did. Ids rise with time, so a segment is all rows up to an id.
"""

from __future__ import annotations

import re
from collections import deque
from typing import NamedTuple

from headwater.languages.durations import parse_duration
from headwater.spine import versions
from headwater.spine.ids import instant_of
from headwater.spine.store import Transaction

SCHEMA = ("CREATE TABLE kept_segments (last_id BIGINT PRIMARY KEY, bytes BIGINT NOT NULL);",)
_SEGMENTS = "SELECT last_id, bytes FROM kept_segments ORDER BY last_id"
_INSERT = "INSERT INTO kept_segments (last_id, bytes) VALUES (?, ?)"
_DELETE = "DELETE FROM kept_segments WHERE last_id <= ?"
_FORGET = tuple(
    f"DELETE FROM {table} WHERE id <= ?" for table in ("spans", "records", "records_late", "dead_deliveries")
)
_LARGEST_SEGMENT = 1 << 20
_SEGMENTS_OF_ALL = 32  # a segment is no larger a part of what may be kept, in bytes and in time
_UNITS = {"b": 0, "kib": 10, "mib": 20, "gib": 30, "tib": 40, "kb": 10, "mb": 20, "gb": 30, "tb": 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-zA-Z]+)")


class Keep(NamedTuple):
    """The longest age in ms, and the most bytes (about)."""

    age: int = 7 * 86_400_000
    bytes: int = 1 << 30


DEFAULT_KEEP = Keep()


def parse_keep(*texts: str) -> Keep:
    """``7d``, ``1GiB``, or one of each; what none of them says stays as it is by default.

    ValueError says what is wrong.
    """
    keep = DEFAULT_KEEP
    for text in texts:
        size = _SIZE.fullmatch(text.strip())
        if size is not None and size[2].lower() in _UNITS:
            keep = keep._replace(bytes=int(float(size[1]) * (1 << _UNITS[size[2].lower()])))
        else:
            try:
                keep = keep._replace(age=parse_duration(text))
            except ValueError:
                raise ValueError(f"{text} is neither a length of time (7d) nor a size (1GiB).") from None
    return keep


class Retention:
    """Forgets the oldest as new comes. Its counts are those of the rows, but for the newest segment's."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self._segments: deque[tuple[int, int]] = deque()
        self._closed = 0  # bytes in segments
        self._open = 0  # bytes since the last of them
        self._began = 0  # when the open one began, ms
        self._last_id = 0  # of what was written last

    def load(self, store: Transaction, now: int) -> None:
        self._segments = deque((last, size) for last, size in store.all(_SEGMENTS))
        self._closed = sum(size for _, size in self._segments)
        self._open, self._began = 0, now

    def wrote(self, store: Transaction, size: int, last_id: int, now: int) -> None:
        """So many bytes were written in this transaction, up to this id."""
        if now - self._began >= self.keep.age // _SEGMENTS_OF_ALL:
            if self._open:
                self._close(store, self._last_id)
            self._began = now
        self._open += size
        self._last_id = last_id
        if self._open >= min(_LARGEST_SEGMENT, self.keep.bytes // _SEGMENTS_OF_ALL):
            self._close(store, last_id)
        segments = self._segments
        if segments and (
            instant_of(segments[0][0]) < now - self.keep.age or self._closed + self._open > self.keep.bytes
        ):
            self._forget(store)

    def _close(self, store: Transaction, last_id: int) -> None:
        if self._segments and self._segments[-1][0] >= last_id:
            return
        store.run(_INSERT, (last_id, self._open))
        self._segments.append((last_id, self._open))
        self._closed += self._open
        self._open = 0

    def _forget(self, store: Transaction) -> None:
        last_id, size = self._segments.popleft()
        self._closed -= size
        store.run(_DELETE, (last_id,))
        for statement in _FORGET:
            store.run(statement, (last_id,))
        versions.forget(store, last_id)
