"""What an object keeps of the headers it was written with, and what of a write we do not do."""

from __future__ import annotations

from typing import Any

from headwater.services.s3.errors import metadata_too_large
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Request

DEFAULT_TYPE = "binary/octet-stream"
SYSTEM_HEADERS = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
)
STORAGE_CLASSES = frozenset(
    (
        *("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING"),
        *("GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"),
    )
)
_SYSTEM_HEADERS = frozenset(SYSTEM_HEADERS)
_MOST_METADATA_BYTES = 2048
_LACKING = (
    "WriteOffsetBytes",
    "ObjectLockEventHold",
    "ObjectLockEventHoldDurationDays",
    "ObjectLockEventHoldDurationYears",
)
_UNUSUAL = frozenset(_LACKING)


def attributes_of(request: Request) -> dict[str, Any]:
    """The headers and metadata of a write."""
    attributes = {name: value for name, value in request.items() if name in _SYSTEM_HEADERS and value}
    attributes.setdefault("ContentType", DEFAULT_TYPE)
    metadata = request.get("Metadata")
    if metadata:
        size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
        if size > _MOST_METADATA_BYTES:
            raise metadata_too_large(size)
        attributes["Metadata"] = metadata
    return attributes


def storage_class_of(request: Request) -> str:
    chosen = request.get("StorageClass") or "STANDARD"
    if chosen not in STORAGE_CLASSES:
        text = "The storage class you specified is not valid"
        raise AwsError("InvalidStorageClass", text, StorageClassRequested=chosen)
    return str(chosen)


def refuse_what_we_lack(request: Request) -> None:
    """Name what a write asks for and we do not do, rather than to leave it out in silence."""
    if _UNUSUAL.isdisjoint(request):
        return
    for name in _LACKING:
        if request.get(name):
            raise not_implemented(f"{name} of S3")
