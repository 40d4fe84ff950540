"""PutObject and CopyObject."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import orjson

from headwater.services.s3 import tag_sets
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.checksums import DEFAULT, FULL_OBJECT, MEMBERS, computed, of_object
from headwater.services.s3.conditions import check_copy_source, check_write, conditional_write
from headwater.services.s3.customer_keys import COPY_SOURCE, check_customer_key
from headwater.services.s3.encryption import SSE_S3, encryption_of, etag, kept, told
from headwater.services.s3.errors import archived, invalid_argument, invalid_request
from headwater.services.s3.headers import SYSTEM_HEADERS, attributes_of, refuse_what_we_lack, storage_class_of
from headwater.services.s3.lifecycle import expiration_header
from headwater.services.s3.locks import check_integrity, lock_of_write
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import (
    Body,
    Version,
    check_key,
    current,
    find_version,
    keep,
    lay_down,
    read,
)
from headwater.services.s3.ownership import acl_of_write
from headwater.services.s3.storage_classes import ARCHIVED, is_restored
from headwater.spine.operations import Call, Request, Result, operation

_CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerKey")
"""With any of these an object may be copied to itself."""


@operation("s3", "PutObject", atomic=True)
def put_object(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""
    return _put(call, request, "ObjectCreated:Put")


@operation("s3", "PostObject", internal=True)
def post_object(call: Call, request: Request) -> Result:
    """An upload from a form: the request of PutObject, an event of its own."""
    return _put(call, request, "ObjectCreated:Post")


def _put(call: Call, request: Request, event: str) -> Result:
    bucket, key = find_bucket(call, request), request["Key"]
    check_key(key)
    refuse_what_we_lack(request)
    if conditional_write(request):
        check_write(request, key, current(call, bucket, key))
    encryption = encryption_of(call, bucket, request)
    data: bytes = request.get("Body") or b""
    checksums, lock = of_object(request, data), lock_of_write(call, bucket, request)
    check_integrity(request, lock, "Put Object")
    acl = acl_of_write(call, bucket, request)
    attributes = {**attributes_of(request), **checksums, **kept(encryption), **acl, **lock}
    storage_class, tags = storage_class_of(request), tag_sets.from_header(request.get("Tagging"))
    made = lay_down(
        call,
        bucket,
        key,
        keep(call, data),
        etag(call, encryption, data),
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


@operation("s3", "CopyObject")
def copy_object(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    bucket, key = find_bucket(call, request), request["Key"]
    check_key(key)
    refuse_what_we_lack(request)
    own = {**acl_of_write(call, bucket, request), **lock_of_write(call, bucket, request)}
    source_bucket, source_key, source = find_copy_source(call, request)
    replace = _directive(request, "MetadataDirective") == "REPLACE"
    same = (source_bucket.name, source_key) == (bucket.name, key) and "?versionId=" not in request["CopySource"]
    if same and not (replace or bucket.encryption or _changes(request)):
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
    if conditional_write(request):
        check_write(request, key, current(call, bucket, key))
    encryption = encryption_of(call, bucket, request)
    old: dict[str, Any] = orjson.loads(source.attributes)
    checksums = _copied_checksums(call, request, source, old)
    same_headers = {
        name: old[name] for name in (*SYSTEM_HEADERS, "Metadata") if name in old and name != "WebsiteRedirectLocation"
    }
    if request.get("WebsiteRedirectLocation"):
        same_headers["WebsiteRedirectLocation"] = request["WebsiteRedirectLocation"]
    tags = source.tags
    if _directive(request, "TaggingDirective") == "REPLACE":
        tags = tag_sets.from_header(request.get("Tagging"))
    made = lay_down(
        call,
        bucket,
        key,
        _copied_body(call, source),
        _copied_etag(call, encryption, source, old),
        attributes={**(attributes_of(request) if replace else same_headers), **checksums, **kept(encryption), **own},
        storage_class=storage_class_of(request),
        tags=tags,
    )
    if bucket.events:
        notify(call, bucket, "ObjectCreated:Copy", key, made)
    copied = {"ETag": made.quoted_etag, "LastModified": made.modified, **checksums}
    result: Result = {"CopyObjectResult": copied, **encryption, **version_id(bucket, made)}
    if source_bucket.versioned or source_bucket.suspended:
        result["CopySourceVersionId"] = source.version
    return result


def find_copy_source(call: Call, request: Request) -> tuple[Bucket, str, Version]:
    """The bucket, key and version that ``CopySource`` names, its conditions checked."""
    path, _, query = request["CopySource"].partition("?")
    name, slash, key = unquote(path).removeprefix("/").partition("/")
    if not name or not slash or not key:
        text = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise invalid_argument(text, "x-amz-copy-source", request["CopySource"])
    subject = call.span.subject
    bucket = find_bucket(call, {"Bucket": name, "ExpectedBucketOwner": request.get("ExpectedSourceBucketOwner")})
    call.span.subject = subject
    version = unquote(query.removeprefix("versionId=")) if query.startswith("versionId=") else None
    source = find_version(call, bucket, key, version)
    check_copy_source(request, source)
    attributes = orjson.loads(source.attributes)
    check_customer_key(request, attributes, COPY_SOURCE)
    if source.storage_class in ARCHIVED and not is_restored(attributes, call.now):
        raise archived("Operation is not valid for the source object's storage class", source.storage_class)
    return bucket, key, source


def _copied_body(call: Call, source: Version) -> Body:
    """The source's own file, or its bytes."""
    return Body(source.size, source.blob, source.body)


def _copied_etag(call: Call, encryption: dict[str, Any], source: Version, old: dict[str, Any]) -> str:
    """The source's own where that is the MD5 of the body, and the copy's is too."""
    plain = encryption is SSE_S3 and "Parts" not in old and told(old) is SSE_S3
    return source.etag if plain else etag(call, encryption, read(call, source))


def _copied_checksums(call: Call, request: Request, source: Version, old: dict[str, Any]) -> dict[str, str]:
    """The source's own checksum, unless another is asked for or it was made of parts that the copy does not have."""
    former = next((MEMBERS[name] for name in MEMBERS if name in old), DEFAULT)
    algorithm = request.get("ChecksumAlgorithm") or former
    member = f"Checksum{algorithm}"
    if algorithm == former and old.get("ChecksumType") == FULL_OBJECT:
        return {member: old[member], "ChecksumType": FULL_OBJECT}
    return {**computed(algorithm, read(call, source)), "ChecksumType": FULL_OBJECT}


def _directive(request: Request, name: str) -> str:
    value = request.get(name) or "COPY"
    if value not in ("COPY", "REPLACE"):
        wire = "x-amz-metadata-directive" if name == "MetadataDirective" else "x-amz-tagging-directive"
        raise invalid_argument(f"Unknown {wire.removeprefix('x-amz-').replace('-', ' ')}.", wire, value)
    return str(value)


def _changes(request: Request) -> bool:
    return any(request.get(name) for name in _CHANGES)
