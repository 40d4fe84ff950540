"""Listing shards, with the filters that consumers ask by.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
"""

from __future__ import annotations

from headwater.services.kinesis.errors import invalid_argument, invalid_token
from headwater.services.kinesis.stream import Shard, Stream, find_stream, usable_stream
from headwater.spine.ids import instant_of
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_token

_MOST = 10_000
_DEFAULT = 1_000


@operation("kinesis", "ListShards", reads=True)
def list_shards(call: Call, request: Request) -> Result:
    token = request.get("NextToken")
    if token is not None and (request.get("StreamName") or request.get("ExclusiveStartShardId")):
        raise invalid_argument("NextToken and StreamName cannot be provided together.")
    arn, after = _read(token) if token is not None else (None, request.get("ExclusiveStartShardId") or "")
    stream = usable_stream(call, request) if arn is None else find_stream(call, {"StreamARN": arn})
    shards = _filtered(call, stream, request)
    limit = min(request.get("MaxResults") or _DEFAULT, _MOST)
    left = [shard for shard in shards if shard.id > after]
    result: Result = {"Shards": [shard.shown() for shard in left[:limit]]}
    if len(left) > limit:
        result["NextToken"] = make_token(f"{stream.arn} {left[limit - 1].id}")
    return result


def _read(token: str) -> tuple[str, str]:
    text = read_token(token)
    if text is None or " " not in text:
        raise invalid_token()
    arn, _, after = text.partition(" ")
    return arn, after


def _filtered(call: Call, stream: Stream, request: Request) -> list[Shard]:
    known = stream.known_shards(call.now)
    wanted = request.get("ShardFilter") or {"Type": "FROM_TRIM_HORIZON"}
    kind, at = wanted["Type"], stream.horizon(call.now)
    if kind == "AT_LATEST":
        return [shard for shard in known if shard.closed is None]
    if kind == "AFTER_SHARD_ID":
        if not wanted.get("ShardId"):
            raise invalid_argument("ShardId must be provided when the shard filter type is AFTER_SHARD_ID.")
        return [shard for shard in known if shard.id > wanted["ShardId"]]
    if kind.endswith("TIMESTAMP"):
        if wanted.get("Timestamp") is None:
            raise invalid_argument(f"Timestamp must be provided when the shard filter type is {kind}.")
        at = max(at, wanted["Timestamp"])
    alive = [shard for shard in known if shard.closed is None or instant_of(shard.closed) > at]
    if kind == "AT_TIMESTAMP" or (kind == "AT_TRIM_HORIZON" and at > stream.created):
        return [shard for shard in alive if instant_of(shard.opened) <= at]
    if kind == "AT_TRIM_HORIZON":
        return [shard for shard in alive if not shard.parents]
    return alive
