"""How the lists of queues are paged."""

from __future__ import annotations

from collections.abc import Callable

from headwater.services.sqs.errors import invalid_parameter, invalid_value
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request
from headwater.spine.pages import page, read_token

_PAGE = 1000


def page_of_names(
    request: Request, scope: str, fetch: Callable[[str, int], list[str]]
) -> tuple[list[str], dict[str, str]]:
    """A page of names, and ``NextToken`` where there is more and a number was asked for. ``scope``: the other
    parameters of the request, which go with the token; ``fetch(after, count)`` gives what comes after a name."""
    limit: int | None = request.get("MaxResults")
    if limit is not None and not 1 <= limit <= _PAGE:
        raise invalid_parameter("MaxResults", limit, f"Must be an integer between 1 and {_PAGE}.")
    token = request.get("NextToken")
    if token and not (read_token(token) or scope).startswith(scope):
        raise invalid_value(
            "Invalid NextToken value. If you are passing in NextToken, you must not change the other request "
            "parameters."
        )
    names, more = page(
        token,
        limit or _PAGE,
        lambda after, count: fetch(after[len(scope) :], count),
        lambda name: scope + name,
        _invalid,
    )
    return names, {} if more is None or limit is None else {"NextToken": more}


def _invalid() -> AwsError:
    return invalid_value("Invalid or expired next token.")
