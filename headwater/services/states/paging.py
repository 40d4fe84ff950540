"""Pages and their tokens: a token is where the last page ended, opaque to clients."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from headwater.services.states.errors import invalid_token
from headwater.spine.numbers import whole
from headwater.spine.operations import Request, Result

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000


def page_size(request: Request) -> int:
    """maxResults; 0 means the default."""
    return min(request.get("maxResults") or DEFAULT_PAGE, LARGEST_PAGE)


def read_token(request: Request) -> str:
    """Where the former page ended, "" for the first."""
    token = request.get("nextToken")
    if not token:
        return ""
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_token() from None


def read_number(request: Request, first: int) -> int:
    """As `read_token`, for pages that go on at a number."""
    text = read_token(request)
    if not text:
        return first
    number = whole(text)
    if number is None:
        raise invalid_token()
    return number


def next_token(rows: Sequence[Any], limit: int, key: Callable[[Any], Any]) -> Result:
    """`nextToken` where more than `limit` rows were found; it names the page's last."""
    if len(rows) <= limit:
        return {}
    return {"nextToken": make_token(key(rows[limit - 1]))}


def make_token(place: object) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode()
