"""What a signature is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Message(NamedTuple):
    """A request as it was sent: ``path`` and ``query`` percent-encoded, ``headers`` with lower-case names, all text
    a character for each byte (Latin-1)."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
