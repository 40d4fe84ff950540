"""Object Lock as it is set and shown: of buckets, and the retention and legal holds of versions.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket, change_settings, find_bucket
from headwater.services.s3.errors import (
    bucket_without_lock,
    invalid_argument,
    invalid_bucket_state,
    malformed_xml,
    object_locked,
    object_without_lock,
)
from headwater.services.s3.locks import COMPLIANCE, HOLD, MODE, MODES, UNTIL, bypasses
from headwater.services.s3.objects import Version, find_version
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

ENABLED = {"ObjectLockEnabled": "Enabled"}
_LONGEST = {"Days": 36_500, "Years": 100}
_PACIFIC = ZoneInfo("US/Pacific")


@operation("s3", "PutObjectLockConfiguration")
def put_object_lock_configuration(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html"""
    bucket = find_bucket(call, request)
    if not bucket.versioned:
        raise invalid_bucket_state("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    given = request.get("ObjectLockConfiguration") or {}
    if given.get("ObjectLockEnabled") != "Enabled":
        raise malformed_xml()
    rule = given.get("Rule")
    if rule is not None:
        _check_default(rule.get("DefaultRetention") or {})
    change_settings(call, bucket, {"ObjectLock": {**ENABLED, **({"Rule": rule} if rule else {})}})
    return {}


def _check_default(default: dict[str, Any]) -> None:
    if "DefaultEventHold" in default:
        raise not_implemented("Event holds of S3")
    periods = [name for name in ("Days", "Years") if name in default]
    if default.get("Mode") not in MODES or len(periods) != 1:
        raise malformed_xml()
    name, period = periods[0], default[periods[0]]
    if period < 1:
        raise invalid_argument("Default retention period must be a positive integer value.", name, period)
    if period > _LONGEST[name]:
        raise invalid_argument("Default retention period too large.", name, period)


@operation("s3", "GetObjectLockConfiguration", reads=True)
def get_object_lock_configuration(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if bucket.lock is None:
        text = "Object Lock configuration does not exist for this bucket"
        raise AwsError("ObjectLockConfigurationNotFoundError", text, 404, BucketName=bucket.name)
    return {"ObjectLockConfiguration": bucket.lock}


@operation("s3", "PutObjectRetention")
def put_object_retention(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html"""
    bucket = _lockable(call, request)
    version = _version(call, bucket, request, "PUT")
    attributes: dict[str, Any] = orjson.loads(version.attributes)
    wanted = _retention(call, request.get("Retention") or {})
    if attributes.get(UNTIL, 0) > call.now and not _may_change(attributes, wanted, bypasses(bucket, request)):
        raise object_locked()
    attributes = {name: value for name, value in attributes.items() if name not in (MODE, UNTIL)}
    _write(call, version, {**attributes, **wanted})
    return {}


def _retention(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a retention; none of the empty one, which takes a retention away."""
    if "EventHold" in given or "EventHoldDuration" in given:
        raise not_implemented("Event holds of S3")
    mode, until = given.get("Mode"), given.get("RetainUntilDate")
    if not mode and until is None:
        return {}
    if mode not in MODES or until is None:
        raise malformed_xml()
    if until <= call.now:
        # S3 tells its own time here, wherever the bucket is
        told = datetime.fromtimestamp(until // 1000, _PACIFIC).strftime("%a %b %d %H:%M:%S %Z %Y")
        raise invalid_argument("The retain until date must be in the future!", "RetainUntilDate", told)
    return {MODE: mode, UNTIL: until}


def _may_change(former: dict[str, Any], wanted: dict[str, Any], bypass: bool) -> bool:
    """A retention that lasts still may be made longer; governance may be changed at will by who bypasses it."""
    if bypass and former[MODE] != COMPLIANCE:
        return True
    same: bool = wanted.get(MODE) == former[MODE]
    return same and bool(wanted[UNTIL] >= former[UNTIL])


@operation("s3", "GetObjectRetention", reads=True)
def get_object_retention(call: Call, request: Request) -> Result:
    attributes = _attributes(call, request)
    if UNTIL not in attributes:
        raise object_without_lock()
    return {"Retention": {"Mode": attributes[MODE], "RetainUntilDate": attributes[UNTIL]}}


@operation("s3", "PutObjectLegalHold")
def put_object_legal_hold(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html"""
    bucket = _lockable(call, request)
    version = _version(call, bucket, request, "PUT")
    status = (request.get("LegalHold") or {}).get("Status")
    if status not in ("ON", "OFF"):
        raise malformed_xml()
    _write(call, version, {**orjson.loads(version.attributes), HOLD: status})
    return {}


@operation("s3", "GetObjectLegalHold", reads=True)
def get_object_legal_hold(call: Call, request: Request) -> Result:
    attributes = _attributes(call, request)
    if HOLD not in attributes:
        raise object_without_lock()
    return {"LegalHold": {"Status": attributes[HOLD]}}


def _lockable(call: Call, request: Request) -> Bucket:
    bucket = find_bucket(call, request)
    if bucket.lock is None:
        raise bucket_without_lock("Object Lock Configuration")
    return bucket


def _version(call: Call, bucket: Bucket, request: Request, method: str) -> Version:
    return find_version(call, bucket, request["Key"], request.get("VersionId"), method=method, describe=True)


def _attributes(call: Call, request: Request) -> dict[str, Any]:
    version = _version(call, _lockable(call, request), request, "GET")
    attributes: dict[str, Any] = orjson.loads(version.attributes)
    return attributes


def _write(call: Call, version: Version, attributes: dict[str, Any]) -> None:
    call.store.run(tables.SET_ATTRIBUTES, (orjson.dumps(attributes).decode(), version.id))
