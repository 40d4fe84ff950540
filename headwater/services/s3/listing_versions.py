"""ListObjectVersions: all versions and delete markers, newest first within a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.buckets import owner
from headwater.services.s3.errors import invalid_argument
from headwater.services.s3.listing import Encoding, after_prefix, described, limit_of, wants_restores
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.store import Row

_BATCH = 256


def _rows(call: Call, bucket: Bucket, start: str) -> Iterator[Row]:
    """Versions from a key on."""
    offset = 0
    while True:
        rows = call.store.all(tables.LIST_VERSIONS, (bucket.id, start, _BATCH, offset))
        yield from rows
        if len(rows) < _BATCH:
            return
        # go on from the last key, past the versions of it that were seen
        last = rows[-1][0]
        seen = sum(1 for row in rows if row[0] == last)
        offset = offset + seen if last == start else seen
        start = last


@operation("s3", "ListObjectVersions", reads=True)
def list_object_versions(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html"""
    bucket, encode = find_bucket(call, request), Encoding(request)
    key_marker, version_marker = request.get("KeyMarker") or "", request.get("VersionIdMarker")
    if version_marker is not None and not key_marker:
        text = "A version-id marker cannot be specified without a key marker."
        raise invalid_argument(text, "version-id-marker", version_marker)
    limit, restores = limit_of(request), wants_restores(request)
    result: Result = {
        "Name": bucket.name,
        "Prefix": encode(request.get("Prefix") or ""),
        "KeyMarker": encode(key_marker),
        "VersionIdMarker": version_marker or "",
        "MaxKeys": limit,
        "IsTruncated": False,
        **encode.members(request, "Delimiter"),
    }
    listed: dict[str, list[dict[str, Any]]] = {"Versions": [], "DeleteMarkers": [], "CommonPrefixes": []}
    last = ("", "")
    for count, (name, row) in enumerate(_entries(call, bucket, request)):
        if count == limit:
            if limit:
                result |= {"IsTruncated": True, "NextKeyMarker": encode(last[0])}
                result |= {"NextVersionIdMarker": last[1]} if last[1] else {}
            break
        last = (name, "" if row is None else row[1])
        if row is None:
            listed["CommonPrefixes"].append({"Prefix": encode(name)})
        else:
            listed["DeleteMarkers" if row[3] else "Versions"].append(_version(encode, row, bucket, restores))
    return {**result, **{name: entries for name, entries in listed.items() if entries}}


def _entries(call: Call, bucket: Bucket, request: Request) -> Iterator[tuple[str, Row | None]]:
    """(key, row) or (common prefix, None), after the markers."""
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    marker, version_marker = request.get("KeyMarker") or "", request.get("VersionIdMarker")
    group = _group(marker, prefix, delimiter)
    start = after_prefix(group) if group is not None else max(marker, prefix)
    passed = version_marker is None
    for row in _rows(call, bucket, start) if start is not None else ():
        key: str = row[0]
        if key == marker:
            if passed and version_marker is not None:
                yield key, row
            passed = passed or row[1] == version_marker
            continue
        if not key.startswith(prefix):
            if key > prefix:
                return
            continue
        found = _group(key, prefix, delimiter)
        if found is None:
            yield key, row
        elif found != group:
            group = found
            yield found, None


def _group(key: str, prefix: str, delimiter: str) -> str | None:
    if not delimiter or not key.startswith(prefix):
        return None
    cut = key.find(delimiter, len(prefix))
    return None if cut < 0 else key[: cut + len(delimiter)]


def _version(encode: Encoding, row: Row, bucket: Bucket, restores: bool) -> dict[str, Any]:
    key, version, latest, marker, size, etag, modified, storage_class, attributes = row
    told: dict[str, Any] = {"VersionId": version, "IsLatest": bool(latest)}
    if marker:
        return {"Owner": owner(bucket.account), "Key": encode(key), **told, "LastModified": modified}
    row = (key, size, etag, modified, storage_class, attributes)
    return {**described(encode, row, bucket.account, restores=restores), **told}
