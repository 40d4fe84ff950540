"""Access control lists of buckets and objects: set, kept, shown. Nobody is refused by one, nor let in.

Where a bucket's owner owns all that is in it (``BucketOwnerEnforced``, which new buckets have) there are none.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.s3 import grants, tables
from headwater.services.s3.bucket import change_settings, find_bucket
from headwater.services.s3.errors import acl_not_supported
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import find_version
from headwater.services.s3.ownership import ENFORCED, canonical, check_not_blocked, ownership
from headwater.services.s3.writing import version_id
from headwater.spine.operations import Call, Request, Result, operation


@operation("s3", "PutBucketAcl")
def put_bucket_acl(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html"""
    bucket = find_bucket(call, request)
    owner = canonical(bucket.account)
    made = grants.of_put(request, owner, owner)
    if ownership(bucket) == ENFORCED:
        raise acl_not_supported()
    check_not_blocked(call, bucket, made)
    change_settings(call, bucket, {"Acl": made})
    return {}


@operation("s3", "GetBucketAcl", reads=True)
def get_bucket_acl(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    return _shown(canonical(bucket.account), bucket.settings.get("Acl"))


@operation("s3", "PutObjectAcl")
def put_object_acl(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html"""
    bucket, key = find_bucket(call, request), request["Key"]
    version = find_version(call, bucket, key, request.get("VersionId"), describe=True)
    attributes = orjson.loads(version.attributes)
    owner = attributes.get("Owner") or canonical(bucket.account)
    made = grants.of_put(request, owner, canonical(bucket.account))
    if ownership(bucket) == ENFORCED:
        raise acl_not_supported()
    check_not_blocked(call, bucket, made)
    attributes["Acl"] = made
    call.store.run(tables.SET_ATTRIBUTES, (orjson.dumps(attributes).decode(), version.id))
    if bucket.events:
        notify(call, bucket, "ObjectAcl:Put", key, version)
    return {**version_id(bucket, version)}


@operation("s3", "GetObjectAcl", reads=True)
def get_object_acl(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    version = find_version(call, bucket, request["Key"], request.get("VersionId"), describe=True)
    attributes = orjson.loads(version.attributes)
    return _shown(attributes.get("Owner") or canonical(bucket.account), attributes.get("Acl"))


def _shown(owner: str, kept: list[dict[str, Any]] | None) -> Result:
    return {"Owner": {"ID": owner}, "Grants": kept or [grants.user(owner, "FULL_CONTROL")]}
