"""Pages of IoT's lists: by ``maxResults`` and ``nextToken``, or by ``pageSize`` and ``marker``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from headwater.services.iot.errors import invalid_request, page_size
from headwater.spine.operations import Request
from headwater.spine.pages import page

T = TypeVar("T")

Fetch = Callable[[str, int], list[T]]
"""What comes after a name, so many at most."""


def list_page(
    request: Request, fetch: Fetch[T], key: Callable[[T], str], most: int, size: str = "maxResults"
) -> tuple[list[T], str | None]:
    """A page, of up to ``most``, and the next one's token; InvalidRequestException for a token that is none."""
    limit = page_size(request, size, most)
    return page(request.get("nextToken"), limit, fetch, key, lambda: invalid_request("The nextToken is invalid."))


def marked_page(request: Request, fetch: Fetch[T], key: Callable[[T], str], most: int) -> tuple[list[T], str | None]:
    """Likewise, where a page's end is called a marker."""
    limit = page_size(request, "pageSize", most)
    return page(request.get("marker"), limit, fetch, key, lambda: invalid_request("The marker is invalid."))


def first(row: tuple[Any, ...]) -> str:
    """The key of rows that begin with it."""
    return str(row[0])


def from_memory(names: Iterable[str]) -> Fetch[str]:
    """Of names in order, those after one."""
    return lambda after, count: [name for name in names if name > after][:count]
