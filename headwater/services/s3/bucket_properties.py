"""Properties of ``AWS::S3::Bucket`` in the words of S3's own API.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from headwater.services.s3.errors import invalid_argument
from headwater.spine.timestamps import from_datetime


class Setting(NamedTuple):
    """The operation that sets a property, its member, the property's conversion, the operation that takes it away."""

    operation: str
    member: str
    convert: Callable[[Any], Any]
    removal: str | None = None


def _same(given: Any) -> Any:
    return given


def _truths(given: Any) -> dict[str, Any]:
    return {name: is_true(value) for name, value in given.items()}


def is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _renamed(given: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in given.items()}


def _website(given: Any) -> dict[str, Any]:
    """``IndexDocument: index.html`` to S3's own form."""
    made: dict[str, Any] = {}
    if "RedirectAllRequestsTo" in given:
        made["RedirectAllRequestsTo"] = given["RedirectAllRequestsTo"]
    if "IndexDocument" in given:
        made["IndexDocument"] = {"Suffix": given["IndexDocument"]}
    if "ErrorDocument" in given:
        made["ErrorDocument"] = {"Key": given["ErrorDocument"]}
    rules = given.get("RoutingRules")
    if rules:
        made["RoutingRules"] = [
            {
                **({"Condition": rule["RoutingRuleCondition"]} if "RoutingRuleCondition" in rule else {}),
                "Redirect": {name: str(value) for name, value in rule["RedirectRule"].items()},
            }
            for rule in rules
        ]
    return made


def _cors(given: Any) -> dict[str, Any]:
    names = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}
    rules = [_renamed(rule, names) for rule in given["CorsRules"]]
    for rule in rules:
        if "MaxAgeSeconds" in rule:
            rule["MaxAgeSeconds"] = int(rule["MaxAgeSeconds"])
    return {"CORSRules": rules}


def _notifications(given: Any) -> dict[str, Any]:
    groups = {
        "QueueConfigurations": ("QueueConfigurations", "Queue", "QueueArn"),
        "TopicConfigurations": ("TopicConfigurations", "Topic", "TopicArn"),
        "LambdaConfigurations": ("LambdaFunctionConfigurations", "Function", "LambdaFunctionArn"),
    }
    made: dict[str, Any] = {}
    bridge = given.get("EventBridgeConfiguration")
    if bridge is not None and is_true(bridge.get("EventBridgeEnabled", True)):
        made["EventBridgeConfiguration"] = {}
    for group, (wire, member, arn) in groups.items():
        for item in given.get(group, ()):
            configuration: dict[str, Any] = {"Events": [item["Event"]], arn: item[member]}
            rules = item.get("Filter", {}).get("S3Key", {}).get("Rules")
            if rules:
                configuration["Filter"] = {"Key": {"FilterRules": rules}}
            made.setdefault(wire, []).append(configuration)
    return made


def _encryption(given: Any) -> dict[str, Any]:
    rules = []
    for rule in given["ServerSideEncryptionConfiguration"]:
        made = _renamed(rule, {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})
        if "BucketKeyEnabled" in made:
            made["BucketKeyEnabled"] = is_true(made["BucketKeyEnabled"])
        rules.append(made)
    return {"Rules": rules}


def _logging(given: Any) -> dict[str, Any]:
    """Into the bucket itself where no other is named."""
    enabled = {"TargetBucket": given.get("DestinationBucketName"), "TargetPrefix": given.get("LogFilePrefix") or ""}
    layout = given.get("TargetObjectKeyFormat")
    return {"LoggingEnabled": {**enabled, **({"TargetObjectKeyFormat": layout} if layout else {})}}


def _object_lock(given: Any) -> dict[str, Any]:
    default = dict((given.get("Rule") or {}).get("DefaultRetention") or {})
    default |= {name: int(default[name]) for name in ("Days", "Years") if name in default}
    return {"ObjectLockEnabled": "Enabled", **({"Rule": {"DefaultRetention": default}} if default else {})}


def _lifecycle(given: Any) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(rule) for rule in given["Rules"]]}


