"""PutObject, and what a form uploads."""

from __future__ import annotations

from headwater.services.s3 import tag_sets
from headwater.services.s3.assembling import Assembled, assemble_apart, is_large
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.checksums import DEFAULT, Whole, asked_of, of_object
from headwater.services.s3.conditions import check_write, conditional_write
from headwater.services.s3.encryption import encryption_of, etag, kept
from headwater.services.s3.headers import attributes_of, refuse_what_we_lack, storage_class_of
from headwater.services.s3.lifecycle import expiration_header
from headwater.services.s3.locks import check_integrity, lock_of_write
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import (
    Version,
    check_key,
    current,
    keep,
    lay_down,
)
from headwater.services.s3.ownership import acl_of_write
from headwater.spine.operations import Answer, Call, Request, Result, operation


@operation("s3", "PutObject", atomic=True)
def put_object(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""
    return _put(call, request, "ObjectCreated:Put")


@operation("s3", "PostObject", internal=True)
def post_object(call: Call, request: Request) -> Answer:
    """An upload from a form: the request of PutObject, an event of its own."""
    return _put(call, request, "ObjectCreated:Post")


def _put(call: Call, request: Request, event: str) -> Answer:
    data: bytes = request.get("Body") or b""
    if not is_large(data):
        return _put_now(call, request, event, data)
    find_bucket(call, request)
    check_key(request["Key"])
    algorithms = asked_of(request, DEFAULT)
    return assemble_apart(call.work, [data], algorithms, lambda call, made: _put_now(call, request, event, made))


def _put_now(call: Call, request: Request, event: str, body: bytes | Assembled) -> Result:
    bucket, key = find_bucket(call, request), request["Key"]
    check_key(key)
    refuse_what_we_lack(request)
    if conditional_write(request):
        check_write(request, key, current(call, bucket, key))
    encryption = encryption_of(call, bucket, request)
    sums = Whole(body) if isinstance(body, bytes) else body.digests
    checksums, lock = of_object(request, sums), lock_of_write(call, bucket, request)
    check_integrity(request, lock, "Put Object")
    acl = acl_of_write(call, bucket, request)
    attributes = {**attributes_of(request), **checksums, **kept(encryption), **acl, **lock}
    storage_class, tags = storage_class_of(request), tag_sets.from_header(request.get("Tagging"))
    made = lay_down(
        call,
        bucket,
        key,
        keep(call, body) if isinstance(body, bytes) else body.body,
        etag(call, encryption, sums),
        attributes=attributes,
        storage_class=storage_class,
        tags=tags,
    )
    if bucket.events:
        notify(call, bucket, event, key, made)
    result: Result = {"ETag": made.quoted_etag, **encryption, **checksums, **version_id(bucket, made)}
    if "Lifecycle" in bucket.settings:
        result |= expiration_header(bucket, key, made.size, made.tags, made.modified)
    return result


def version_id(bucket: Bucket, version: Version) -> dict[str, str]:
    """The version's id, where the bucket has or had versions."""
    return {"VersionId": version.version} if bucket.versioned or bucket.suspended else {}
