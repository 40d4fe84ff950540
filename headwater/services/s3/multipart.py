"""Multipart uploads: create, upload and copy parts, abort; what completes them is in `completing.py`.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from headwater.services.s3 import tables, tag_sets
from headwater.services.s3.assembling import Assembled, assemble, assemble_apart, is_large, is_small
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.checksums import (
    FULL_OBJECT,
    MEMBERS,
    Whole,
    asked_of,
    check_algorithm,
    computed,
    encode,
    verified,
)
from headwater.services.s3.copying import find_copy_source
from headwater.services.s3.customer_keys import check_key_of_part
from headwater.services.s3.encryption import SSE_S3, encryption_of, etag, kept, told
from headwater.services.s3.errors import (
    invalid_argument,
    invalid_range,
    invalid_request,
    no_such_upload,
)
from headwater.services.s3.headers import attributes_of, refuse_what_we_lack, storage_class_of
from headwater.services.s3.locks import MEMBERS as LOCK_MEMBERS
from headwater.services.s3.locks import asked_lock, check_integrity, default_retention
from headwater.services.s3.objects import (
    Body,
    Version,
    check_key,
    content,
    in_seconds,
    keep,
    release_blob,
)
from headwater.services.s3.ownership import acl_of_write
from headwater.spine.operations import Answer, Call, Request, Result, operation

COMPOSITE = "COMPOSITE"
_MOST_PARTS = 10_000
_RANGE = re.compile(r"bytes=(\d+)-(\d+)\Z")


class Upload(NamedTuple):
    """An upload under way; ``attributes`` are the object's to be, and ``ChecksumAlgorithm`` and ``ChecksumType``."""

    id: str
    started: int
    storage_class: str
    tags: str | None
    attributes: dict[str, Any]

    @property
    def algorithm(self) -> str | None:
        algorithm: str | None = self.attributes.get("ChecksumAlgorithm")
        return algorithm

    @property
    def kind(self) -> str:
        """Whether the object's checksum is of its whole or of its parts'."""
        return str(self.attributes.get("ChecksumType", FULL_OBJECT))


class Part(NamedTuple):
    """A part as its row has it, ``etag`` without quotes."""

    number: int
    size: int
    etag: str
    modified: int
    checksums: str


def find_upload(call: Call, bucket: Bucket, request: Request) -> Upload:
    identity = request["UploadId"]
    row = call.store.one(tables.FIND_UPLOAD, (identity, bucket.id, request["Key"]))
    if row is None:
        raise no_such_upload(identity)
    started, storage_class, tags, attributes = row
    return Upload(identity, started, storage_class, tags, orjson.loads(attributes))


