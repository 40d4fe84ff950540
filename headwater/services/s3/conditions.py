"""Conditional requests, on reads, writes and copies' sources.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
"""

from __future__ import annotations

from headwater.services.s3.errors import header_not_implemented, no_such_key, not_modified, precondition_failed
from headwater.services.s3.objects import Version
from headwater.spine.operations import Request
from headwater.spine.timestamps import rfc822

_CONDITIONS = frozenset(("IfMatch", "IfUnmodifiedSince", "IfNoneMatch", "IfModifiedSince"))


def _matches(etags: str, version: Version) -> bool:
    return any(
        etag in ("*", version.etag)
        for etag in (part.strip().removeprefix("W/").strip('"') for part in etags.split(","))
    )


def _seconds(milliseconds: int) -> int:
    return milliseconds // 1000


def check_read(request: Request, version: Version) -> None:
    """412 or 304 where a GET or HEAD is not to be answered (RFC 9110, 13.2.2)."""
    if _CONDITIONS.isdisjoint(request):
        return
    match, unmodified = request.get("IfMatch"), request.get("IfUnmodifiedSince")
    if match is not None:
        if not _matches(match, version):
            raise precondition_failed("If-Match")
    elif unmodified is not None and _seconds(version.modified) > _seconds(unmodified):
        raise precondition_failed("If-Unmodified-Since")
    none_match, modified = request.get("IfNoneMatch"), request.get("IfModifiedSince")
    if none_match is not None:
        if _matches(none_match, version):
            raise not_modified(version.quoted_etag, rfc822(version.modified))
    elif modified is not None and _seconds(version.modified) <= _seconds(modified):
        raise not_modified(version.quoted_etag, rfc822(version.modified))


def check_copy_source(request: Request, version: Version) -> None:
    """412 where the source of a copy is not as expected."""
    match, unmodified = request.get("CopySourceIfMatch"), request.get("CopySourceIfUnmodifiedSince")
    if match is not None:
        if not _matches(match, version):
            raise precondition_failed("x-amz-copy-source-If-Match")
    elif unmodified is not None and _seconds(version.modified) > _seconds(unmodified):
        raise precondition_failed("x-amz-copy-source-If-Unmodified-Since")
    none_match, modified = request.get("CopySourceIfNoneMatch"), request.get("CopySourceIfModifiedSince")
    if none_match is not None:
        if _matches(none_match, version):
            raise precondition_failed("x-amz-copy-source-If-None-Match")
    elif modified is not None and _seconds(version.modified) <= _seconds(modified):
        raise precondition_failed("x-amz-copy-source-If-Modified-Since")


def conditional_write(request: Request) -> bool:
    """Whether a write looks at what is there."""
    return "IfMatch" in request or "IfNoneMatch" in request


def check_write(request: Request, key: str, existing: Version | None) -> None:
    """412 where a write's condition does not hold; ``existing`` is the current object."""
    none_match = request.get("IfNoneMatch")
    if none_match is not None:
        if none_match != "*":
            raise header_not_implemented("If-None-Match")
        if existing is not None:
            raise precondition_failed("If-None-Match")
    match = request.get("IfMatch")
    if match is not None:
        if existing is None:
            raise no_such_key(key)
        if not _matches(match, existing):
            raise precondition_failed("If-Match")
