"""Where SNS's lists go on: their tokens are refused where they are none of its own."""

from __future__ import annotations

import re

from headwater.services.sns.errors import invalid
from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Request
from headwater.spine.shapes import failure, validation_error

_NUMBER = re.compile(r"\+?[0-9]{1,20}\Z")
_PATH = "maxResults"


def after_arn(request: Request) -> str:
    """The ARN after which a list goes on; the empty text at its beginning."""
    token = request.get("NextToken") or ""
    if token and parse_arn(token) is None:
        raise invalid("NextToken")
    return token


def after_number(token: str | None) -> str:
    """The same of phone numbers."""
    if token and not _NUMBER.match(token):
        raise invalid("nextToken")
    return token or ""


def page_size(request: Request, most: int) -> int:
    size = request.get("MaxResults")
    if size is None:
        return most
    if not 1 <= size <= most:
        bound = "greater than or equal to 1" if size < 1 else f"less than or equal to {most}"
        text = failure(size, _PATH, f"Member must have value {bound}")
        raise AwsError("ValidationError", validation_error([text]).message)
    return int(size)
