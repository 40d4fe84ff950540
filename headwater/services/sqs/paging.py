"""How the lists of queues are paged."""

from __future__ import annotations

from headwater.services.sqs.errors import invalid_parameter
from headwater.spine.operations import Request

PAGE = 1000


def check_page(request: Request) -> int | None:
    """The number that was asked for; None where it was not, and no token is given back."""
    limit: int | None = request.get("MaxResults")
    if limit is not None and not 1 <= limit <= PAGE:
        raise invalid_parameter("MaxResults", limit, f"Must be an integer between 1 and {PAGE}.")
    return limit
