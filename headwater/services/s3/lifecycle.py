"""Lifecycle rules: what they may say, and which objects they mean.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from headwater.services.s3 import tag_sets
from headwater.services.s3.bucket import Bucket, change_settings, find_bucket
from headwater.services.s3.errors import invalid_argument, invalid_request, malformed_xml
from headwater.services.s3.storage_classes import check_transitions
from headwater.spine.deliveries import FOREVER
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import rfc822

DAY = 86_400_000
_MOST_RULES = 1000
_LONGEST_NAME = 255
_SWEEP = "LifecycleSweep"
"""The setting that holds the id of the delivery that applies the rules."""
_ACTIONS = (
    *("Expiration", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"),
    *("Transitions", "NoncurrentVersionTransitions"),
)


def next_midnight(now: int) -> int:
    """When rules are next applied: S3 rounds to midnight UTC."""
    return (now // DAY + 1) * DAY


@operation("s3", "PutBucketLifecycleConfiguration")
def put_bucket_lifecycle_configuration(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html"""
    bucket = find_bucket(call, request)
    given = request.get("LifecycleConfiguration") or {}
    rules = [_checked(call, rule) for rule in given.get("Rules") or ()]
    if not 1 <= len(rules) <= _MOST_RULES:
        raise malformed_xml()
    names = [rule["ID"] for rule in rules]
    if len(set(names)) != len(names):
        raise invalid_argument("Rule ID must be unique. Found same ID for more than one rule", "ID", names[-1])
    sweep = bucket.settings.get(_SWEEP)
    if sweep is None:
        payload = {"bucket": bucket.name, "id": bucket.id}
        due = next_midnight(call.now)
        sweep = call.deliver("s3.lifecycle", payload, target=bucket.arn, due=due, policy=FOREVER)
    change_settings(call, bucket, {"Lifecycle": {"Rules": rules}, _SWEEP: sweep})
    return {"TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}


@operation("s3", "GetBucketLifecycleConfiguration", reads=True)
def get_bucket_lifecycle_configuration(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if "Lifecycle" not in bucket.settings:
        text = "The lifecycle configuration does not exist"
        raise AwsError("NoSuchLifecycleConfiguration", text, 404, BucketName=bucket.name)
    return {**bucket.settings["Lifecycle"], "TransitionDefaultMinimumObjectSize": "all_storage_classes_128K"}


@operation("s3", "DeleteBucketLifecycle")
def delete_bucket_lifecycle(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    if _SWEEP in bucket.settings:
        call.cancel(bucket.settings[_SWEEP])
    change_settings(call, bucket, {"Lifecycle": None, _SWEEP: None})
    return {}


def _checked(call: Call, rule: dict[str, Any]) -> dict[str, Any]:
    if rule.get("Status") not in ("Enabled", "Disabled") or ("Filter" in rule) == ("Prefix" in rule):
        raise malformed_xml()
    if len(rule.get("Filter", ())) > 1:  # several conditions stand in an And
        raise malformed_xml()
    if not any(rule.get(action) for action in _ACTIONS):
        raise invalid_request("At least one action needs to be specified in a rule")
    if len(rule.get("ID") or "") > _LONGEST_NAME:
        raise invalid_argument(f"ID length should not exceed allowed limit of {_LONGEST_NAME}", "ID", rule["ID"])
    check_transitions(rule)
    expiration = rule.get("Expiration")
    if expiration is not None:
        if len([name for name in ("Days", "Date", "ExpiredObjectDeleteMarker") if name in expiration]) != 1:
            raise malformed_xml()
        if expiration.get("Days", 1) < 1:
            text = "'Days' for Expiration action must be a positive integer"
            raise invalid_argument(text, "Days", expiration["Days"])
        if expiration.get("Date", 0) % DAY:
            raise invalid_argument("'Date' must be at midnight GMT", "Date", expiration["Date"])
    old_versions = rule.get("NoncurrentVersionExpiration")
    if old_versions is not None and "NoncurrentDays" not in old_versions:
        raise malformed_xml()
    if old_versions is not None and old_versions["NoncurrentDays"] < 1:
        text = "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"
        raise invalid_argument(text, "NoncurrentDays", old_versions["NoncurrentDays"])
    return {"ID": rule.get("ID") or call.ids.token(48), **{name: value for name, value in rule.items() if name != "ID"}}


def enabled_rules(bucket: Bucket) -> list[dict[str, Any]]:
    rules: Iterable[dict[str, Any]] = bucket.settings.get("Lifecycle", {}).get("Rules", ())
    return [rule for rule in rules if rule["Status"] == "Enabled"]


def means(rule: dict[str, Any], key: str, size: int, tags: str | None) -> bool:
    """Whether a rule's filter lets an object through."""
    given = rule.get("Filter", {})
    conditions = {**{name: value for name, value in given.items() if name != "And"}, **given.get("And", {})}
    prefix = conditions.get("Prefix", rule.get("Prefix", ""))
    if not key.startswith(prefix):
        return False
    if size <= conditions.get("ObjectSizeGreaterThan", -1) or size >= conditions.get("ObjectSizeLessThan", size + 1):
        return False
    wanted = [*conditions.get("Tags", ()), *([conditions["Tag"]] if "Tag" in conditions else ())]
    if not wanted:
        return True
    has = tag_sets.from_row(tags)
    return all(tag in has for tag in wanted)


def expires_at(rule: dict[str, Any], modified: int) -> int | None:
    """When a rule ends an object's current version; None where it does not."""
    expiration = rule.get("Expiration", {})
    if "Days" in expiration:
        return next_midnight(modified + expiration["Days"] * DAY - 1)
    date: int | None = expiration.get("Date")
    return date


def expiration_header(bucket: Bucket, key: str, size: int, tags: str | None, modified: int) -> dict[str, str]:
    """The ``Expiration`` member of answers about an object that a rule will end."""
    ends = [
        (at, rule["ID"])
        for rule in enabled_rules(bucket)
        if means(rule, key, size, tags) and (at := expires_at(rule, modified)) is not None
    ]
    if not ends:
        return {}
    at, identity = min(ends)
    return {"Expiration": f'expiry-date="{rfc822(at)}", rule-id="{identity}"'}
