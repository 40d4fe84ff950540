"""CompleteMultipartUpload: parts become an object. Large ones are joined in a thread, and looked at again after that.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.assembling import Assembled, assemble, assemble_apart, is_small
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.checksums import DEFAULT, FULL_OBJECT, MEMBERS, Digests, Whole, decode, encode
from headwater.services.s3.conditions import check_write, conditional_write
from headwater.services.s3.encryption import told
from headwater.services.s3.errors import (
    bad_checksum,
    invalid_part,
    invalid_part_order,
    invalid_request,
    malformed_xml,
    part_too_small,
)
from headwater.services.s3.lifecycle import expiration_header
from headwater.services.s3.locks import default_retention
from headwater.services.s3.multipart import COMPOSITE, Part, Upload, find_upload, forget
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import Version, current, lay_down
from headwater.services.s3.reading import checksums_of
from headwater.services.s3.writing import version_id
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.store.blobs import Blob

_UPLOAD = "UploadId"
"""The attribute of an object that tells which upload it was."""
_LEAST_PART_BYTES = 5 * 1024 * 1024


@operation("s3", "CompleteMultipartUpload")
def complete_multipart_upload(call: Call, request: Request) -> Answer:
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
    return f"{Whole(digests).of('MD5').hex()}-{len(etags)}"


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
        of_parts = Whole(b"".join(decode(orjson.loads(part.checksums)[member]) for part in parts))
        value = f"{encode(of_parts.of(algorithm))}-{len(parts)}"
    expected = request.get(member)
    if expected is not None and expected.partition("-")[0] != value.partition("-")[0]:
        raise bad_checksum(algorithm)
    return {member: value, "ChecksumType": kind}
