"""GetObject, HeadObject, GetObjectAttributes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from headwater.services.s3.bucket import find_bucket
from headwater.services.s3.checksums import MEMBERS
from headwater.services.s3.conditions import check_read
from headwater.services.s3.customer_keys import MD5 as CUSTOMER_KEY
from headwater.services.s3.customer_keys import check_customer_key
from headwater.services.s3.encryption import MEMBERS as ENCRYPTION_MEMBERS
from headwater.services.s3.encryption import SSE_S3, check_readable
from headwater.services.s3.errors import archived, invalid_argument, invalid_range, invalid_request
from headwater.services.s3.headers import SYSTEM_HEADERS
from headwater.services.s3.lifecycle import expiration_header
from headwater.services.s3.locks import MEMBERS as LOCK_MEMBERS
from headwater.services.s3.objects import Version, content, find_version
from headwater.services.s3.storage_classes import ARCHIVED, is_restored, restore_header
from headwater.services.s3.tag_sets import from_row
from headwater.services.s3.writing import version_id
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import rfc822

_RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")
_OVERRIDES = {
    f"Response{name}": name
    for name in ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires")
}
_SHOWN = frozenset((*SYSTEM_HEADERS, *ENCRYPTION_MEMBERS, *LOCK_MEMBERS, "Metadata"))
_SHOWN_WITH_CHECKSUMS = frozenset((*_SHOWN, *MEMBERS, "ChecksumType"))
_MOST_PARTS = 1000


class _Slice(NamedTuple):
    """The bytes of a body that are asked for, and what the answer says of it."""

    offset: int
    length: int
    members: dict[str, Any]


@operation("s3", "GetObject", reads=True)
def get_object(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    version, result, piece = _read(call, request, describe=False)
    if version.storage_class in ARCHIVED and not is_restored(orjson.loads(version.attributes), call.now):
        raise archived("The operation is not valid for the object's storage class", version.storage_class)
    if piece is None:
        result["Body"] = content(call, version)
    else:
        result["Body"] = content(call, version, piece.offset, piece.length)
    return result


@operation("s3", "HeadObject", reads=True)
def head_object(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html"""
    return _read(call, request, describe=True)[1]


def _read(call: Call, request: Request, describe: bool) -> tuple[Version, Result, _Slice | None]:
    bucket, key = find_bucket(call, request), request["Key"]
    method = "HEAD" if describe else "GET"
    version = find_version(call, bucket, key, request.get("VersionId"), method=method, describe=describe)
    check_read(request, version)
    attributes: dict[str, Any] = orjson.loads(version.attributes)
    check_readable(call, bucket, attributes)
    check_customer_key(request, attributes)
    piece = _slice(request, version, attributes)
    result: Result = {
        "AcceptRanges": "bytes",
        "LastModified": version.modified,
        "ContentLength": version.size,
        "ETag": version.quoted_etag,
        **({} if CUSTOMER_KEY in attributes else SSE_S3),
        **version_id(bucket, version),
    }
    whole = piece is None or piece.length == version.size
    shown = _SHOWN_WITH_CHECKSUMS if whole and request.get("ChecksumMode") == "ENABLED" else _SHOWN
    for name, value in attributes.items():
        if name in shown:
            result[name] = value
    for name in _OVERRIDES.keys() & request.keys():
        if value := request[name]:
            result[_OVERRIDES[name]] = rfc822(value) if name == "ResponseExpires" else value
    if version.storage_class != "STANDARD":
        result["StorageClass"] = version.storage_class
    if "Restore" in attributes:
        result["Restore"] = restore_header(attributes["Restore"])
    if version.tags is not None:
        result["TagCount"] = len(from_row(version.tags))
    if "Lifecycle" in bucket.settings:
        result |= expiration_header(bucket, key, version.size, version.tags, version.modified)
    if piece is not None:
        result |= piece.members
    return version, result, piece


def checksums_of(attributes: dict[str, Any]) -> dict[str, str]:
    """The checksum members that an object keeps."""
    return {name: attributes[name] for name in (*MEMBERS, "ChecksumType") if name in attributes}


