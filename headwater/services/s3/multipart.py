"""Multipart uploads: create, upload and copy parts, complete, abort.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from headwater.services.s3 import tables, tag_sets
from headwater.services.s3.assembling import Assembled, assemble, assemble_apart, is_small
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.checksums import (
    DEFAULT,
    FULL_OBJECT,
    MEMBERS,
    Digests,
    check_algorithm,
    compute,
    computed,
    decode,
    encode,
    verified,
)
from headwater.services.s3.conditions import check_write, conditional_write
from headwater.services.s3.copying import find_copy_source
from headwater.services.s3.customer_keys import check_key_of_part
from headwater.services.s3.encryption import SSE_S3, encryption_of, etag, kept, told
from headwater.services.s3.errors import (
    bad_checksum,
    invalid_argument,
    invalid_part,
    invalid_part_order,
    invalid_range,
    invalid_request,
    malformed_xml,
    no_such_upload,
    part_too_small,
)
from headwater.services.s3.headers import attributes_of, refuse_what_we_lack, storage_class_of
from headwater.services.s3.lifecycle import expiration_header
from headwater.services.s3.locks import MEMBERS as LOCK_MEMBERS
from headwater.services.s3.locks import asked_lock, check_integrity, default_retention
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import (
    Body,
    Version,
    check_key,
    content,
    current,
    in_seconds,
    keep,
    lay_down,
    md5,
    release_blob,
)
from headwater.services.s3.ownership import acl_of_write
from headwater.services.s3.reading import checksums_of
from headwater.services.s3.writing import version_id
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.store.blobs import Blob

COMPOSITE = "COMPOSITE"
_MOST_PARTS = 10_000
_UPLOAD = "UploadId"
"""The attribute of an object that tells which upload it was."""
_LEAST_PART_BYTES = 5 * 1024 * 1024
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
def upload_part(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html"""
    bucket = find_bucket(call, request)
    _check_number(request["PartNumber"])
    upload = find_upload(call, bucket, request)
    check_key_of_part(request, upload.attributes)
    data: bytes = request.get("Body") or b""
    if bucket.lock is not None:
        asked = {name: upload.attributes[name] for name in LOCK_MEMBERS if name in upload.attributes}
        check_integrity(request, asked or default_retention(call, bucket), "Put Part")
    checksums = verified(request, data)
    wanted = upload.algorithm
    if wanted is not None:
        given = next(iter(checksums), None)
        if given is not None and MEMBERS[given] != wanted:
            raise invalid_request(
                f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, "
                f"actual checksum Type: {MEMBERS[given].lower()}"
            )
        checksums = checksums or computed(wanted, data)
    made = etag(call, told(upload.attributes), data)
    _put_part(call, upload, request["PartNumber"], keep(call, data), made, checksums)
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


