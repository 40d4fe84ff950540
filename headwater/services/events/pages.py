"""Pages of a listing of EventBridge's: by name, after the name that the token holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from headwater.services.events.errors import validation
from headwater.spine import pages
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request

T = TypeVar("T")
MOST = 100


def page(
    request: Request, fetch: Callable[[str, int], list[T]], name: Callable[[T], str]
) -> tuple[list[T], dict[str, str]]:
    """``fetch(after, count)`` gives what comes after a name; the second part holds ``NextToken``, if any."""
    found, token = pages.page(request.get("NextToken"), request.get("Limit") or MOST, fetch, name, _invalid)
    return found, {} if token is None else {"NextToken": token}


def _invalid() -> AwsError:
    return validation("Parameter NextToken is not valid.")
