"""ListParts and ListMultipartUploads."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.bucket import find_bucket
from headwater.services.s3.buckets import owner
from headwater.services.s3.listing import Encoding, limit_of
from headwater.services.s3.multipart import Part, find_upload
from headwater.spine.operations import Call, Request, Result, operation

_KINDS = ("ChecksumAlgorithm", "ChecksumType")


def _initiator(account: str) -> dict[str, str]:
    return {"ID": f"arn:aws:iam::{account}:root", "DisplayName": account}


@operation("s3", "ListParts", reads=True)
def list_parts(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html"""
    bucket = find_bucket(call, request)
    upload = find_upload(call, bucket, request)
    after, limit = int(request.get("PartNumberMarker") or 0), limit_of(request, "MaxParts", "max-parts")
    rows = [Part(*row) for row in call.store.all(tables.PARTS, (upload.id, after))]
    page = rows[:limit]
    result: Result = {
        "Bucket": bucket.name,
        "Key": request["Key"],
        "UploadId": upload.id,
        "Initiator": _initiator(bucket.account),
        "Owner": owner(bucket.account),
        "StorageClass": upload.storage_class,
        "PartNumberMarker": after,
        "NextPartNumberMarker": page[-1].number if page else 0,
        "MaxParts": limit,
        "IsTruncated": len(rows) > len(page),
        **{name: upload.attributes[name] for name in _KINDS if name in upload.attributes},
    }
    if page:
        result["Parts"] = [_part(part) for part in page]
    return result


def _part(part: Part) -> dict[str, Any]:
    told = {"PartNumber": part.number, "LastModified": part.modified, "ETag": f'"{part.etag}"', "Size": part.size}
    return {**told, **orjson.loads(part.checksums)}


@operation("s3", "ListMultipartUploads", reads=True)
def list_multipart_uploads(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html"""
    bucket, encode = find_bucket(call, request), Encoding(request)
    prefix, delimiter = request.get("Prefix") or "", request.get("Delimiter") or ""
    marker, upload_marker = request.get("KeyMarker") or "", request.get("UploadIdMarker") or ""
    limit = limit_of(request, "MaxUploads", "max-uploads")
    uploads: list[dict[str, Any]] = []
    groups: list[str] = []
    last, truncated, passed = ("", ""), False, not upload_marker
    for identity, key, started, storage_class, attributes in call.store.all(
        tables.LIST_UPLOADS, (bucket.id, max(marker, prefix))
    ):
        if key == marker:
            if not (passed and upload_marker):
                passed = passed or identity == upload_marker
                continue
        elif not key.startswith(prefix):
            break
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        group = key[: cut + len(delimiter)] if cut >= 0 else None
        if group is not None and (group in groups or marker.startswith(group)):
            continue
        if len(uploads) + len(groups) == limit:
            truncated = True
            break
        last = (group or key, identity)
        if group is not None:
            groups.append(group)
            continue
        kept = orjson.loads(attributes)
        uploads.append(
            {
                "UploadId": identity,
                "Key": encode(key),
                "Initiated": started,
                "StorageClass": storage_class,
                "Owner": owner(bucket.account),
                "Initiator": _initiator(bucket.account),
                **{name: kept[name] for name in _KINDS if name in kept},
            }
        )
    result: Result = {
        "Bucket": bucket.name,
        "KeyMarker": encode(marker),
        "UploadIdMarker": upload_marker,
        "Prefix": encode(prefix),
        "MaxUploads": limit,
        "IsTruncated": truncated,
        **encode.members(request, "Delimiter"),
    }
    if truncated:
        result |= {"NextKeyMarker": encode(last[0]), "NextUploadIdMarker": last[1]}
    if uploads:
        result["Uploads"] = uploads
    return {**result, "CommonPrefixes": [{"Prefix": encode(group)} for group in groups]} if groups else result
