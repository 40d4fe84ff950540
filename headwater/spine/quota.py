"""A quota as the house that keeps to it declares it."""

from __future__ import annotations

from typing import NamedTuple


class Quota(NamedTuple):
    """A number that AWS lets an account ask to have changed: ``events:rules-per-bus``, what it is unless told, and
    what it counts."""

    name: str
    default: int
    counts: str
