"""Enhanced fan-out: the records of a shard pushed to a consumer for five minutes.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html
AWS does so over HTTP/2; here it is that or HTTP/1.1, as the client likes: JavaScript's SDK the one, boto3 the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from headwater.services.kinesis.consumer import consumer_of_arn, stream_of
from headwater.services.kinesis.errors import in_use, resource_not_found
from headwater.services.kinesis.reading import read_rows, shown_child, shown_record, start_at
from headwater.services.kinesis.stream import ACTIVE, StreamMemory, lookup, shard_key, usable_stream
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.event_streams import Events, EventStream
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

_LONGEST = 5 * 60_000
_AGAIN_AFTER = 5_000
# an event comes at least so often, records or not
_PULSE = 5_000
_MOST = 1_000


class _Place(NamedTuple):
    """``since``: when the subscription began (ms)."""

    consumer: str
    stream: str
    shard: str
    start: int
    since: int

    @property
    def key(self) -> tuple[str, str]:
        return self.consumer, self.shard


class _Page(NamedTuple):
    event: dict[str, Any]
    following: int
    more: bool
    ended: bool


@operation("kinesis", "SubscribeToShard", reads=True)
def subscribe_to_shard(call: Call, request: Request) -> Result:
    """One subscription of a consumer to a shard at a time: after five seconds the next takes its place."""
    if request.get("DryRun"):
        raise not_implemented("DryRun of Kinesis' operations")
    consumer = consumer_of_arn(call, request["ConsumerARN"])
    if consumer.status != ACTIVE:
        raise in_use(f"Consumer {consumer.arn} is not in the ACTIVE state.")
    stream = usable_stream(call, {"StreamARN": stream_of(consumer.arn)})
    name = request["ShardId"]
    try:
        shard = stream.shard(name, call.now)
    except AwsError:
        raise resource_not_found(
            f"Shard {name} in stream {stream.name} under account {stream.account} does not exist"
        ) from None
    position = request["StartingPosition"]
    asked = {"ShardIteratorType": position["Type"], "Timestamp": position.get("Timestamp")}
    asked["StartingSequenceNumber"] = position.get("SequenceNumber")
    place = _Place(consumer.arn, stream.arn, shard.id, start_at(call, stream, shard, asked), call.now)
    memory: StreamMemory = call.memory
    since = memory.subscribed.get(place.key)
    if since is not None and call.now - since < _AGAIN_AFTER:
        raise in_use(
            f"Another active subscription exists for this consumer: {stream.account}:{stream.name}:{consumer.name}, "
            f"shard {shard.id}"
        )
    memory.subscribed[place.key] = call.now
    return {"EventStream": EventStream(call.work, lambda work: _push(work, place))}


async def _push(work: Work, place: _Place) -> Events:
    memory: StreamMemory = work.memory
    start, until = place.start, place.since + _LONGEST
    try:
        with work.watch(shard_key(place.stream, place.shard)) as watch:
            while work.now < until and memory.subscribed.get(place.key) == place.since:
                page = await work.transact(_read, place, start)
                if page is None:
                    return
                yield "SubscribeToShardEvent", page.event
                start = page.following
                if page.ended:
                    return
                if not page.more:
                    await watch.wait(min(until, work.now + _PULSE))
    finally:
        if memory.subscribed.get(place.key) == place.since:
            del memory.subscribed[place.key]


def _read(call: Call, place: _Place, start: int) -> _Page | None:
    """What there is from a place on; None where the stream is gone."""
    stream = lookup(call, place.stream)
    if stream is None or stream.status != ACTIVE:
        return None
    shard = stream.shard(place.shard, call.now)
    rows, more = read_rows(call, stream, shard, start, _MOST)
    following = rows[-1].id + 1 if rows else start
    event: dict[str, Any] = {
        "Records": [shown_record(shard, row) for row in rows],
        "ContinuationSequenceNumber": shard.sequence(rows[-1].id if rows else max(start - 1, shard.opened)),
        "MillisBehindLatest": call.now - rows[-1].arrived if more else 0,
    }
    ended = shard.closed is not None and not more
    if ended:
        del event["ContinuationSequenceNumber"]
        children = [each for each in stream.shards if shard.number in each.parents]
        event["ChildShards"] = [shown_child(child) for child in children]
    return _Page(event, following, more, ended)
