"""What a stream becomes: ACTIVE, or gone. AWS takes minutes for it; here it is so as soon as the answer has left."""

from __future__ import annotations

from headwater.services.kinesis import tables
from headwater.services.kinesis.stream import ACTIVE, DELETING, Stream, changed, lookup, shard_key, stream_key
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call


def pass_through(call: Call, stream: Stream, status: str) -> None:
    """Into a status that passes by itself."""
    call.store.run(tables.SET_STATUS, (status, stream.id))
    changed(call, stream)
    settle_soon(call, stream.arn, stream.id)


def settle_soon(call: Call, arn: str, identity: int) -> None:
    account, region = arn.split(":")[4], arn.split(":")[3]
    call.deliver("kinesis.settle", identity, target=arn, account=account, region=region)


@delivery("kinesis.settle")
def settle(call: Call, item: Delivery) -> None:
    stream = lookup(call, item.target)
    if stream is None or stream.id != item.payload:
        return
    call.span.subject = stream.arn
    if stream.status == DELETING:
        for statement in (
            tables.DELETE_RECORDS,
            tables.DELETE_SHARDS,
            tables.DELETE_CONSUMERS,
            tables.DELETE_STREAM,
        ):
            call.store.run(statement, (stream.id,))
        for shard in stream.shards:
            call.signal(shard_key(stream.arn, shard.id))
    else:
        call.store.run(tables.SET_STATUS, (ACTIVE, stream.id))
    call.signal(stream_key(stream.arn))
    changed(call, stream)
