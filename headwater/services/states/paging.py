"""Pages and their tokens: a token is where the last page ended, opaque to clients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from headwater.services.states.errors import invalid_token
from headwater.spine import pages
from headwater.spine.operations import Request, Result

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000


def page_size(request: Request) -> int:
    """maxResults; 0 means the default."""
    return min(request.get("maxResults") or DEFAULT_PAGE, LARGEST_PAGE)


def read_token(request: Request) -> str:
    """Where the former page ended, "" for the first."""
    token = request.get("nextToken")
    place = pages.read_token(token) if token else ""
    if place is None:
        raise invalid_token()
    return place


def read_number(request: Request, first: int) -> int:
    """As `read_token`, for pages that go on at a number."""
    return pages.read_place(request.get("nextToken"), invalid_token, first)


def next_token(rows: Sequence[Any], limit: int, key: Callable[[Any], Any]) -> Result:
    """`nextToken` where more than `limit` rows were found; it names the page's last."""
    if len(rows) <= limit:
        return {}
    return {"nextToken": pages.make_token(key(rows[limit - 1]))}
