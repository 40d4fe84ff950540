"""Lifecycle transitions: objects that move to a cheaper storage class at midnight UTC; what is archived then answers
no more until it is restored.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket
from headwater.services.s3.lifecycle import DAY, means, next_midnight
from headwater.services.s3.notifications import notify
from headwater.services.s3.objects import Version
from headwater.services.s3.storage_classes import ORDER
from headwater.spine.operations import Call

_LEAST_SIZE = 128 * 1024
"""Smaller objects stay where they are, unless a rule's filter says otherwise."""


def move_current(call: Call, bucket: Bucket, key: str, rules: list[dict[str, Any]], version: Version) -> None:
    """Move the newest version of a key as far down as rules have come due for."""
    due = [
        transition["StorageClass"]
        for rule, transition in _transitions(rules, "Transitions", key, version)
        if (transition["Date"] if "Date" in transition else _due(version.modified, transition["Days"])) <= call.now
    ]
    _move(call, bucket, key, version, due)


def move_noncurrent(
    call: Call, bucket: Bucket, key: str, rules: list[dict[str, Any]], older: list[tuple[Version, int]]
) -> None:
    """Move versions that are the newest no more; each with the instant since when, the youngest first."""
    for newer, (version, since) in enumerate(older):
        due = [
            transition["StorageClass"]
            for rule, transition in _transitions(rules, "NoncurrentVersionTransitions", key, version)
            if newer >= transition.get("NewerNoncurrentVersions", 0)
            and _due(since, transition["NoncurrentDays"]) <= call.now
        ]
        _move(call, bucket, key, version, due)


def _transitions(
    rules: list[dict[str, Any]], name: str, key: str, version: Version
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for rule in rules:
        given = rule.get(name) or ()
        if not given or version.marker or not means(rule, key, version.size, version.tags):
            continue
        if version.size >= _LEAST_SIZE or _asks_for_size(rule):
            yield from ((rule, transition) for transition in given)


def _asks_for_size(rule: dict[str, Any]) -> bool:
    given = rule.get("Filter", {})
    conditions = {**given, **given.get("And", {})}
    return "ObjectSizeGreaterThan" in conditions or "ObjectSizeLessThan" in conditions


def _due(since: int, days: int) -> int:
    return next_midnight(since + days * DAY - 1)


def _move(call: Call, bucket: Bucket, key: str, version: Version, due: list[str]) -> None:
    lowest = max(due, key=ORDER.index, default=None)
    present = version.storage_class if version.storage_class in ORDER else ORDER[0]
    if lowest is None or ORDER.index(lowest) <= ORDER.index(present):
        return
    call.store.run(tables.SET_STORAGE_CLASS, (lowest, version.id))
    moved = version._replace(storage_class=lowest)
    notify(call, bucket, "LifecycleTransition", key, moved)
