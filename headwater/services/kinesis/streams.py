"""Making, showing and deleting streams.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.kinesis import tables
from headwater.services.kinesis.errors import in_use, invalid_token, validation
from headwater.services.kinesis.lifecycle import pass_through, settle_soon
from headwater.services.kinesis.resharding import open_shard
from headwater.services.kinesis.stream import (
    CREATING,
    DELETING,
    HASH_KEYS,
    Settings,
    Stream,
    find_stream,
    lookup,
    stream_arn,
)
from headwater.services.kinesis.tags import check_tags
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

ON_DEMAND = "ON_DEMAND"
_ON_DEMAND_SHARDS = 4
_PAGE = 100
_LACKED = ("WarmThroughputMiBps", "RecordDistributionStrategy")


@operation("kinesis", "CreateStream")
def create_stream(call: Call, request: Request) -> Result:
    for member in _LACKED:
        if request.get(member) is not None:
            raise not_implemented(f"{member} of Kinesis' streams")
    name = request["StreamName"]
    arn = stream_arn(call, name)
    mode = (request.get("StreamModeDetails") or {}).get("StreamMode") or "PROVISIONED"
    shards = _shard_count(request.get("ShardCount"), mode)
    tags = check_tags(request.get("Tags") or {})
    if lookup(call, arn) is not None:
        raise in_use(f"Stream {name} under account {call.account} already exists.")
    settings = Settings(mode=mode, record_kib=request.get("MaxRecordSizeInKiB") or 1024, tags=tags)
    identity = call.new_id()
    row = (identity, arn, call.account, call.region, name, CREATING, call.now, settings.text())
    call.store.run(tables.INSERT_STREAM, row)
    for number in range(shards):
        first, last = HASH_KEYS * number // shards, HASH_KEYS * (number + 1) // shards - 1
        open_shard(call, identity, number, first, last)
    settle_soon(call, arn, identity)
    call.span.subject = arn
    return {}


def _shard_count(count: int | None, mode: str) -> int:
    if mode == ON_DEMAND:
        if count is not None:
            raise validation("ShardCount must not be provided when StreamMode is ON_DEMAND.")
        return _ON_DEMAND_SHARDS
    if count is None:
        raise validation("ShardCount must be provided when StreamMode is PROVISIONED.")
    return count


@operation("kinesis", "DeleteStream")
def delete_stream(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    if stream.status == DELETING:
        return {}
    consumers = call.store.one(tables.COUNT_CONSUMERS, (stream.id,))
    if consumers is not None and consumers[0] and not request.get("EnforceConsumerDeletion"):
        raise in_use(
            f"Stream {stream.name} under account {stream.account} has registered consumers. "
            "Set EnforceConsumerDeletion to delete them with it."
        )
    pass_through(call, stream, DELETING)
    return {}


@operation("kinesis", "DescribeStream", reads=True)
def describe_stream(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    limit, after = request.get("Limit") or _PAGE, request.get("ExclusiveStartShardId") or ""
    shards = [shard for shard in stream.known_shards(call.now) if shard.id > after]
    settings = stream.settings
    description = _description(stream) | {
        "Shards": [shard.shown() for shard in shards[:limit]] if stream.status != CREATING else [],
        "HasMoreShards": len(shards) > limit and stream.status != CREATING,
        "EncryptionType": settings.encryption,
        "KeyId": settings.key,
    }
    return {"StreamDescription": description}


def _description(stream: Stream) -> dict[str, Any]:
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "StreamStatus": stream.status,
        "StreamModeDetails": {"StreamMode": stream.settings.mode},
        "RetentionPeriodHours": stream.settings.retention,
        "StreamCreationTimestamp": stream.created,
        "EnhancedMonitoring": [{"ShardLevelMetrics": stream.settings.metrics}],
    }


@operation("kinesis", "DescribeStreamSummary", reads=True)
def describe_stream_summary(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    consumers = call.store.one(tables.COUNT_CONSUMERS, (stream.id,))
    summary = _description(stream) | {
        "EncryptionType": stream.settings.encryption,
        "KeyId": stream.settings.key,
        "OpenShardCount": len(stream.open_shards) if stream.status != CREATING else 0,
        "ConsumerCount": consumers[0] if consumers else 0,
        "MaxRecordSizeInKiB": stream.settings.record_kib,
    }
    return {"StreamDescriptionSummary": summary}


@operation("kinesis", "ListStreams", reads=True)
def list_streams(call: Call, request: Request) -> Result:
    after = request.get("ExclusiveStartStreamName") or ""

    def fetch(start: str, count: int) -> list[Stream]:
        rows = call.store.all(tables.LIST_STREAMS, (call.account, call.region, start or after, count))
        return [Stream(row, []) for row in rows]

    limit = request.get("Limit") or _PAGE
    streams, token = page(request.get("NextToken"), limit, fetch, lambda stream: str(stream.name), invalid_token)
    shown = [
        {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "StreamStatus": stream.status,
            "StreamModeDetails": {"StreamMode": stream.settings.mode},
            "StreamCreationTimestamp": stream.created,
        }
        for stream in streams
    ]
    names = [stream.name for stream in streams]
    return {"StreamNames": names, "HasMoreStreams": token is not None, "NextToken": token, "StreamSummaries": shown}


@operation("kinesis", "DescribeLimits", reads=True)
def describe_limits(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeLimits.html: what is there against what
    AWS allows at first."""
    streams = [lookup(call, row[1]) for row in call.store.all(tables.ALL_STREAMS, (call.account, call.region))]
    there = [stream for stream in streams if stream is not None]
    provisioned = [stream for stream in there if stream.settings.mode != ON_DEMAND]
    return {
        "ShardLimit": 20_000,
        "OpenShardCount": sum(len(stream.open_shards) for stream in provisioned),
        "OnDemandStreamCount": len(there) - len(provisioned),
        "OnDemandStreamCountLimit": 50,
    }
