"""Sequence numbers, in the form that AWS gives them: 56 digits that grow within a shard.

In hexadecimal: a ``2``, nine digits of the second in which the shard was opened, one of its number, sixteen of the
record's own number, two of nothing, nine of the second in which it came, eight of the shard's number, and a ``2``.
"""

from __future__ import annotations

from typing import NamedTuple

_DIGITS = 47
# What stands at the end of a shard: no record has it.
LAST = 0x7FFFFFFFFFFFFFFF


class Sequence(NamedTuple):
    """``opened`` and ``came`` in seconds; ``record`` the number of the record's row."""

    opened: int
    shard: int
    record: int
    came: int


def sequence_number(opened: int, shard: int, record: int, came: int) -> str:
    """``opened`` and ``came`` in milliseconds."""
    digits = f"2{opened // 1000:09x}{shard & 15:01x}{record:016x}00{came // 1000:09x}{shard:08x}2"
    return str(int(digits, 16))


def parse_sequence(text: str) -> Sequence | None:
    """The parts of a sequence number, None where it is none of ours."""
    if not text.isascii() or not text.isdigit() or len(text) > 60:
        return None
    digits = f"{int(text):x}"
    if len(digits) != _DIGITS or digits[0] != "2" or digits[-1] != "2":
        return None
    opened, record, came, shard = (int(digits[start:end], 16) for start, end in ((1, 10), (11, 27), (29, 38), (38, 46)))
    return Sequence(opened, shard, record, came)