def _slice(request: Request, version: Version, attributes: dict[str, Any]) -> _Slice | None:
    if "Range" not in request and "PartNumber" not in request:
        return None
    asked, part = request.get("Range"), request.get("PartNumber")
    if part is not None:
        if asked is not None:
            raise invalid_request("Cannot specify both Range header and partNumber query parameter")
        return _part(part, version, attributes)
    match = _RANGE.match(asked) if asked is not None else None
    if asked is None or match is None or not (match[1] or match[2]):
        return None  # S3 ignores what it does not understand, several ranges too
    size = version.size
    if match[1]:
        first = int(match[1])
        last = min(int(match[2]), size - 1) if match[2] else size - 1
        if match[2] and int(match[2]) < first:
            return None
    else:
        first, last = max(0, size - int(match[2])), size - 1
        if int(match[2]) == 0:
            raise invalid_range(asked, size)
    if first >= size:
        raise invalid_range(asked, size)
    return _made(first, last - first + 1, size)


def _made(offset: int, length: int, size: int) -> _Slice:
    text = f"bytes {offset}-{offset + length - 1}/{size}"
    return _Slice(offset, length, {"ContentLength": length, "ContentRange": text, "StatusCode": 206})


def _part(number: int, version: Version, attributes: dict[str, Any]) -> _Slice | None:
    parts: list[dict[str, Any]] = attributes.get("Parts", [])
    if not parts:
        if number != 1:
            raise AwsError("InvalidPartNumber", "The requested partnumber is not satisfiable", 416)
        return _made(0, version.size, version.size) if version.size else None
    if not 1 <= number <= len(parts):
        text = "The requested partnumber is not satisfiable"
        raise AwsError("InvalidPartNumber", text, 416, ActualPartCount=len(parts), PartNumberRequested=number)
    offset = sum(part["Size"] for part in parts[: number - 1])
    made = _made(offset, parts[number - 1]["Size"], version.size)
    return made._replace(members={**made.members, "PartsCount": len(parts)})


@operation("s3", "GetObjectAttributes", reads=True)
def get_object_attributes(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html"""
    bucket, key = find_bucket(call, request), request["Key"]
    asked = request.get("ObjectAttributes") or []
    if not asked:
        raise invalid_request("Missing required header for this request: x-amz-object-attributes")
    for name in asked:
        if name not in ("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"):
            raise invalid_argument("Invalid attribute name specified.", "x-amz-object-attributes", ",".join(asked))
    version = find_version(call, bucket, key, request.get("VersionId"), describe=True)
    attributes: dict[str, Any] = orjson.loads(version.attributes)
    check_customer_key(request, attributes)
    result: Result = {"LastModified": version.modified, **version_id(bucket, version)}
    if "ETag" in asked:
        result["ETag"] = version.etag
    if "Checksum" in asked and (checksums := checksums_of(attributes)):
        # here a checksum of checksums goes without the number of parts that ends it elsewhere
        result["Checksum"] = {name: value.partition("-")[0] for name, value in checksums.items()}
    if "ObjectParts" in asked and "Parts" in attributes:
        result["ObjectParts"] = _parts_page(request, attributes["Parts"])
    if "StorageClass" in asked:
        result["StorageClass"] = version.storage_class
    if "ObjectSize" in asked:
        result["ObjectSize"] = version.size
    return result


def _parts_page(request: Request, parts: list[dict[str, Any]]) -> dict[str, Any]:
    """Parts are listed only where they have checksums of their own."""
    page: dict[str, Any] = {"TotalPartsCount": len(parts)}
    if not any(name in parts[0] for name in MEMBERS):
        return page
    most, after = request.get("MaxParts", _MOST_PARTS), int(request.get("PartNumberMarker") or 0)
    listed = [part for part in parts if part["PartNumber"] > after][:most]
    last = listed[-1]["PartNumber"] if listed else after
    return {
        **page,
        "PartNumberMarker": str(after),
        "NextPartNumberMarker": str(last),
        "MaxParts": most,
        "IsTruncated": bool(parts and last < parts[-1]["PartNumber"]),
        "Parts": listed,
    }
