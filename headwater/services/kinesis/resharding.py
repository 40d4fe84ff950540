"""Shards: opened, split, merged, brought to a number.

A closed shard can be read until its records expire; its children take its hash keys.
https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html
"""

from __future__ import annotations

from headwater.services.kinesis import tables
from headwater.services.kinesis.errors import invalid_argument, limit_exceeded
from headwater.services.kinesis.lifecycle import pass_through
from headwater.services.kinesis.stream import (
    HASH_KEYS,
    UPDATING,
    Shard,
    Stream,
    active_stream,
    changed,
    lookup,
    shard_key,
    stream_key,
)
from headwater.spine.operations import Call, Request, Result, operation


def open_shard(
    call: Call, stream: int, number: int, first: int, last: int, parent: int | None = None, adjacent: int | None = None
) -> None:
    row = (stream, number, str(first), str(last), parent, adjacent, call.new_id())
    call.store.run(tables.INSERT_SHARD, row)


def _split(call: Call, stream: Stream, shard: Shard, at: int) -> Stream:
    _close(call, stream, shard)
    number = len(stream.shards)
    open_shard(call, stream.id, number, shard.first, at - 1, shard.number)
    open_shard(call, stream.id, number + 1, at, shard.last, shard.number)
    return _again(call, stream)


def _merge(call: Call, stream: Stream, lower: Shard, upper: Shard, named: tuple[int, int] | None = None) -> Stream:
    _close(call, stream, lower)
    _close(call, stream, upper)
    parents = named or (lower.number, upper.number)
    open_shard(call, stream.id, len(stream.shards), lower.first, upper.last, *parents)
    return _again(call, stream)


def _close(call: Call, stream: Stream, shard: Shard) -> None:
    call.store.run(tables.CLOSE_SHARD, (call.new_id(), stream.id, shard.number))
    call.signal(shard_key(stream.arn, shard.id))
    call.signal(stream_key(stream.arn))


def _again(call: Call, stream: Stream) -> Stream:
    changed(call, stream)
    found = lookup(call, stream.arn)
    assert found is not None
    return found


@operation("kinesis", "SplitShard")
def split_shard(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SplitShard.html"""
    stream = active_stream(call, request)
    shard, at = _open(call, stream, request["ShardToSplit"]), int(request["NewStartingHashKey"])
    if not shard.first + 1 < at < shard.last:
        raise invalid_argument(
            f"NewStartingHashKey {at} used in SplitShard() on shard {shard.id} in stream {stream.name} under account "
            f"{stream.account} is not both greater than one plus the shard's StartingHashKey {shard.first} and less "
            f"than the shard's EndingHashKey {shard.last}."
        )
    pass_through(call, _split(call, stream, shard, at), UPDATING)
    return {}


@operation("kinesis", "MergeShards")
def merge_shards(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_MergeShards.html"""
    stream = active_stream(call, request)
    first = _open(call, stream, request["ShardToMerge"])
    second = _open(call, stream, request["AdjacentShardToMerge"])
    lower, upper = sorted((first, second), key=lambda shard: shard.first)
    if lower.last + 1 != upper.first:
        raise invalid_argument(
            f"Shards {first.id} and {second.id} in stream {stream.name} under account {stream.account} "
            "are not an adjacent pair of shards eligible for merging"
        )
    pass_through(call, _merge(call, stream, lower, upper, (first.number, second.number)), UPDATING)
    return {}


def _open(call: Call, stream: Stream, text: str) -> Shard:
    shard = stream.shard(text, call.now)
    if shard.closed is not None:
        raise invalid_argument(
            f"Shard {shard.id} in stream {stream.name} under account {stream.account} has already been merged or "
            "split, and thus is not eligible for merging or splitting."
        )
    return shard


@operation("kinesis", "UpdateShardCount")
def update_shard_count(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html"""
    stream = active_stream(call, request)
    current, target = len(stream.open_shards), request["TargetShardCount"]
    if stream.settings.mode == "ON_DEMAND":
        raise invalid_argument("Request is invalid. Can not scale an on-demand stream.")
    if target > 2 * current:
        raise limit_exceeded(
            "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: "
            f"{current} Target shard count: {target}"
        )
    if 2 * target < current:
        raise limit_exceeded(
            "UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: "
            f"{current} Target shard count: {target}"
        )
    pass_through(call, _bring_to(call, stream, target), UPDATING)
    shown = {"StreamName": stream.name, "StreamARN": stream.arn}
    return shown | {"CurrentShardCount": current, "TargetShardCount": target}


def _bring_to(call: Call, stream: Stream, target: int) -> Stream:
    """Ranges of one size: split wherever a range is to begin, then merge what lies within one."""
    starts = [HASH_KEYS * number // target for number in range(target)]
    for start in starts:
        shard = stream.shard_for(start)
        if shard.first != start:
            stream = _split(call, stream, shard, start)
    for start, following in zip(starts, [*starts[1:], HASH_KEYS], strict=True):
        while (shard := stream.shard_for(start)).last + 1 != following:
            stream = _merge(call, stream, shard, stream.shard_for(shard.last + 1))
    return stream