@operation("s3", "CreateMultipartUpload")
def create_multipart_upload(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html"""
    bucket, key = find_bucket(call, request), request["Key"]
    check_key(key)
    refuse_what_we_lack(request)
    checksum, encryption = _checksum_kind(request), encryption_of(call, bucket, request)
    own = {**acl_of_write(call, bucket, request), **asked_lock(call, bucket, request)}
    identity = call.ids.token(96)
    row = (
        *(identity, bucket.id, key, in_seconds(call.now), storage_class_of(request)),
        tag_sets.from_header(request.get("Tagging")),
        orjson.dumps({**attributes_of(request), **checksum, **kept(encryption), **own}).decode(),
    )
    call.store.run(tables.INSERT_UPLOAD, row)
    return {"Bucket": bucket.name, "Key": key, "UploadId": identity, **encryption, **checksum}


def _checksum_kind(request: Request) -> dict[str, str]:
    """Which checksum the object will have: of the whole, or of its parts' checksums."""
    algorithm, kind = request.get("ChecksumAlgorithm"), request.get("ChecksumType")
    if algorithm is None:
        if kind is not None:
            text = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            raise invalid_request(text)
        return {}
    check_algorithm(algorithm)
    whole = algorithm.startswith("CRC")
    kind = kind or (FULL_OBJECT if algorithm == "CRC64NVME" else COMPOSITE)
    if (kind == FULL_OBJECT and not whole) or (kind == COMPOSITE and algorithm == "CRC64NVME"):
        raise invalid_request(
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
        )
    return {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}


@operation("s3", "UploadPart")
def upload_part(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html"""
    data: bytes = request.get("Body") or b""
    if not is_large(data):
        return _upload_part(call, request, data)
    upload = find_upload(call, find_bucket(call, request), request)
    algorithms = asked_of(request, upload.algorithm or "MD5")
    return assemble_apart(call.work, [data], algorithms, lambda call, made: _upload_part(call, request, made))


def _upload_part(call: Call, request: Request, body: bytes | Assembled) -> Result:
    bucket = find_bucket(call, request)
    _check_number(request["PartNumber"])
    upload = find_upload(call, bucket, request)
    check_key_of_part(request, upload.attributes)
    sums = Whole(body) if isinstance(body, bytes) else body.digests
    if bucket.lock is not None:
        asked = {name: upload.attributes[name] for name in LOCK_MEMBERS if name in upload.attributes}
        check_integrity(request, asked or default_retention(call, bucket), "Put Part")
    checksums = verified(request, sums)
    wanted = upload.algorithm
    if wanted is not None:
        given = next(iter(checksums), None)
        if given is not None and MEMBERS[given] != wanted:
            raise invalid_request(
                f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, "
                f"actual checksum Type: {MEMBERS[given].lower()}"
            )
        checksums = checksums or computed(wanted, sums)
    made = etag(call, told(upload.attributes), sums)
    stored = keep(call, body) if isinstance(body, bytes) else body.body
    _put_part(call, upload, request["PartNumber"], stored, made, checksums)
    return {"ETag": f'"{made}"', **told(upload.attributes), **checksums}


@operation("s3", "UploadPartCopy")
def upload_part_copy(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html"""
    bucket = find_bucket(call, request)
    _check_number(request["PartNumber"])
    upload = find_upload(call, bucket, request)
    check_key_of_part(request, upload.attributes)
    source_bucket, _, source = find_copy_source(call, request)
    offset, length = _slice(request, source)
    sources, algorithms = [content(call, source, offset, length)], frozenset({"MD5", upload.algorithm or "MD5"})
    versioned = {"CopySourceVersionId": source.version} if source_bucket.versioned or source_bucket.suspended else {}

    def put(call: Call, made: Assembled) -> Result:
        return {**_put_copy(call, request, made), **versioned}

    if is_small(length):
        return put(call, assemble(sources, algorithms))
    return assemble_apart(call.work, sources, algorithms, put)


def _slice(request: Request, source: Version) -> tuple[int, int]:
    """Where in the source the part begins, and its length."""
    offset, length = 0, source.size
    asked = request.get("CopySourceRange")
    if asked is not None:
        match = _RANGE.match(asked)
        if match is None:
            text = (
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                "zero-based offsets of the first and last bytes to copy"
            )
            raise invalid_argument(text, "x-amz-copy-source-range", asked)
        offset, last = int(match[1]), int(match[2])
        if last >= source.size or last < offset:
            raise invalid_range(asked, source.size)
        length = last - offset + 1
    return offset, length


def _put_copy(call: Call, request: Request, assembled: Assembled) -> Result:
    upload, digests = find_upload(call, find_bucket(call, request), request), assembled.digests
    encryption = told(upload.attributes)
    made = digests.of("MD5").hex() if encryption is SSE_S3 else call.ids.hex(32)
    checksums = {f"Checksum{name}": encode(digests.of(name)) for name in (upload.algorithm,) if name}
    _put_part(call, upload, request["PartNumber"], assembled.body, made, checksums)
    return {
        "CopyPartResult": {"ETag": f'"{made}"', "LastModified": in_seconds(call.now), **checksums},
        **encryption,
    }


def _check_number(number: int) -> None:
    if not 1 <= number <= _MOST_PARTS:
        text = "Part number must be an integer between 1 and 10000, inclusive"
        raise invalid_argument(text, "partNumber", number)


def _put_part(call: Call, upload: Upload, number: int, body: Body, made: str, checksums: dict[str, str]) -> None:
    for (blob,) in call.store.all(tables.PART_BLOB, (upload.id, number)):
        release_blob(call, blob)
    row = (
        upload.id,
        number,
        body.size,
        made,
        in_seconds(call.now),
        orjson.dumps(checksums).decode(),
        body.blob,
        body.data,
    )
    call.store.run(tables.PUT_PART, row)


@operation("s3", "AbortMultipartUpload")
def abort_multipart_upload(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    forget(call, find_upload(call, bucket, request).id)
    return {}


def forget(call: Call, upload: str) -> None:
    """Remove an upload and its parts."""
    for (blob,) in call.store.all(tables.PART_BLOBS, (upload,)):
        release_blob(call, blob)
    call.store.run(tables.DELETE_PARTS, (upload,))
    call.store.run(tables.DELETE_UPLOAD, (upload,))
