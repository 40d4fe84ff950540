"""Paging as Lambda does it: ``MaxItems`` and ``Marker`` in, ``NextMarker`` out."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from headwater.services.lambda_.errors import invalid_parameter
from headwater.spine.operations import Request

Row = tuple[Any, ...]


def page(request: Request, rows: Callable[[str, int], list[Row]], most: int = 10_000) -> tuple[list[Row], str | None]:
    """One page. ``rows(after, limit)`` gives those whose first column comes after a text."""
    limit = min(request.get("MaxItems") or most, most)
    try:
        found = rows(_read(request.get("Marker")), limit + 1)
    except ValueError:  # not base64, not text, or no number where one is due
        raise invalid_parameter("Invalid Marker") from None
    if len(found) <= limit:
        return found, None
    return found[:limit], base64.urlsafe_b64encode(str(found[limit - 1][0]).encode()).decode()


def _read(marker: str | None) -> str:
    return base64.urlsafe_b64decode(marker).decode() if marker else ""
