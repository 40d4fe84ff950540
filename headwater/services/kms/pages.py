"""Pages of KMS's listings: ``Limit`` and ``Marker``, answered by ``NextMarker`` and ``Truncated``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from headwater.services.kms.errors import invalid_marker
from headwater.spine.operations import Request, Result
from headwater.spine.pages import page

T = TypeVar("T")


def listed(
    request: Request,
    member: str,
    usual: int,
    fetch: Callable[[str, int], list[T]],
    key: Callable[[T], str],
    show: Callable[[T], Any],
) -> Result:
    """A page under the name ``member``; ``usual``: how many it has where the request does not say."""
    found, marker = page(request.get("Marker"), request.get("Limit") or usual, fetch, key, invalid_marker)
    return {member: [show(each) for each in found], "NextMarker": marker, "Truncated": marker is not None}


def among(items: Sequence[T], key: Callable[[T], str]) -> Callable[[str, int], list[T]]:
    """How to fetch from what is at hand, in the order of its keys."""
    return lambda after, count: [item for item in items if key(item) > after][:count]
