"""Pages of a listing that is ordered by a text: a token holds the text of the page's last, opaque to clients."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import TypeVar

from headwater.spine.errors import AwsError

T = TypeVar("T")


def page(
    token: str | None,
    limit: int,
    fetch: Callable[[str, int], list[T]],
    key: Callable[[T], str],
    invalid: Callable[[], AwsError],
) -> tuple[list[T], str | None]:
    """``fetch(after, count)`` gives what comes after a key (``""``: the first); ``invalid()`` is the error of a
    token that is none. The second part is the next token, if there is more."""
    try:
        after = b64decode(token, validate=True).decode() if token else ""
    except (binascii.Error, ValueError):
        raise invalid() from None
    found = fetch(after, limit + 1)
    if len(found) <= limit:
        return found, None
    return found[:limit], b64encode(key(found[limit - 1]).encode()).decode()
