"""ListObjects, ListObjectsV2, ListObjectVersions: keys in the order of their UTF-8 bytes, grouped at a delimiter.

A group (common prefix) is left behind by one look-up in the index, so listing a folder does not read what is below it.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket, find_bucket
from headwater.services.s3.buckets import owner
from headwater.services.s3.checksums import MEMBERS
from headwater.services.s3.errors import invalid_argument
from headwater.services.s3.storage_classes import restore_status
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.store import Row

_MOST_KEYS = 1000
_BATCH = 256
_LAST_CHARACTER = "\U0010ffff"


class _Entry(NamedTuple):
    """A row, or where ``row`` is None a common prefix."""

    name: str
    row: Row | None


def after_prefix(prefix: str) -> str | None:
    """The smallest text greater than everything that begins with a prefix; None where there is none."""
    while prefix:
        last = ord(prefix[-1])
        if last < ord(_LAST_CHARACTER):
            following = 0xE000 if last == 0xD7FF else last + 1  # no text has surrogates
            return prefix[:-1] + chr(following)
        prefix = prefix[:-1]
    return None


def limit_of(request: Request, member: str = "MaxKeys", wire: str = "max-keys", most: int = _MOST_KEYS) -> int:
    """How many entries a page may have."""
    asked = request.get(member)
    if asked is None:
        return most
    if asked < 0:
        raise invalid_argument(f"Argument {wire} must be an integer between 0 and 2147483647", wire, asked)
    return min(int(asked), most)


def _entries(call: Call, bucket: Bucket, prefix: str, delimiter: str, after: str) -> Iterator[_Entry]:
    """Entries greater than ``after``, which may itself be a common prefix."""
    if delimiter and after.startswith(prefix) and (cut := after.find(delimiter, len(prefix))) >= 0:
        start = after_prefix(after[: cut + len(delimiter)])
        exclusive = False
    else:
        start, exclusive = (after, True) if after >= prefix else (prefix, False)
    while start is not None:
        statement = tables.LIST_CURRENT if exclusive else tables.LIST_CURRENT_FROM
        rows = call.store.all(statement, (bucket.id, start, _BATCH))
        group: str | None = None
        for row in rows:
            key: str = row[0]
            if group is not None and key.startswith(group):
                continue
            group = None
            if not key.startswith(prefix):
                return
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                group = key[: cut + len(delimiter)]
                yield _Entry(group, None)
            else:
                yield _Entry(key, row)
        if len(rows) < _BATCH:
            return
        start, exclusive = (after_prefix(group), False) if group is not None else (rows[-1][0], True)


class _Page(NamedTuple):
    objects: list[Row]
    prefixes: list[str]
    last: str
    truncated: bool


def _page(call: Call, bucket: Bucket, request: Request, after: str) -> _Page:
    limit = limit_of(request)
    objects: list[Row] = []
    prefixes: list[str] = []
    last = ""
    if limit == 0:
        return _Page(objects, prefixes, last, False)
    for entry in _entries(call, bucket, request.get("Prefix") or "", request.get("Delimiter") or "", after):
        if len(objects) + len(prefixes) == limit:
            return _Page(objects, prefixes, last, True)
        if entry.row is None:
            prefixes.append(entry.name)
        else:
            objects.append(entry.row)
        last = entry.name
    return _Page(objects, prefixes, last, False)


class Encoding:
    """``encoding-type=url``: keys that XML could not hold travel percent-encoded."""

    def __init__(self, request: Request) -> None:
        self.type = request.get("EncodingType")
        if self.type not in (None, "url"):
            raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", self.type)

    def __call__(self, text: str) -> str:
        return quote(text, safe="/*-._") if self.type else text

    def members(self, request: Request, *names: str) -> dict[str, Any]:
        """The request's own members, as the answer repeats them."""
        repeated: dict[str, Any] = {name: self(request[name]) for name in names if request.get(name)}
        return {**repeated, "EncodingType": self.type} if self.type else repeated


def described(encode: Encoding, row: Row, account: str | None, *, restores: bool) -> dict[str, Any]:
    """An object in a listing; ``restores``: with what there is to say of its restoration."""
    key, size, etag, modified, storage_class, attributes = row
    entry: dict[str, Any] = {"Key": encode(key), "LastModified": modified, "ETag": f'"{etag}"', "Size": size}
    entry |= _checksum_algorithm(attributes)
    entry["StorageClass"] = storage_class
    if restores and '"Restore"' in attributes and "Restore" in (kept := orjson.loads(attributes)):
        entry["RestoreStatus"] = restore_status(kept["Restore"])
    if account is not None:
        entry["Owner"] = owner(account)
    return entry


def _checksum_algorithm(attributes: str) -> dict[str, Any]:
    if '"Checksum' not in attributes:
        return {}
    kept = orjson.loads(attributes)
    algorithms = [MEMBERS[name] for name in kept if name in MEMBERS]
    return {"ChecksumAlgorithm": algorithms, "ChecksumType": kept["ChecksumType"]} if algorithms else {}


@operation("s3", "ListObjectsV2", reads=True)
def list_objects_v2(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html"""
    bucket, encode = find_bucket(call, request), Encoding(request)
    token = request.get("ContinuationToken")
    after = _after_token(token) if token is not None else request.get("StartAfter") or ""
    page = _page(call, bucket, request, after)
    account = bucket.account if request.get("FetchOwner") else None
    result: Result = {
        "Name": bucket.name,
        "Prefix": encode(request.get("Prefix") or ""),
        "KeyCount": len(page.objects) + len(page.prefixes),
        "MaxKeys": limit_of(request),
        "IsTruncated": page.truncated,
        **encode.members(request, "Delimiter", "StartAfter"),
    }
    if token is not None:
        result["ContinuationToken"] = token
    if page.truncated:
        result["NextContinuationToken"] = _token(page.last)
    return _with_entries(request, result, page, encode, account)


@operation("s3", "ListObjects", reads=True)
def list_objects(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html"""
    bucket, encode = find_bucket(call, request), Encoding(request)
    page = _page(call, bucket, request, request.get("Marker") or "")
    result: Result = {
        "Name": bucket.name,
        "Prefix": encode(request.get("Prefix") or ""),
        "Marker": encode(request.get("Marker") or ""),
        "MaxKeys": limit_of(request),
        "IsTruncated": page.truncated,
        **encode.members(request, "Delimiter"),
    }
    if page.truncated and request.get("Delimiter"):
        result["NextMarker"] = encode(page.last)
    return _with_entries(request, result, page, encode, bucket.account)


def wants_restores(request: Request) -> bool:
    return "RestoreStatus" in (request.get("OptionalObjectAttributes") or ())


def _with_entries(request: Request, result: Result, page: _Page, encode: Encoding, account: str | None) -> Result:
    restores = wants_restores(request)
    if page.objects:
        result["Contents"] = [described(encode, row, account, restores=restores) for row in page.objects]
    if page.prefixes:
        result["CommonPrefixes"] = [{"Prefix": encode(prefix)} for prefix in page.prefixes]
    return result


def _token(key: str) -> str:
    return binascii.b2a_base64(key.encode(), newline=False).decode("ascii")


def _after_token(token: str) -> str:
    try:
        return binascii.a2b_base64(token, strict_mode=True).decode()
    except ValueError:
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token", token) from None
