"""Pages of what is listed: a hundred at a time where a request does not say otherwise."""

from __future__ import annotations

from typing import Any

from headwater.services.cloudformation.errors import validation_error
from headwater.spine import pages
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request, Result

_A_PAGE = 100


def a_page(found: list[Any], request: Request, member: str) -> Result:
    """The part of what was found that a request asks for by ``NextToken`` and ``MaxResults``, as a member of the
    answer. Raises ValidationError."""
    start = pages.read_place(request.get("NextToken"), _invalid_token)
    end = start + (request.get("MaxResults") or _A_PAGE)
    return {member: found[start:end], "NextToken": pages.make_token(end) if end < len(found) else None}


def _invalid_token() -> AwsError:
    return validation_error("NextToken is not valid")
