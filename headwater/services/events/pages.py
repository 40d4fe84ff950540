"""Pages of a listing: by name, after the name that the token holds."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import TypeVar

from headwater.services.events.errors import validation
from headwater.spine.operations import Request

T = TypeVar("T")
MOST = 100


def page(
    request: Request, fetch: Callable[[str, int], list[T]], name: Callable[[T], str]
) -> tuple[list[T], dict[str, str]]:
    """``fetch(after, count)`` gives what comes after a name; the second part holds ``NextToken``, if any."""
    limit = request.get("Limit") or MOST
    found = fetch(_after(request.get("NextToken")), limit + 1)
    if len(found) <= limit:
        return found, {}
    return found[:limit], {"NextToken": b64encode(name(found[limit - 1]).encode()).decode()}


def _after(token: str | None) -> str:
    try:
        return b64decode(token, validate=True).decode() if token else ""
    except (binascii.Error, UnicodeDecodeError):
        raise validation("Parameter NextToken is not valid.") from None
