"""Tags of objects."""

from __future__ import annotations

from headwater.services.s3 import tables, tag_sets
from headwater.services.s3.bucket import find_bucket
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import find_version
from headwater.services.s3.writing import version_id
from headwater.spine.operations import Call, Request, Result, operation


@operation("s3", "GetObjectTagging", reads=True)
def get_object_tagging(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    version = find_version(call, bucket, request["Key"], request.get("VersionId"), describe=True)
    return {"TagSet": tag_sets.from_row(version.tags), **version_id(bucket, version)}


@operation("s3", "PutObjectTagging")
def put_object_tagging(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectTagging.html"""
    return _set(call, request, tag_sets.from_object_request(request.get("Tagging")), "ObjectTagging:Put")


@operation("s3", "DeleteObjectTagging")
def delete_object_tagging(call: Call, request: Request) -> Result:
    return _set(call, request, None, "ObjectTagging:Delete")


def _set(call: Call, request: Request, tags: str | None, event: str) -> Result:
    bucket, key = find_bucket(call, request), request["Key"]
    version = find_version(call, bucket, key, request.get("VersionId"), method="PUT", describe=True)
    call.store.run(tables.SET_OBJECT_TAGS, (tags, version.id))
    notify(call, bucket, event, key, version)
    return {**version_id(bucket, version)}
