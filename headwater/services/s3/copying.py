"""CopyObject. The copy has the source's own file; a large source whose digests are not known is read in a thread first.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote

import orjson

from headwater.services.s3 import tag_sets
from headwater.services.s3.assembling import assemble, digest_apart, is_small
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.checksums import DEFAULT, FULL_OBJECT, MEMBERS, Digests, check_algorithm, encode
from headwater.services.s3.conditions import check_copy_source, check_write, conditional_write
from headwater.services.s3.customer_keys import COPY_SOURCE, check_customer_key
from headwater.services.s3.encryption import SSE_S3, encryption_of, kept, told
from headwater.services.s3.errors import archived, invalid_argument, invalid_request
from headwater.services.s3.headers import SYSTEM_HEADERS, attributes_of, refuse_what_we_lack, storage_class_of
from headwater.services.s3.locks import lock_of_write
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import Body, Version, check_key, content, current, find_version, lay_down
from headwater.services.s3.ownership import acl_of_write
from headwater.services.s3.storage_classes import ARCHIVED, is_restored
from headwater.services.s3.writing import version_id
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.store.blobs import Blob
from headwater.spine.work import Work

_CHANGES = ("StorageClass", "WebsiteRedirectLocation", "ServerSideEncryption", "SSECustomerKey")
"""With any of these an object may be copied to itself."""


class _Wanted(NamedTuple):
    """Digests that are wanted of a source, whose file is ``blob``, and once they are known they themselves."""

    blob: str | None
    source: bytes | Blob
    algorithms: frozenset[str]
    digests: Digests | None = None


class _Sums(NamedTuple):
    """What tells a copy's content: its ETag, and the members of its checksum."""

    etag: str
    checksums: dict[str, str]


@operation("s3", "CopyObject")
def copy_object(call: Call, request: Request) -> Answer:
    copied = _copy(call, request, None)
    return copied if isinstance(copied, dict) else _copy_apart(call.work, request, copied)


async def _copy_apart(work: Work, request: Request, wanted: _Wanted) -> Result:
    while True:
        digests = await digest_apart(wanted.source, wanted.algorithms)
        copied = await work.transact(_copy, request, wanted._replace(digests=digests))
        if isinstance(copied, dict):
            return copied
        wanted = copied  # another source has taken its place meanwhile


def _copy(call: Call, request: Request, known: _Wanted | None) -> Result | _Wanted:
    """What is wanted where the digests of a large source are not known."""
    bucket, key = find_bucket(call, request), request["Key"]
    check_key(key)
    refuse_what_we_lack(request)
    own = {**acl_of_write(call, bucket, request), **lock_of_write(call, bucket, request)}
    source_bucket, source_key, source = find_copy_source(call, request)
    _check_same(request, bucket, (source_bucket.name, source_key) == (bucket.name, key))
    if conditional_write(request):
        check_write(request, key, current(call, bucket, key))
    encryption = encryption_of(call, bucket, request)
    old: dict[str, Any] = orjson.loads(source.attributes)
    sums = _sums(call, request, encryption, source, old, known)
    if isinstance(sums, _Wanted):
        return sums
    headers = attributes_of(request) if _replaces(request, "MetadataDirective") else _same_headers(request, old)
    made = lay_down(
        call,
        bucket,
        key,
        Body(source.size, source.blob, source.body),
        sums.etag,
        attributes={**headers, **sums.checksums, **kept(encryption), **own},
        storage_class=storage_class_of(request),
        tags=tag_sets.from_header(request.get("Tagging")) if _replaces(request, "TaggingDirective") else source.tags,
    )
    if bucket.events:
        notify(call, bucket, "ObjectCreated:Copy", key, made)
    copied = {"ETag": made.quoted_etag, "LastModified": made.modified, **sums.checksums}
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


def _check_same(request: Request, bucket: Bucket, same: bool) -> None:
    """An object is copied to itself only where that changes something."""
    if not same or "?versionId=" in request["CopySource"]:
        return
    if not (_replaces(request, "MetadataDirective") or bucket.encryption or any(map(request.get, _CHANGES))):
        raise invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )


def _same_headers(request: Request, old: dict[str, Any]) -> dict[str, Any]:
    kept_headers = {
        name: old[name] for name in (*SYSTEM_HEADERS, "Metadata") if name in old and name != "WebsiteRedirectLocation"
    }
    if request.get("WebsiteRedirectLocation"):
        kept_headers["WebsiteRedirectLocation"] = request["WebsiteRedirectLocation"]
    return kept_headers


def _sums(
    call: Call,
    request: Request,
    encryption: dict[str, Any],
    source: Version,
    old: dict[str, Any],
    known: _Wanted | None,
) -> _Sums | _Wanted:
    """The source's own checksum, unless another is asked for or it was made of parts, which the copy does not have; its
    own ETag where that is the MD5 of the body, and the copy's is too."""
    former = next((MEMBERS[name] for name in MEMBERS if name in old), DEFAULT)
    algorithm = request.get("ChecksumAlgorithm") or former
    check_algorithm(algorithm)
    same_checksum = algorithm == former and old.get("ChecksumType") == FULL_OBJECT
    same_etag = encryption is SSE_S3 and "Parts" not in old and told(old) is SSE_S3
    needed = ("" if same_checksum else algorithm, "MD5" if encryption is SSE_S3 and not same_etag else "")
    digests = _digests(call, source, frozenset(filter(None, needed)), known)
    if isinstance(digests, _Wanted):
        return digests
    member = f"Checksum{algorithm}"
    checksum = old[member] if same_checksum else encode(digests.of(algorithm))
    etag = source.etag if same_etag else digests.of("MD5").hex() if encryption is SSE_S3 else call.ids.hex(32)
    return _Sums(etag, {member: checksum, "ChecksumType": FULL_OBJECT})


def _digests(call: Call, source: Version, algorithms: frozenset[str], known: _Wanted | None) -> Digests | _Wanted:
    """Of a small source at once; of a large one those that are known."""
    if known is not None and known.digests is not None and known.blob == source.blob and known.algorithms >= algorithms:
        return known.digests
    body = content(call, source) if algorithms else b""
    if algorithms and not is_small(source.size):
        return _Wanted(source.blob, body, algorithms)
    return assemble([body], algorithms).digests


def _replaces(request: Request, name: str) -> bool:
    value = request.get(name) or "COPY"
    if value not in ("COPY", "REPLACE"):
        wire = "x-amz-metadata-directive" if name == "MetadataDirective" else "x-amz-tagging-directive"
        raise invalid_argument(f"Unknown {wire.removeprefix('x-amz-').replace('-', ' ')}.", wire, value)
    return bool(value == "REPLACE")