@operation("s3", "CompleteMultipartUpload")
def complete_multipart_upload(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html"""
    bucket = find_bucket(call, request)
    if done := _completed(call, bucket, request):
        return done
    upload, parts = _to_be_joined(call, bucket, request)
    sources = _sources(call, upload, parts)
    algorithms = frozenset(() if upload.kind == COMPOSITE else (upload.algorithm or DEFAULT,))
    if is_small(sum(part.size for part in parts)):
        return _complete(call, request, assemble(sources, algorithms))
    return assemble_apart(call.work, sources, algorithms, lambda call, made: _complete(call, request, made))


def _to_be_joined(call: Call, bucket: Bucket, request: Request) -> tuple[Upload, list[Part]]:
    """An upload, and the parts that its completion names, all that can be refused being checked."""
    upload, given = find_upload(call, bucket, request), _given_parts(request)
    if not given:
        raise invalid_request("You must specify at least one part") if "MultipartUpload" in request else malformed_xml()
    if conditional_write(request):
        check_write(request, request["Key"], current(call, bucket, request["Key"]))
    parts = _chosen_parts(call, upload, given)
    size, found = request.get("MpuObjectSize"), sum(part.size for part in parts)
    if size is not None and int(size) != found:
        text = f"The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {found}"
        raise invalid_request(text)
    return upload, parts


def _complete(call: Call, request: Request, assembled: Assembled) -> Result:
    """Lay the joined body down, if what it was joined of is there still."""
    bucket, key = find_bucket(call, request), request["Key"]
    if done := _completed(call, bucket, request):
        return done
    upload, parts = _to_be_joined(call, bucket, request)
    checksums = _whole_checksum(request, upload, parts, assembled.digests)
    attributes = {name: value for name, value in upload.attributes.items() if not name.startswith("Checksum")}
    attributes = {**default_retention(call, bucket), **attributes, **checksums, _UPLOAD: upload.id}
    attributes["Parts"] = [
        {"PartNumber": part.number, "Size": part.size, **orjson.loads(part.checksums)} for part in parts
    ]
    forget(call, upload.id)
    made = lay_down(
        call,
        bucket,
        key,
        assembled.body,
        _joined_etag([part.etag for part in parts]),
        attributes=attributes,
        storage_class=upload.storage_class,
        tags=upload.tags,
        modified=upload.started,
    )
    if bucket.events:
        notify(call, bucket, "ObjectCreated:CompleteMultipartUpload", key, made)
    return _answer(call, bucket, key, made, attributes)


def _answer(call: Call, bucket: Bucket, key: str, made: Version, attributes: dict[str, Any]) -> Result:
    location = f"{call.endpoint}/{bucket.name}/{key}"
    named = {"Location": location, "Bucket": bucket.name, "Key": key, "ETag": made.quoted_etag}
    result: Result = {**named, **told(attributes), **checksums_of(attributes), **version_id(bucket, made)}
    if "Lifecycle" in bucket.settings:
        result |= expiration_header(bucket, key, made.size, made.tags, made.modified)
    return result


def _given_parts(request: Request) -> list[dict[str, Any]]:
    return (request.get("MultipartUpload") or {}).get("Parts") or []


def _completed(call: Call, bucket: Bucket, request: Request) -> Result | None:
    """The answer again where this very completion has made the object that is there: a client may not have heard it."""
    made = current(call, bucket, request["Key"])
    if made is None or "-" not in made.etag:
        return None
    attributes: dict[str, Any] = orjson.loads(made.attributes)
    if attributes.get(_UPLOAD) != request["UploadId"]:
        return None
    same = made.etag == _joined_etag([(item.get("ETag") or "").strip('"') for item in _given_parts(request)])
    return _answer(call, bucket, request["Key"], made, attributes) if same else None


def _joined_etag(etags: list[str]) -> str:
    try:
        digests = b"".join(map(bytes.fromhex, etags))
    except ValueError:
        return ""
    return f"{md5(digests)}-{len(etags)}"


def _chosen_parts(call: Call, upload: Upload, given: list[dict[str, Any]]) -> list[Part]:
    """The parts that a completion names, each checked against what was uploaded."""
    stored = {row[0]: Part(*row) for row in call.store.all(tables.PARTS, (upload.id, 0))}
    if any(item.get("PartNumber") is None for item in given):
        raise malformed_xml()
    chosen = []
    for item in given:
        number, etag = item["PartNumber"], (item.get("ETag") or "").strip('"')
        part = stored.get(number)
        if part is None or part.etag != etag or not _same_checksums(part, item):
            raise invalid_part(upload.id, number, etag)
        chosen.append(part)
    if any(later.number <= earlier.number for earlier, later in pairwise(chosen)):
        raise invalid_part_order(upload.id)
    for part in chosen[:-1]:
        if part.size < _LEAST_PART_BYTES:
            raise part_too_small(part.number, part.etag, part.size)
    return chosen


def _same_checksums(part: Part, item: dict[str, Any]) -> bool:
    stored = orjson.loads(part.checksums)
    return all(stored.get(name) == item[name] for name in MEMBERS if name in item)


def _sources(call: Call, upload: Upload, parts: Sequence[Part]) -> list[Blob | bytes]:
    """The bodies of parts in their order: files are open from now on, whatever becomes of the parts."""
    wanted = {part.number for part in parts}
    rows = call.store.all(tables.PART_BODIES, (upload.id,))
    return [body if blob is None else call.blobs.open(blob) for number, blob, body in rows if number in wanted]


def _whole_checksum(request: Request, upload: Upload, parts: Sequence[Part], digests: Digests) -> dict[str, str]:
    algorithm, kind = upload.algorithm or DEFAULT, upload.kind
    member = f"Checksum{algorithm}"
    if kind == FULL_OBJECT:
        value = encode(digests.of(algorithm))
    else:
        parts_digests = b"".join(decode(orjson.loads(part.checksums)[member]) for part in parts)
        value = f"{compute(algorithm, parts_digests)}-{len(parts)}"
    expected = request.get(member)
    if expected is not None and expected.partition("-")[0] != value.partition("-")[0]:
        raise bad_checksum(algorithm)
    return {member: value, "ChecksumType": kind}


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
