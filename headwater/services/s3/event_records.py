"""What an event says: the record of a notification, and the event on the bus.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import orjson

from headwater.services.s3.bucket import Bucket
from headwater.services.s3.objects import Version
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds, iso8601_seconds

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "LifecycleExpiration": "Object Deleted",
    "LifecycleTransition": "Object Storage Class Changed",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl:Put": "Object ACL Updated",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
    "LifecycleExpiration:Delete": "Lifecycle Expiration",
    "LifecycleExpiration:DeleteMarkerCreated": "Lifecycle Expiration",
}
_EMPTY = "d41d8cd98f00b204e9800998ecf8427e"
_SIZED = ("ObjectCreated", "ObjectRestore:Post", "ObjectRestore:Completed")
_ABOUT_VERSIONS = ("ObjectTagging", "ObjectAcl", "ObjectRestore", "LifecycleTransition")
"""Events of which nothing is made or removed: they have no place in the order of a key's versions."""
_OF_LIFECYCLE = ("Lifecycle", "ObjectRestore:Completed", "ObjectRestore:Delete")
"""Events that S3 itself causes, when the time has come."""
_VERSION_2_3 = ("Lifecycle", "ObjectTagging", "ObjectAcl", "ObjectRestore:Delete")
S3_ITSELF = "s3.amazonaws.com"


def record(call: Call, bucket: Bucket, event: str, key: str, version: Version, identity: str) -> dict[str, Any]:
    """The record of a notification to a queue, topic or function."""
    described: dict[str, Any] = {"key": quote_plus(key, safe="/")}
    if event.startswith(_SIZED):
        described |= {"size": version.size, "eTag": version.etag}
    elif version.marker or event.startswith(_ABOUT_VERSIONS):
        described["eTag"] = version.etag or _EMPTY
    if bucket.versioned:
        described["versionId"] = version.version
    if not event.startswith(("ObjectTagging", "ObjectAcl")):
        described["sequencer"] = _sequencer(call, event, version)
    by_itself = event.startswith(_OF_LIFECYCLE)
    return {
        "eventVersion": "2.3" if event.startswith(_VERSION_2_3) else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": iso8601_milliseconds(call.now),
        "eventName": event,
        "userIdentity": {"principalId": S3_ITSELF if by_itself else f"AWS:{call.account}"},
        "requestParameters": {"sourceIPAddress": S3_ITSELF if by_itself else "127.0.0.1"},
        "responseElements": {"x-amz-request-id": call.ids.hex(16).upper(), "x-amz-id-2": call.ids.token(76)},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": identity,
            "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": bucket.account}, "arn": bucket.arn},
            "object": described,
        },
        **_further(event, version),
    }


def _further(event: str, version: Version) -> dict[str, Any]:
    """What only some kinds of events tell."""
    if event == "LifecycleTransition":
        moved = {"destinationStorageClass": version.storage_class}
        return {"lifecycleEventData": {"transitionEventData": moved}}
    if event == "ObjectRestore:Completed":
        restored = {
            "lifecycleRestorationExpiryTime": iso8601_milliseconds(_restored_until(version)),
            "lifecycleRestoreStorageClass": version.storage_class,
        }
        return {"glacierEventData": {"restoreEventData": restored}}
    return {}


def _restored_until(version: Version) -> int:
    until: int = orjson.loads(version.attributes)["Restore"]["Until"]
    return until


def _sequencer(call: Call, event: str, version: Version) -> str:
    """Larger than those of all former events of the key: a removal comes after what it removes."""
    made = event.startswith("ObjectCreated") or version.marker
    return f"{version.id if made else call.new_id():018X}"


def entry(call: Call, bucket: Bucket, event: str, key: str, version: Version) -> dict[str, Any]:
    """The event for the bus."""
    described: dict[str, Any] = {"key": key}
    if event.startswith(_SIZED):
        described["size"] = version.size
    described["etag"] = version.etag or _EMPTY
    if bucket.versioned:
        described["version-id"] = version.version
    if not event.startswith(_ABOUT_VERSIONS):
        described["sequencer"] = _sequencer(call, event, version)
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": described,
        "request-id": call.ids.hex(16).upper(),
    }
    if event.startswith(_OF_LIFECYCLE):
        detail["requester"] = S3_ITSELF
    else:
        detail |= {"requester": call.account, "source-ip-address": "127.0.0.1"}
    if event in _REASONS:
        detail["reason"] = _REASONS[event]
    if event.startswith(("ObjectRemoved", "LifecycleExpiration")):
        marker = event.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
    if event == "LifecycleTransition":
        detail["destination-storage-class"] = version.storage_class
    if event == "ObjectRestore:Completed":
        detail["restore-expiry-time"] = iso8601_seconds(_restored_until(version))
    if event in ("ObjectRestore:Post", "ObjectRestore:Completed"):
        detail["source-storage-class"] = version.storage_class
    return {
        "Source": "aws.s3",
        "DetailType": _DETAIL_TYPES.get(event) or _DETAIL_TYPES[event.partition(":")[0]],
        "Detail": detail,
        "Resources": [bucket.arn],
        "Time": call.now,
    }
