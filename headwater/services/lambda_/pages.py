"""Paging as Lambda does it: ``MaxItems`` and ``Marker`` in, ``NextMarker`` out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine import pages
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request

Row = tuple[Any, ...]


def page(request: Request, rows: Callable[[str, int], list[Row]], most: int = 10_000) -> tuple[list[Row], str | None]:
    """One page. ``rows(after, limit)`` gives those whose first column comes after a text."""
    limit = min(request.get("MaxItems") or most, most)
    try:
        return pages.page(request.get("Marker"), limit, rows, lambda row: str(row[0]), _invalid)
    except ValueError:  # the marker of another listing: no number where one is due
        raise _invalid() from None


def _invalid() -> AwsError:
    return invalid_parameter("Invalid Marker")
