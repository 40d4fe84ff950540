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
# S3 reads no checksum from a query string; the SDK for JavaScript puts that of an empty body there
# (https://github.com/aws/aws-sdk/issues/480, https://github.com/localstack/localstack/issues/12169)
_CHECKSUMS = ("x-amz-checksum-", "x-amz-sdk-checksum-")
_LONGEST_SECONDS = 604_800
_MOST_KEPT = 1000


def is_presigned(request: HttpRequest) -> bool:
    query = request.query
    return "X-Amz-Signature=" in query or ("Signature=" in query and "Expires=" in query)


class PresignedUrls:
    """Judges URLs by the clock, though their dates are of the clients' own and tell but the second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._first_used: dict[str, int] = {}  # the newest queries, and what the clock showed then

    def accept(self, request: HttpRequest) -> None:
        """Check that the URL still holds, and make headers of what it carries; AwsError past its time."""
        fields = forms.fields(request.query)
        ends, now = self._end(request, fields), self._clock.now()
        if ends is not None and now > ends:
            ended, server = iso8601_seconds(ends), iso8601_seconds(now)
            raise AwsError("AccessDenied", "Request has expired", 403, Expires=ended, ServerTime=server)
        for name, value in fields.items():
            lower = name.lower()
            if lower.startswith("x-amz-") and lower not in _SIGNATURE and not lower.startswith(_CHECKSUMS):
                request.headers.setdefault(lower, value)

    def _end(self, request: HttpRequest, fields: dict[str, str]) -> int | None:
        """When the URL ends to hold, in milliseconds of the clock."""
        if "X-Amz-Expires" in fields:
            signed, seconds = _life(fields)
            return self._signed_at(request.query, signed) + seconds * 1000
        if "Expires" not in fields:
            return None
        # version 2 of signatures does not say when it was made: a clock that is ahead lets it hold
        ends = _number(fields["Expires"]) * 1000
        return max(ends, self._clock.at_machine_time(ends))

    def _signed_at(self, query: str, date: int) -> int:
        """What the clock showed in the second that the URL is dated, or when it was first used, whichever was
        first: the clock may have been moved within that second."""
        signed = self._clock.signed_at(date)
        used = self._first_used.setdefault(query, self._clock.now())
        if len(self._first_used) > _MOST_KEPT:
            del self._first_used[next(iter(self._first_used))]
        return min(signed, used)


def _life(fields: dict[str, str]) -> tuple[int, int]:
    """When the URL was signed, in milliseconds of the client's clock, and for how many seconds it holds."""
    seconds = _number(fields["X-Amz-Expires"])
    try:
        began = datetime.strptime(fields.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise _not_a_number() from None
    if not 0 <= seconds <= _LONGEST_SECONDS:
        text = "X-Amz-Expires must be less than a week (in seconds); "
        text += "that is, the given X-Amz-Expires must be less than 604800 seconds"
        raise AwsError("AuthorizationQueryParametersError", text)
    return int(began.timestamp()) * 1000, seconds


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _not_a_number() from None


def _not_a_number() -> AwsError:
    return AwsError("AuthorizationQueryParametersError", "X-Amz-Expires should be a number")
