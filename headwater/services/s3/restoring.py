"""RestoreObject: archived objects that can be read for some days.

AWS takes from a minute to two days to restore one, by its tier; here it is there at once, though after its
``ObjectRestore:Post``. That it can be read no more, some days later at midnight UTC, the clock says.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.bucket import bucket_by_name, find_bucket
from headwater.services.s3.errors import archived, invalid_argument, malformed_xml
from headwater.services.s3.lifecycle import DAY, next_midnight
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import Version, find_version
from headwater.services.s3.storage_classes import ARCHIVED
from headwater.spine.deliveries import FOREVER, Again, Delivery, delivery
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_TIERS = ("Standard", "Bulk", "Expedited")


@operation("s3", "RestoreObject")
def restore_object(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html"""
    bucket, key = find_bucket(call, request), request["Key"]
    version = find_version(call, bucket, key, request.get("VersionId"), method="POST", describe=True)
    days = _checked(request.get("RestoreRequest") or {}, version)
    attributes: dict[str, Any] = orjson.loads(version.attributes)
    present = attributes.get("Restore")
    if present is not None:
        if "Until" not in present:
            raise AwsError("RestoreAlreadyInProgress", "Object restore is already in progress", 409)
        # its delivery looks at this when it wakes
        present["Until"] = _until(call, days)
        _write(call, version, attributes)
        return {"StatusCode": 200}
    payload = {"bucket": bucket.name, "id": bucket.id, "key": key, "version": version.version, "days": days}
    timer = call.deliver("s3.restore", payload, target=bucket.arn, policy=FOREVER)
    restoring = _write(call, version, {**attributes, "Restore": {"Timer": timer}})
    notify(call, bucket, "ObjectRestore:Post", key, restoring)
    return {"StatusCode": 202}


def _checked(given: dict[str, Any], version: Version) -> int:
    """For how many days; AwsError where that cannot be."""
    if given.get("Type") or given.get("SelectParameters") or given.get("OutputLocation"):
        raise not_implemented("Select by RestoreObject of S3")
    days, tier = given.get("Days"), given.get("Tier") or (given.get("GlacierJobParameters") or {}).get("Tier")
    if days is None or (tier is not None and tier not in _TIERS):
        raise malformed_xml()
    if days < 1:
        raise invalid_argument("Restoration days should be at least 1", "Days", days)
    if version.storage_class not in ARCHIVED:
        raise archived("Restore is not allowed for the object's current storage class", version.storage_class)
    if tier == "Expedited" and version.storage_class == "DEEP_ARCHIVE":
        raise invalid_argument("Retrieval option is not supported by this storage class")
    return int(days)


def _until(call: Call, days: int) -> int:
    return next_midnight(call.now + days * DAY - 1)


def _write(call: Call, version: Version, attributes: dict[str, Any]) -> Version:
    written = version._replace(attributes=orjson.dumps(attributes).decode())
    call.store.run(tables.SET_ATTRIBUTES, (written.attributes, version.id))
    return written


@delivery("s3.restore")
def restore(call: Call, item: Delivery) -> Again | None:
    """First the copy is there, later it is gone; nothing where its version was replaced or deleted meanwhile."""
    bucket, key = bucket_by_name(call, item.payload["bucket"]), item.payload["key"]
    if bucket is None or bucket.id != item.payload["id"]:
        return None
    row = call.store.one(tables.DESCRIBE_VERSION, (bucket.id, key, item.payload["version"]))
    if row is None:
        return None
    version = Version(*row)
    attributes: dict[str, Any] = orjson.loads(version.attributes)
    present = attributes.get("Restore") or {}
    if present.get("Timer") != item.id:
        return None
    if "Until" not in present:
        present["Until"] = _until(call, item.payload["days"])
        notify(call, bucket, "ObjectRestore:Completed", key, _write(call, version, attributes))
    elif present["Until"] <= call.now:
        del attributes["Restore"]
        notify(call, bucket, "ObjectRestore:Delete", key, _write(call, version, attributes))
        return None
    return Again(present["Until"])
