"""What the outcome of a span says: that it went well, that it failed, or that what it looked for is not there.

The last is an answer as any other: a deployment asks first whether a stack or an object exists. Whom it hurts, fails
himself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GOOD = ("ok", "again", None)
_LOOKS = ("Describe", "Get", "List", "Head")
_ABSENT = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist")
_HEAD_ABSENT = "404"
_STACK_ABSENT = "does not exist"  # DescribeStacks has one code for whatever is wrong


def has_failed(name: str, outcome: str | None, notes: Mapping[str, Any]) -> bool:
    """Whether a span of that name failed, or the function that it invoked, though its invocation was answered."""
    if "functionError" in notes:
        return True
    return outcome not in GOOD and not is_absent(name, outcome, notes)


def is_absent(name: str, outcome: str | None, notes: Mapping[str, Any]) -> bool:
    """Whether an operation that looks for something was answered that it is not there."""
    if outcome in GOOD or not name.partition(":")[2].startswith(_LOOKS):
        return False
    if outcome == _HEAD_ABSENT or any(word in str(outcome) for word in _ABSENT):
        return True
    return _STACK_ABSENT in notes.get("error", "")
