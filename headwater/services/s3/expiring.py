"""Lifecycle rules at work: each midnight UTC, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket, bucket_by_name
from headwater.services.s3.lifecycle import DAY, enabled_rules, expires_at, means, next_midnight
from headwater.services.s3.locks import is_locked
from headwater.services.s3.multipart import forget
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import Body, Version, lay_down, remove
from headwater.services.s3.transitions import move_current, move_noncurrent
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.operations import Call

_BATCH = 1000


class _Kept(NamedTuple):
    """A version of a key as the rules see it; ``since`` is when it stopped to be the newest."""

    version: Version
    latest: bool
    since: int


@delivery("s3.lifecycle")
def apply_lifecycle(call: Call, item: Delivery) -> Again | None:
    """Go through a bucket in batches of keys; then sleep until the next midnight."""
    bucket = bucket_by_name(call, item.payload["bucket"])
    rules = [] if bucket is None else enabled_rules(bucket)
    if bucket is None or bucket.id != item.payload["id"] or "Lifecycle" not in bucket.settings:
        return None  # the bucket is gone; another may have its name
    after: str = item.payload.get("after", "")
    if not after:
        _abort_uploads(call, bucket, rules)
    keys = [key for (key,) in call.store.all(tables.KEYS_AFTER, (bucket.id, after, _BATCH))]
    for key in keys:
        _apply(call, bucket, key, rules)
    if len(keys) == _BATCH:
        return Again(call.now, {**item.payload, "after": keys[-1]})
    return Again(next_midnight(call.now), {"bucket": bucket.name, "id": bucket.id})


def _versions(call: Call, bucket: Bucket, key: str) -> Iterator[_Kept]:
    """All versions of a key, newest first."""
    newer = 0
    for latest, *row in call.store.all(tables.VERSIONS_OF, (bucket.id, key)):
        version = Version(*row)
        yield _Kept(version, bool(latest), newer)
        newer = version.modified


def _apply(call: Call, bucket: Bucket, key: str, rules: list[dict[str, Any]]) -> None:
    kept = list(_versions(call, bucket, key))
    for rule in rules:
        kept = _without_old(call, bucket, key, rule, kept)
    if not kept:
        return
    newest = kept[0].version
    if newest.marker:
        alone = len(kept) == 1
        if alone and any(rule.get("Expiration", {}).get("ExpiredObjectDeleteMarker") for rule in rules):
            remove(call, bucket, key, newest)
        return
    for rule in rules:
        at = expires_at(rule, newest.modified)
        if at is not None and at <= call.now and means(rule, key, newest.size, newest.tags):
            _expire(call, bucket, key, newest)
            return
    move_current(call, bucket, key, rules, newest)
    move_noncurrent(call, bucket, key, rules, [(item.version, item.since) for item in kept[1:]])


def _without_old(call: Call, bucket: Bucket, key: str, rule: dict[str, Any], kept: list[_Kept]) -> list[_Kept]:
    """Take away the versions that one rule ends; the others."""
    expiration = rule.get("NoncurrentVersionExpiration")
    if expiration is None:
        return kept
    spared = expiration.get("NewerNoncurrentVersions", 0)
    remaining = kept[: 1 + spared]
    for item in kept[1 + spared :]:
        end = next_midnight(item.since + expiration["NoncurrentDays"] * DAY - 1)
        due = end <= call.now and means(rule, key, item.version.size, item.version.tags)
        if due and not is_locked(item.version, call.now):
            remove(call, bucket, key, item.version)
            notify(call, bucket, "LifecycleExpiration:Delete", key, item.version)
        else:
            remaining.append(item)
    return remaining


def _expire(call: Call, bucket: Bucket, key: str, newest: Version) -> None:
    if bucket.versioned or bucket.suspended:
        marker = lay_down(call, bucket, key, Body(0, None, None), "", attributes={}, marker=True)
        notify(call, bucket, "LifecycleExpiration:DeleteMarkerCreated", key, marker)
    else:
        remove(call, bucket, key, newest)
        notify(call, bucket, "LifecycleExpiration:Delete", key, newest)


def _abort_uploads(call: Call, bucket: Bucket, rules: list[dict[str, Any]]) -> None:
    rows = call.store.all(tables.LIST_UPLOADS, (bucket.id, ""))
    for rule in rules:
        days = rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")
        if days is None:
            continue
        for identity, key, started, *_ in rows:
            if next_midnight(started + days * DAY - 1) <= call.now and means(rule, key, 0, None):
                forget(call, identity)
