"""Polling a stream: in order, batch after batch.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.polling.source import Handled, Record, Source, StreamConsumer
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Watch, Work

_FIRST_WAIT = 1_000
_LONGEST_WAIT = 60_000
_MOST_TAKEN = 1_000


class StreamKind(NamedTuple):
    """A kind of stream: the service whose internal operation ``Poll`` (``StreamArn``, ``Position``, ``Limit``) reads
    it, the first part of the key that new records signal, its retention in ms, and what its records have where.

    ``batch`` (shard, records, ARN) is how AWS tells of records that are given up. A stream with several shards wants
    a poller, and a position, for each of them.
    """

    service: str
    signal: str
    retention: int
    key: Callable[[Record], bytes]
    arrived: Callable[[Record], int]
    identifiers: Callable[[Record], tuple[str, ...]]
    shown: Callable[[Record, str], Record]
    batch: Callable[[str, list[Record], str], dict[str, Any]]


def _shown(record: Record, source: str) -> Record:
    """A record of a table's stream as it is handed on."""
    shown = {name: value for name, value in record.items() if name != "Cause"}
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] //= 1000
    return shown | {"dynamodb": change, "eventSourceARN": source}


def _batch(shard: str, records: list[Record], source: str) -> dict[str, Any]:
    first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
    information = {
        "shardId": shard,
        "startSequenceNumber": first["SequenceNumber"],
        "endSequenceNumber": last["SequenceNumber"],
        "approximateArrivalOfFirstRecord": iso8601_milliseconds(first["ApproximateCreationDateTime"]),
        "approximateArrivalOfLastRecord": iso8601_milliseconds(last["ApproximateCreationDateTime"]),
        "batchSize": len(records),
        "streamArn": source,
    }
    return {"DDBStreamBatchInfo": information}


# By the service in the stream's ARN.
STREAMS: Mapping[str, StreamKind] = MappingProxyType(
    {
        "dynamodb": StreamKind(
            service="dynamodbstreams",
            signal="dynamodb-stream",
            retention=24 * 3600 * 1000,
            key=lambda record: orjson.dumps(record["dynamodb"]["Keys"], option=orjson.OPT_SORT_KEYS),
            arrived=lambda record: int(record["dynamodb"]["ApproximateCreationDateTime"]),
            identifiers=lambda record: (record["dynamodb"]["SequenceNumber"], record["eventID"]),
            shown=_shown,
            batch=_batch,
        )
    }
)


class StreamPoller:
    """Reads on from a position that is written once everything before it is done with."""

    def __init__(self, work: Work, source: Source, consumer: StreamConsumer) -> None:
        self._source = source
        self._consumer = consumer
        self._kind = STREAMS[source.arn.split(":")[2]]
        self._work = work.caused_by(work.cause, source.caller)
        self._shard = ""

    async def run(self) -> None:
        position = await self._work.transact(self._consumer.position)
        with self._work.watch((self._kind.signal, self._source.arn)) as watch:
            while True:
                try:
                    records, following = await self._read(position, watch)
                except AwsError:  # the stream is gone
                    await watch.wait()
                    continue
                if following == position:
                    await watch.wait()
                    continue
                await self._work.together(*(self._run_lane(lane) for lane in self._lanes(records)))
                await self._work.transact(self._consumer.advance, following)
                position = following

    async def _read(self, position: int, watch: Watch) -> tuple[list[Record], int]:
        """The wanted records from a position on, and the position after all that were read; where there is a window,
        a whole batch if one comes in time."""
        most = min(_MOST_TAKEN, self._source.batch * self._source.parallel)
        records, following = await self._work.transact(self._poll, position, most)
        until = self._work.now + self._source.window
        while following != position and len(records) < self._source.batch and self._work.now < until:
            await watch.wait(until)
            more, following = await self._work.transact(self._poll, following, most - len(records))
            records += more
        return records, following

    def _poll(self, call: Call, position: int, most: int) -> tuple[list[Record], int]:
        request = {"StreamArn": self._source.arn, "Position": position, "Limit": most}
        answer = call.operation(self._kind.service, "Poll", request, *self._source.owner)
        self._shard = answer["ShardId"]
        records: list[Record] = answer["Records"]
        if self._source.filters:
            records = [record for record in records if self._wanted(call, record)]
        return records, answer["Position"]

    def _wanted(self, call: Call, record: Record) -> bool:
        if self._source.wants(record):
            return True
        self._consumer.missed(call, record, record["Cause"])
        return False

    def _lanes(self, records: list[Record]) -> list[list[Record]]:
        """Records that may be handled side by side; those of one key stay in order."""
        if self._source.parallel == 1:
            return [records] if records else []
        lanes: dict[int, list[Record]] = {}
        for record in records:
            digest = hashlib.blake2b(self._kind.key(record)).digest()
            lanes.setdefault(digest[0] % self._source.parallel, []).append(record)
        return list(lanes.values())

    async def _run_lane(self, records: list[Record]) -> None:
        for first in range(0, len(records), self._source.batch):
            await self._run_batch(records[first : first + self._source.batch])

    async def _run_batch(self, records: list[Record]) -> None:
        """Hand it over until it succeeds, or until the source says that it is enough."""
        attempt, spared = 0, False
        while records := await self._without_expired(records, attempt):
            attempt += 1
            handled = await self._handle(records)
            left = self._unhandled(records, handled)
            await self._consumer.note(not left)
            if not left:
                if spared or not self._work.loses(self._source.taker, records[0]["Cause"]):
                    return
                attempt, spared = attempt - 1, True
                continue
            if 0 <= self._source.retries < attempt:
                await self._give_up(left, attempt, "RetryAttemptsExhausted", handled.answer)
                return
            if self._source.bisect and len(left) == len(records) > 1:
                middle = len(records) // 2
                await self._run_batch(records[:middle])
                await self._run_batch(records[middle:])
                return
            records = left
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt - 1, 10))
            await self._work.sleep_until(self._work.now + wait)

    async def _handle(self, records: list[Record]) -> Handled:
        shown = [self._kind.shown(record, self._source.arn) for record in records]
        try:
            return await self._consumer.handle(self._work, shown, [record["Cause"] for record in records])
        except AwsError:
            return Handled(None)

    def _unhandled(self, records: list[Record], handled: Handled) -> list[Record]:
        """From the first record on that was not handled."""
        if handled.failed is None:
            return records
        if not handled.failed:
            return []
        places = {name: place for place, record in enumerate(records) for name in self._kind.identifiers(record)}
        if any(name not in places for name in handled.failed):
            return records
        return records[min(places[name] for name in handled.failed) :]

    async def _without_expired(self, records: list[Record], attempt: int) -> list[Record]:
        oldest = self._work.now - (self._source.age if self._source.age >= 0 else self._kind.retention)
        expired = [record for record in records if self._kind.arrived(record) + 1000 <= oldest]
        if not expired:
            return records
        await self._give_up(expired, attempt, "RecordAgeExceeded", None)
        return [record for record in records if record not in expired]

    async def _give_up(self, records: list[Record], attempts: int, condition: str, answer: Any) -> None:
        batch = self._kind.batch(self._shard, records, self._source.arn)
        causes = [record["Cause"] for record in records]
        await self._work.transact(self._consumer.give_up, batch, causes, attempts, condition, answer)
