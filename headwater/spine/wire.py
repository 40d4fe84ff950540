"""Requests in AWS's own wire protocols from inside: what a service sends to another one as a client would.

API Gateway's integrations of type AWS are such requests. The gateway carries them out; the composition hands it to
the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from headwater.spine.operations import Caller


class WireRequest(NamedTuple):
    """An HTTP request to a service by its name in the catalogue.

    ``path`` and ``query`` are percent-encoded, without the question mark; ``headers`` have lower-case names.
    """

    service: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class WireAnswer(NamedTuple):
    """What came back; ``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


Wire = Callable[[WireRequest, "Caller", str, Callable[[WireAnswer], None]], None]
"""(request, who sends it, the cause as in X-Amzn-Trace-Id, what is called with the answer); errors are answers too."""