def _lifecycle_rule(given: dict[str, Any]) -> dict[str, Any]:
    """A rule, whose filter and actions the template spreads over properties of its own."""
    rule: dict[str, Any] = {"Status": given["Status"], "Filter": _lifecycle_filter(given)}
    if "Id" in given:
        rule["ID"] = given["Id"]
    expiration: dict[str, Any] = {}
    if "ExpirationInDays" in given:
        expiration["Days"] = int(given["ExpirationInDays"])
    if "ExpirationDate" in given:
        expiration["Date"] = _instant(given["ExpirationDate"])
    if "ExpiredObjectDeleteMarker" in given:
        expiration["ExpiredObjectDeleteMarker"] = is_true(given["ExpiredObjectDeleteMarker"])
    if expiration:
        rule["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in given:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(given["NoncurrentVersionExpirationInDays"])}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in given:
            rule[name] = {member: int(value) for member, value in given[name].items()}
    for name, single in (
        ("Transitions", "Transition"),
        ("NoncurrentVersionTransitions", "NoncurrentVersionTransition"),
    ):
        if given.get(name) or given.get(single):
            days = "Days" if name == "Transitions" else "NoncurrentDays"
            rule[name] = [_transition(each, days) for each in given.get(name) or [given[single]]]
    return rule


def _transition(given: dict[str, Any], days: str) -> dict[str, Any]:
    made: dict[str, Any] = {"StorageClass": given["StorageClass"].upper()}
    if "TransitionInDays" in given:
        made[days] = int(given["TransitionInDays"])
    if "TransitionDate" in given:
        made["Date"] = _instant(given["TransitionDate"])
    if "NewerNoncurrentVersions" in given:
        made["NewerNoncurrentVersions"] = int(given["NewerNoncurrentVersions"])
    return made


def _lifecycle_filter(given: dict[str, Any]) -> dict[str, Any]:
    """One condition stands alone, several in ``And``, none is the empty prefix."""
    conditions: dict[str, Any] = {"Prefix": given["Prefix"]} if given.get("Prefix") else {}
    conditions |= {name: int(given[name]) for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in given}
    tags = given.get("TagFilters") or []
    if len(conditions) + len(tags) > 1:
        return {"And": {**conditions, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else conditions or {"Prefix": ""}


def _instant(text: str) -> int:
    """Milliseconds; templates write ``2030-01-01`` or a whole timestamp."""
    try:
        return from_datetime(datetime.fromisoformat(text))
    except ValueError:
        raise invalid_argument("'Date' must be at midnight GMT", "Date", text) from None


SETTINGS = {
    "VersioningConfiguration": Setting("PutBucketVersioning", "VersioningConfiguration", _same),
    "AccelerateConfiguration": Setting(
        "PutBucketAccelerateConfiguration",
        "AccelerateConfiguration",
        lambda given: {"Status": given["AccelerationStatus"]},
    ),
    "ObjectLockConfiguration": Setting("PutObjectLockConfiguration", "ObjectLockConfiguration", _object_lock),
    "PublicAccessBlockConfiguration": Setting(
        "PutPublicAccessBlock", "PublicAccessBlockConfiguration", _truths, "DeletePublicAccessBlock"
    ),
    "OwnershipControls": Setting(
        "PutBucketOwnershipControls", "OwnershipControls", _same, "DeleteBucketOwnershipControls"
    ),
    "BucketEncryption": Setting(
        "PutBucketEncryption", "ServerSideEncryptionConfiguration", _encryption, "DeleteBucketEncryption"
    ),
    "LifecycleConfiguration": Setting(
        "PutBucketLifecycleConfiguration", "LifecycleConfiguration", _lifecycle, "DeleteBucketLifecycle"
    ),
    "LoggingConfiguration": Setting("PutBucketLogging", "BucketLoggingStatus", _logging),
    "CorsConfiguration": Setting("PutBucketCors", "CORSConfiguration", _cors, "DeleteBucketCors"),
    "WebsiteConfiguration": Setting("PutBucketWebsite", "WebsiteConfiguration", _website, "DeleteBucketWebsite"),
    "NotificationConfiguration": Setting(
        "PutBucketNotificationConfiguration", "NotificationConfiguration", _notifications
    ),
}
"""The properties that we know."""
