"""Making, finding, listing and deleting buckets."""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.bucket import bucket_by_name, find_bucket
from headwater.services.s3.errors import (
    bucket_already_exists,
    bucket_already_owned,
    bucket_not_empty,
    invalid_argument,
    invalid_bucket_name,
)
from headwater.services.s3.lock_settings import ENABLED
from headwater.services.s3.ownership import ENFORCED, canonical, check_new_bucket
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\Z")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+\Z")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_DEFAULT_REGION = "us-east-1"
_MOST_BUCKETS = 10_000


@operation("s3", "CreateBucket")
def create_bucket(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html"""
    name = request["Bucket"]
    _check_name(name)
    region = _region(call, request)
    existing = bucket_by_name(call, name)
    if existing is not None:
        if existing.account != call.account:
            raise bucket_already_exists(name)
        if region != _DEFAULT_REGION or existing.region != _DEFAULT_REGION:
            raise bucket_already_owned(name)
        return {"Location": f"/{name}", "BucketArn": existing.arn}
    ownership = request.get("ObjectOwnership") or ENFORCED
    acl = check_new_bucket(request, call.account)
    settings: dict[str, Any] = {
        "OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]},
        "PublicAccessBlock": dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    }
    if acl is not None:
        settings["Acl"] = acl
    if request.get("ObjectLockEnabledForBucket"):
        settings |= {"Versioning": {"Status": "Enabled"}, "ObjectLock": ENABLED}
    tags = (request.get("CreateBucketConfiguration") or {}).get("Tags")
    if tags:
        settings["Tagging"] = {"TagSet": tags}
    row = (call.new_id(), name, call.account, region, call.now // 1000 * 1000, orjson.dumps(settings).decode())
    call.store.run(tables.INSERT_BUCKET, row)
    call.span.subject = f"arn:aws:s3:::{name}"
    location = f"/{name}" if region == _DEFAULT_REGION else f"http://{name}.s3.amazonaws.com/"
    return {"Location": location, "BucketArn": f"arn:aws:s3:::{name}"}


def _region(call: Call, request: Request) -> str:
    asked = (request.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if call.region == _DEFAULT_REGION:
        if asked == _DEFAULT_REGION:
            raise AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid")
        return asked or _DEFAULT_REGION
    if asked != call.region:
        named = "unspecified" if asked is None else asked
        text = (
            f"The {named} location constraint is incompatible for the region specific endpoint "
            "this request was sent to."
        )
        raise AwsError("IllegalLocationConstraintException", text)
    return call.region


def _check_name(name: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"""
    bad = (
        not _NAME.match(name)
        or ".." in name
        or _ADDRESS.match(name) is not None
        or name.startswith(_RESERVED_PREFIXES)
        or name.endswith(_RESERVED_SUFFIXES)
    )
    if bad:
        raise invalid_bucket_name(name)


@operation("s3", "HeadBucket", reads=True)
def head_bucket(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    return {"BucketRegion": bucket.region, "AccessPointAlias": False, "BucketArn": bucket.arn}


@operation("s3", "GetBucketLocation", reads=True)
def get_bucket_location(call: Call, request: Request) -> Result:
    """us-east-1 has no name here, for historical reasons."""
    region = find_bucket(call, request).region
    return {} if region == _DEFAULT_REGION else {"LocationConstraint": region}


@operation("s3", "ListBuckets", reads=True)
def list_buckets(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html"""
    limit = request.get("MaxBuckets", _MOST_BUCKETS)
    if not 1 <= limit <= _MOST_BUCKETS:
        raise invalid_argument("Argument max-buckets must be an integer between 1 and 10000", "max-buckets", limit)
    prefix = request.get("Prefix") or ""
    after = request.get("ContinuationToken") or ""
    rows = call.store.all(tables.LIST_BUCKETS, (call.account, after, len(prefix), prefix, limit + 1))
    region = request.get("BucketRegion")
    page = [row for row in rows[:limit] if region is None or row[1] == region]
    buckets = [
        {"Name": name, "CreationDate": created, "BucketRegion": where, "BucketArn": f"arn:aws:s3:::{name}"}
        for name, where, created in page
    ]
    paged = "MaxBuckets" in request
    if not paged:
        for entry in buckets:
            del entry["BucketRegion"]
    result: Result = {"Buckets": buckets, "Owner": owner(call.account)}
    if len(rows) > limit:
        result["ContinuationToken"] = rows[limit - 1][0]
    if prefix:
        result["Prefix"] = prefix
    return result


def owner(account: str) -> dict[str, str]:
    return {"ID": canonical(account)}


@operation("s3", "DeleteBucket")
def delete_bucket(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if call.store.one(tables.ANY_OBJECT, (bucket.id,)) is not None:
        raise bucket_not_empty(bucket.name, bucket.versioned or bucket.suspended)
    for statement in (tables.DELETE_BUCKET_PARTS, tables.DELETE_BUCKET_UPLOADS, tables.DELETE_BUCKET):
        call.store.run(statement, (bucket.id,))
    call.memory.drop(bucket.name)
    return {}
