"""A bucket as the operations see it, found by name and kept in memory.

Bucket names are one namespace for all accounts, as in a partition of AWS.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.errors import access_denied, no_such_bucket
from headwater.spine.operations import Call, Request


class Bucket:
    """A bucket's identity and settings (configurations by the name of their operation, ``Cors``, ``Website``, …)."""

    __slots__ = (
        "account",
        "created",
        "encryption",
        "events",
        "id",
        "lock",
        "name",
        "region",
        "settings",
        "suspended",
        "versioned",
    )

    def __init__(self, identity: int, name: str, account: str, region: str, created: int, settings: str) -> None:
        self.id = identity
        self.name = name
        self.account = account
        self.region = region
        self.created = created
        self.settings: dict[str, Any] = orjson.loads(settings)
        status = self.settings.get("Versioning", {}).get("Status")
        self.versioned = status == "Enabled"
        self.suspended = status == "Suspended"
        # the rule of the default encryption that was set, if one was
        self.encryption: dict[str, Any] | None = self.settings.get("Encryption", {}).get("Rules", [None])[0]
        # its Object Lock, where it has one
        self.lock: dict[str, Any] | None = self.settings.get("ObjectLock")
        self.events = any(self.settings.get("NotificationConfiguration", {}).values())

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"


class BucketMemory:
    """Buckets by name. Filled from rows; whoever changes a row drops the entry."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}

    def drop(self, name: str) -> None:
        self.buckets.pop(name, None)

    def clear(self) -> None:
        self.buckets.clear()


def bucket_by_name(call: Call, name: str) -> Bucket | None:
    """The bucket of a name, or None."""
    memory: BucketMemory = call.memory
    found = memory.buckets.get(name)
    if found is None:
        row = call.store.one(tables.FIND_BUCKET, (name,))
        if row is None:
            return None
        found = memory.buckets[name] = Bucket(*row)
    return found


def find_bucket(call: Call, request: Request) -> Bucket:
    """The bucket that a request names; NoSuchBucket where there is none."""
    name = request["Bucket"]
    bucket = bucket_by_name(call, name)
    if bucket is None:
        raise no_such_bucket(name)
    owner = request.get("ExpectedBucketOwner")
    if owner is not None and owner != bucket.account:
        raise access_denied()
    key = request.get("Key")
    call.span.subject = bucket.arn if key is None else f"{bucket.arn}/{key}"
    return bucket


def change_settings(call: Call, bucket: Bucket, changes: Mapping[str, Any]) -> None:
    """Write configurations of a bucket; None takes one away."""
    settings = {name: value for name, value in {**bucket.settings, **changes}.items() if value is not None}
    call.store.run(tables.SET_SETTINGS, (orjson.dumps(settings).decode(), bucket.id))
    call.memory.drop(bucket.name)
