"""Presigned URLs: until when they hold, and the headers that they carry in their query string.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from datetime import UTC, datetime

from headwater.gateway.messages import HttpRequest
from headwater.gateway.protocols import forms
from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError
from headwater.spine.timestamps import iso8601_seconds

_SIGNATURE = frozenset(
    f"x-amz-{name}"
    for name in ("algorithm", "credential", "date", "expires", "signedheaders", "signature", "security-token")
)
_LONGEST_SECONDS = 604_800


def is_presigned(request: HttpRequest) -> bool:
    query = request.query
    return "X-Amz-Signature=" in query or ("Signature=" in query and "Expires=" in query)


def accept(request: HttpRequest, clock: Clock) -> None:
    """Check that the URL still holds, and make headers of what it carries; AwsError past its time."""
    fields = forms.fields(request.query)
    ends, now = _end(fields, clock), clock.now()
    if ends is not None and now > ends:
        ended, server = iso8601_seconds(ends), iso8601_seconds(now)
        raise AwsError("AccessDenied", "Request has expired", 403, Expires=ended, ServerTime=server)
    for name, value in fields.items():
        lower = name.lower()
        if lower.startswith("x-amz-") and lower not in _SIGNATURE:
            request.headers.setdefault(lower, value)


def _end(fields: dict[str, str], clock: Clock) -> int | None:
    """When the URL ends to hold, in milliseconds of the clock. Its date is of the client's own."""
    try:
        if "X-Amz-Expires" not in fields:
            if "Expires" not in fields:
                return None
            # version 2 of signatures does not say when it was made: a clock that is ahead lets it hold
            ends = int(fields["Expires"]) * 1000
            return max(ends, clock.at_machine_time(ends))
        seconds = int(fields["X-Amz-Expires"])
        began = datetime.strptime(fields.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise AwsError("AuthorizationQueryParametersError", "X-Amz-Expires should be a number") from None
    if not 0 <= seconds <= _LONGEST_SECONDS:
        text = "X-Amz-Expires must be less than a week (in seconds); "
        text += "that is, the given X-Amz-Expires must be less than 604800 seconds"
        raise AwsError("AuthorizationQueryParametersError", text)
    return clock.signed_at(int(began.timestamp()) * 1000) + seconds * 1000
