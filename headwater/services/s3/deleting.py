"""DeleteObject and DeleteObjects, with delete markers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.conditions import check_write
from headwater.services.s3.errors import header_not_implemented, malformed_xml
from headwater.services.s3.locks import bypasses, check_removable
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import Body, Version, check_key, check_version_id, current, lay_down, remove
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_MOST_KEYS = 1000
_HEADERS = (
    ("IfMatchLastModifiedTime", "x-amz-if-match-last-modified-time"),
    ("IfMatchSize", "x-amz-if-match-size"),
)
_ELEMENTS = (("LastModifiedTime", "LastModifiedTime"), ("Size", "Size"))


@operation("s3", "DeleteObject")
def delete_object(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html"""
    bucket, key = find_bucket(call, request), request["Key"]
    check_key(key)
    _check_conditions(request, _HEADERS)
    if request.get("IfMatch") is not None:
        check_write({"IfMatch": request["IfMatch"]}, key, current(call, bucket, key))
    return _delete(call, bucket, key, request.get("VersionId"), bypasses(bucket, request))


@operation("s3", "DeleteObjects")
def delete_objects(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""
    bucket = find_bucket(call, request)
    deletion = request.get("Delete") or {}
    objects: list[dict[str, Any]] = deletion.get("Objects") or []
    if not 1 <= len(objects) <= _MOST_KEYS or any(not item.get("Key") for item in objects):
        raise malformed_xml()
    bypass = bypasses(bucket, request)
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in objects:
        try:
            deleted.append(_delete_listed(call, bucket, item, bypass))
        except AwsError as error:
            named: dict[str, Any] = {name: item[name] for name in ("Key", "VersionId") if name in item}
            errors.append({**named, "Code": error.code, "Message": error.message})
    result: Result = {} if deletion.get("Quiet") else {"Deleted": deleted}
    return {**result, "Errors": errors} if errors else result


def _check_conditions(given: Mapping[str, Any], names: tuple[tuple[str, str], ...]) -> None:
    """Deletions that depend on time or size are of directory buckets only."""
    for member, name in names:
        if given.get(member) is not None:
            raise header_not_implemented(name)


def _delete_listed(call: Call, bucket: Bucket, item: dict[str, Any], bypass: bool) -> dict[str, Any]:
    key, version = item["Key"], item.get("VersionId")
    _check_conditions(item, _ELEMENTS)
    if item.get("ETag") is not None:
        check_write({"IfMatch": item["ETag"]}, key, current(call, bucket, key))
    outcome = _delete(call, bucket, key, version, bypass)
    told: dict[str, Any] = {"Key": key}
    if version is not None:
        told["VersionId"] = version
    if outcome.get("DeleteMarker"):
        told |= {"DeleteMarker": True, "DeleteMarkerVersionId": outcome["VersionId"]}
    return told


def _delete(call: Call, bucket: Bucket, key: str, version: str | None, bypass: bool) -> Result:
    """What is gone already is gone: S3 says so without an error."""
    if version is not None:
        return _delete_version(call, bucket, key, version, bypass)
    if bucket.versioned or bucket.suspended:
        marker = lay_down(call, bucket, key, Body(0, None, None), "", attributes={}, marker=True)
        notify(call, bucket, "ObjectRemoved:DeleteMarkerCreated", key, marker)
        return {"DeleteMarker": True, "VersionId": marker.version}
    existing = current(call, bucket, key)
    if existing is not None:
        remove(call, bucket, key, existing)
        notify(call, bucket, "ObjectRemoved:Delete", key, existing)
    return {}


def _delete_version(call: Call, bucket: Bucket, key: str, version: str, bypass: bool) -> Result:
    check_version_id(version)
    row = call.store.one(tables.DESCRIBE_VERSION, (bucket.id, key, version))
    if row is None:
        return {"VersionId": version}
    existing = Version(*row)
    check_removable(call, existing, bypass)
    remove(call, bucket, key, existing)
    notify(call, bucket, "ObjectRemoved:Delete", key, existing)
    return {"VersionId": version, **({"DeleteMarker": True} if existing.marker else {})}
