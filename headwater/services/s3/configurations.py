"""Configurations of a bucket that have names: of analytics, intelligent tiering, inventories and metrics.

They are kept and shown. Nothing comes of them here: no report is written, no object is moved, no figure is counted.
"""

from __future__ import annotations

from typing import Any

from headwater.services.s3.bucket import Bucket, change_settings, find_bucket
from headwater.services.s3.errors import invalid_argument, malformed_xml
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_KINDS = ("Analytics", "IntelligentTiering", "Inventory", "Metrics")
_REQUIRED = {
    "Analytics": ("StorageClassAnalysis",),
    "IntelligentTiering": ("Status", "Tierings"),
    "Inventory": ("Destination", "IsEnabled", "IncludedObjectVersions", "Schedule"),
    "Metrics": (),
}
_MOST = 1000
_PAGE = 100


def _kind(call: Call) -> str:
    """Which of them an operation is about, by its name."""
    return next(kind for kind in _KINDS if kind in call.span.name)


def _kept(bucket: Bucket, kind: str) -> dict[str, dict[str, Any]]:
    kept: dict[str, dict[str, Any]] = bucket.settings.get(f"{kind}Configurations", {})
    return kept


def _find(bucket: Bucket, kind: str, identity: str) -> dict[str, Any]:
    found = _kept(bucket, kind).get(identity)
    if found is None:
        raise AwsError("NoSuchConfiguration", "The specified configuration does not exist.", 404)
    return found


@operation("s3", "PutBucketAnalyticsConfiguration")
@operation("s3", "PutBucketIntelligentTieringConfiguration")
@operation("s3", "PutBucketInventoryConfiguration")
@operation("s3", "PutBucketMetricsConfiguration")
def put_configuration(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketInventoryConfiguration.html and its like"""
    bucket, kind = find_bucket(call, request), _kind(call)
    given = request.get(f"{kind}Configuration") or {}
    identity = request["Id"]
    if not given.get("Id") or any(name not in given for name in _REQUIRED[kind]):
        raise malformed_xml()
    if given["Id"] != identity:
        raise invalid_argument("The ID in the request does not match that of the configuration", "id", identity)
    kept = _kept(bucket, kind)
    if identity not in kept and len(kept) >= _MOST:
        text = (
            "You are attempting to create a new configuration but have already reached the 1,000-configuration limit."
        )
        raise AwsError("TooManyConfigurations", text)
    change_settings(call, bucket, {f"{kind}Configurations": {**kept, identity: given}})
    return {}


@operation("s3", "GetBucketAnalyticsConfiguration", reads=True)
@operation("s3", "GetBucketIntelligentTieringConfiguration", reads=True)
@operation("s3", "GetBucketInventoryConfiguration", reads=True)
@operation("s3", "GetBucketMetricsConfiguration", reads=True)
def get_configuration(call: Call, request: Request) -> Result:
    bucket, kind = find_bucket(call, request), _kind(call)
    return {f"{kind}Configuration": _find(bucket, kind, request["Id"])}


@operation("s3", "DeleteBucketAnalyticsConfiguration")
@operation("s3", "DeleteBucketIntelligentTieringConfiguration")
@operation("s3", "DeleteBucketInventoryConfiguration")
@operation("s3", "DeleteBucketMetricsConfiguration")
def delete_configuration(call: Call, request: Request) -> Result:
    bucket, kind, identity = find_bucket(call, request), _kind(call), request["Id"]
    _find(bucket, kind, identity)
    others = {name: each for name, each in _kept(bucket, kind).items() if name != identity}
    change_settings(call, bucket, {f"{kind}Configurations": others or None})
    return {}


@operation("s3", "ListBucketAnalyticsConfigurations", reads=True)
@operation("s3", "ListBucketIntelligentTieringConfigurations", reads=True)
@operation("s3", "ListBucketInventoryConfigurations", reads=True)
@operation("s3", "ListBucketMetricsConfigurations", reads=True)
def list_configurations(call: Call, request: Request) -> Result:
    """A hundred at a time, by their names."""
    bucket, kind = find_bucket(call, request), _kind(call)
    token = request.get("ContinuationToken")
    kept = _kept(bucket, kind)
    names = sorted(name for name in kept if token is None or name > token)
    page = names[:_PAGE]
    result: Result = {"IsTruncated": len(names) > _PAGE}
    if token is not None:
        result["ContinuationToken"] = token
    if page:
        result[f"{kind}ConfigurationList"] = [kept[name] for name in page]
    if len(names) > _PAGE:
        result["NextContinuationToken"] = page[-1]
    return result
