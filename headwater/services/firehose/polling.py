"""Delivery streams that read a stream of Kinesis: a poller for each, from the end of the stream on.

https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.firehose import tables
from headwater.services.firehose.buffering import put_into
from headwater.services.firehose.stream import CHANGED, lookup
from headwater.spine.operations import Call, Caller
from headwater.spine.polling import GivenUp, Handled, Source, StreamPoller, keep_running
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Work

_AT_ONCE = 500
Record = dict[str, Any]


class Reading(NamedTuple):
    """A stream that reads another, by their ARNs."""

    id: int
    arn: str
    source: str


async def start(work: Work) -> None:
    async def poll(reading: Reading) -> None:
        _, _, _, region, account, _ = reading.arn.split(":", 5)
        caller = Caller(account, region, f"arn:aws:iam::{account}:root")
        source = Source(arn=reading.source, caller=caller, batch=_AT_ONCE, window=0, taker=reading.arn)
        await StreamPoller(work, source, StreamReader(reading)).run()

    await keep_running(work, CHANGED, _reading, poll)


def _reading(call: Call) -> dict[str, tuple[int, Reading]]:
    found = {}
    for arn, document, revision, identity in call.store.all(tables.POLLING):
        source = (orjson.loads(document).get("source") or {}).get("KinesisStreamARN")
        if source:
            found[arn] = (revision, Reading(identity, arn, source))
    return found


class StreamReader:
    """Puts what it reads into the delivery stream's buffer."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def handle(self, work: Work, records: list[Record], causes: list[str]) -> Handled:
        await work.caused_by(causes[0]).transact(self._put, records)
        return Handled()

    def _put(self, call: Call, records: list[Record]) -> None:
        stream = lookup(call, self._reading.arn)
        if stream is not None and stream.id == self._reading.id:
            put_into(call, stream, [(b64decode(record["data"]), _metadata(record)) for record in records])

    def missed(self, call: Call, record: Mapping[str, Any], cause: str) -> None:
        """There are no filters."""

    def position(self, call: Call, shard: str) -> int:
        row = call.store.one(tables.FIND_POSITION, (self._reading.id, shard))
        return row[0] if row else 0

    def advance(self, call: Call, shard: str, position: int) -> None:
        call.store.run(tables.PUT_POSITION, (self._reading.id, shard, position))

    def give_up(self, call: Call, batch: GivenUp) -> None:
        call.span.note("given up", batch.condition)

    async def note(self, ok: bool) -> None:
        """Nobody asks."""


def _metadata(record: Record) -> dict[str, Any]:
    return {
        "shardId": record["eventID"].partition(":")[0],
        "partitionKey": record["partitionKey"],
        "approximateArrivalTimestamp": iso8601_milliseconds(round(record["approximateArrivalTimestamp"] * 1000)),
        "sequenceNumber": record["sequenceNumber"],
        "subsequenceNumber": "",
    }
