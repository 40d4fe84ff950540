"""Pages of a listing: a token holds where a page ended, the text of its last or a number, opaque to clients, and a
checksum by which one that we did not give is told."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import TypeVar
from zlib import crc32

from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole

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
    after = read_token(token) if token else ""
    if after is None:
        raise invalid()
    found = fetch(after, limit + 1)
    if len(found) <= limit:
        return found, None
    return found[:limit], make_token(key(found[limit - 1]))


def read_place(token: str | None, invalid: Callable[[], AwsError], first: int = 0) -> int:
    """The number that a token holds; ``first`` without one."""
    if not token:
        return first
    place = whole(read_token(token) or "")
    if place is None:
        raise invalid()
    return place


def make_token(place: str | int) -> str:
    sealed = str(place).encode()
    return b64encode(crc32(sealed).to_bytes(4, "big") + sealed).decode()


def read_token(token: str) -> str | None:
    """What :func:`make_token` was given, as text; None where it made no such token."""
    try:
        sealed = b64decode(token, validate=True)
        text = sealed[4:].decode()
    except (binascii.Error, ValueError):
        return None
    return text if sealed[:4] == crc32(sealed[4:]).to_bytes(4, "big") else None
