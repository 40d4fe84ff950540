"""Versions of objects: finding them, laying them down, taking them away. Everything that touches a body's row goes
through here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket
from headwater.services.s3.errors import (
    invalid_argument,
    key_too_long,
    marker_is_no_object,
    no_such_key,
    no_such_version,
)
from headwater.spine.operations import Call
from headwater.spine.store.blobs import Blob
from headwater.spine.timestamps import rfc822

INLINE_BYTES = 32 * 1024
"""Bodies up to here lie in their row; larger ones are files."""
NULL_VERSION = "null"
OWNER = "-s3"
"""What the names of this service's files end in."""
_MOST_KEY_BYTES = 1024
_VERSION_LENGTH = 32
_VERSION_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"


class Version(NamedTuple):
    """One row of a key. ``etag`` has no quotes; ``attributes`` is JSON: headers, ``Metadata``, checksums, ``Parts``."""

    id: int
    version: str
    marker: int
    size: int
    etag: str
    modified: int
    storage_class: str
    tags: str | None
    attributes: str
    blob: str | None
    body: bytes | None

    @property
    def quoted_etag(self) -> str:
        return f'"{self.etag}"'


class Body(NamedTuple):
    """A body that is stored already, or will be with its row."""

    size: int
    blob: str | None
    data: bytes | None


def keep(call: Call, data: bytes) -> Body:
    """Store a large body as a file; a small one waits for its row. The file's name is new: to hash a body for a name
    by content would cost more than to write it twice now and then."""
    if len(data) > INLINE_BYTES:
        return Body(len(data), call.blobs.add(data, lambda: call.ids.hex(32) + OWNER), None)
    return Body(len(data), None, data)


def new_blob(call: Call) -> str:
    """An empty file, to be filled and named by a row."""
    return call.blobs.begin(lambda: call.ids.hex(32) + OWNER)


def content(call: Call, version: Version, offset: int = 0, length: int | None = None) -> bytes | Blob:
    """A version's body or a slice of it."""
    end = version.size if length is None else offset + length
    if version.blob is not None:
        return call.blobs.open(version.blob, offset, end - offset)
    body = version.body or b""
    return body if length is None and not offset else body[offset:end]


def read(call: Call, version: Version, offset: int = 0, length: int | None = None) -> bytes:
    """The same as bytes."""
    found = content(call, version, offset, length)
    return found if isinstance(found, bytes) else found.read()


def in_seconds(now: int) -> int:
    """S3 tells and compares times of modification in whole seconds."""
    return now // 1000 * 1000


def check_key(key: str) -> None:
    if len(key) > _MOST_KEY_BYTES // 4 and (size := len(key.encode("utf-8", "surrogatepass"))) > _MOST_KEY_BYTES:
        raise key_too_long(size)


def latest(call: Call, bucket: Bucket, key: str, describe: bool = False) -> Version | None:
    """The newest version of a key, a delete marker perhaps; ``describe``: without its body."""
    statement = tables.DESCRIBE_LATEST if describe else tables.FIND_LATEST
    row = call.store.one(statement, (bucket.id, key))
    return None if row is None else Version(*row)


def current(call: Call, bucket: Bucket, key: str) -> Version | None:
    """The newest version where that is an object, without its body."""
    found = latest(call, bucket, key, describe=True)
    return None if found is None or found.marker else found


def find_version(
    call: Call, bucket: Bucket, key: str, version: str | None, *, method: str = "GET", describe: bool = False
) -> Version:
    """The version that a read asks for; NoSuchKey, NoSuchVersion, MethodNotAllowed where it is none to be read."""
    if version is None:
        found = latest(call, bucket, key, describe)
        if found is None:
            raise no_such_key(key)
        if found.marker:
            raise no_such_key(key, **{"x-amz-delete-marker": "true", "x-amz-version-id": found.version})
        return found
    check_version_id(version)
    statement = tables.DESCRIBE_VERSION if describe else tables.FIND_VERSION
    row = call.store.one(statement, (bucket.id, key, version))
    if row is None:
        raise no_such_version(key, version)
    named = Version(*row)
    if named.marker:
        raise marker_is_no_object(method, named.version, rfc822(named.modified))
    return named


def check_version_id(version: str) -> None:
    """Refuses what cannot be the name of a version."""
    if version != NULL_VERSION and len(version) != _VERSION_LENGTH:
        raise invalid_argument(
            "Invalid version id specified" if version else "Version id cannot be the empty string", "versionId", version
        )


def lay_down(
    call: Call,
    bucket: Bucket,
    key: str,
    body: Body,
    etag: str,
    *,
    attributes: Mapping[str, Any],
    storage_class: str = "STANDARD",
    tags: str | None = None,
    marker: bool = False,
    modified: int | None = None,
) -> Version:
    """Make the newest version of a key; in a bucket without versioning it takes the place of the former.

    It is of now, unless ``modified`` tells otherwise: what was uploaded in parts is as old as its upload.

    The version's ``id`` is larger than all before it, also where the row that it replaces keeps its own.
    """
    version, replaced, statement = NULL_VERSION, None, tables.PUT_VERSION
    if bucket.versioned:
        version = call.ids.token(_VERSION_LENGTH, _VERSION_ALPHABET)
    else:
        replaced = call.store.one(tables.BLOB_OF_VERSION, (bucket.id, key, NULL_VERSION))
    if bucket.versioned or bucket.suspended:
        call.store.run(tables.SUPERSEDE, (bucket.id, key))
    else:
        statement = tables.PUT_ONLY_VERSION
    made = Version(
        call.new_id(),
        version,
        int(marker),
        body.size,
        etag,
        in_seconds(call.now) if modified is None else modified,
        storage_class,
        tags,
        orjson.dumps(attributes).decode(),
        body.blob,
        body.data,
    )
    call.store.run(statement, (made.id, bucket.id, key, *made[1:]))
    if replaced is not None:
        release_blob(call, replaced[0])
    return made


def remove(call: Call, bucket: Bucket, key: str, version: Version) -> None:
    """Take a version away for good; the one before it becomes the newest."""
    call.store.run(tables.DELETE_VERSION, (bucket.id, key, version.version))
    if bucket.versioned or bucket.suspended:
        call.store.run(tables.PROMOTE, (bucket.id, key))
    release_blob(call, version.blob)


def release_blob(call: Call, blob: str | None) -> None:
    """Drop a file, once this is committed and if no row names it then: a later request may store the same content."""
    if blob is None:
        return
    store, blobs = call.store, call.blobs

    def drop() -> None:
        if store.one(tables.BLOB_IN_USE, (blob, blob)) is None:
            blobs.delete(blob)

    call.after_commit(drop)
