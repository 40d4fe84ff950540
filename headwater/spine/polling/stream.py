"""Polling a stream: in order, batch after batch.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import hashlib
from typing import Any

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.polling.keeper import keep_running
from headwater.spine.polling.kinds import STREAMS
from headwater.spine.polling.messages import LARGEST_BATCH
from headwater.spine.polling.source import GivenUp, Handled, Record, Source, StreamConsumer, WindowConsumer
from headwater.spine.polling.windows import Windows
from headwater.spine.work import Watch, Work

# The position of a shard that is closed and done with.
DONE = -1
_FIRST_WAIT = 1_000
_LONGEST_WAIT = 60_000
_MOST_TAKEN = 1_000


class StreamPoller:
    """Reads a stream: one that has several shards, shard by shard, each once those that it came of are done with."""

    def __init__(
        self, work: Work, source: Source, consumer: StreamConsumer, windows: WindowConsumer | None = None
    ) -> None:
        self._work = work.caused_by(work.cause, source.caller)
        self._source = source
        self._consumer = consumer
        self._windows = windows
        self._kind = STREAMS[source.arn.split(":")[2]]
        self._stream = source.arn.partition("/consumer/")[0]

    async def run(self) -> None:
        if self._kind.sharded:
            await keep_running(self._work, (self._kind.signal, self._stream), self._wanted, self._run_shard)
        else:
            await self._run_shard(("", ""))

    def _wanted(self, call: Call) -> dict[str, tuple[int, tuple[str, str]]]:
        """The shards that are to be read now, by the key of their positions."""
        request = {"StreamArn": self._stream}
        try:
            shards = call.operation(self._kind.service, "PollShards", request, *self._source.owner)["Shards"]
        except AwsError:  # the stream is gone, for now or for good
            return {}
        done = {each["Key"]: self._consumer.position(call, each["Key"]) == DONE for each in shards}
        return {
            each["Key"]: (0, (each["Key"], each["ShardId"]))
            for each in shards
            if not done[each["Key"]] and all(done.get(parent, True) for parent in each["Parents"])
        }

    async def _run_shard(self, shard: tuple[str, str]) -> None:
        poller = ShardPoller(self._work, self._source, self._consumer, *shard, self._stream)
        if self._windows is not None:
            poller.windows = Windows(self._work, self._windows, shard[0], self._source.tumbling, self._source.arn)
        await poller.run()


class ShardPoller:
    """Reads on from a position that is written once everything before it is done with. ``key`` is that of the
    position; of a stream that is one shard, it and the shard's id are empty."""

    def __init__(self, work: Work, source: Source, consumer: StreamConsumer, key: str, shard: str, stream: str) -> None:
        self._source = source
        self._consumer = consumer
        self._kind = STREAMS[source.arn.split(":")[2]]
        self._work = work
        self._key = key
        self._stream = stream
        self._shard = shard
        self._retention = self._kind.retention
        self._named, self._closed = shard, False
        self.windows: Windows | None = None

    async def run(self) -> None:
        position = await self._work.transact(self._consumer.position, self._key)
        if self.windows is not None:
            await self.windows.load()
        place = f"{self._stream}/{self._shard}" if self._shard else self._stream
        with self._work.watch((self._kind.signal, place)) as watch:
            while True:
                try:
                    records, following = await self._read(position, watch)
                except AwsError:  # the stream is gone
                    await watch.wait()
                    continue
                if following == position and await self._rest(watch):
                    return
                if following == position:
                    continue
                if self.windows is not None:
                    await self._run_windows(self.windows, records)
                else:
                    await self._work.together(*(self._run_lane(lane) for lane in self._lanes(records)))
                await self._work.transact(self._advance, following)
                position = following

    async def _rest(self, watch: Watch) -> bool:
        """All that there is has been read. True: and nothing more can come."""
        windows = self.windows
        if windows is not None and windows.end is not None and (self._closed or self._work.now >= windows.end):
            await windows.close(self._named)
            await self._work.transact(windows.keep)
        if self._closed and self._key:
            await self._work.transact(self._finish)
            return True
        await watch.wait(None if windows is None else windows.end)
        return False

    def _advance(self, call: Call, following: int) -> None:
        self._consumer.advance(call, self._key, following)
        if self.windows is not None:
            self.windows.keep(call)

    async def _run_windows(self, windows: Windows, records: list[Record]) -> None:
        for start, part in windows.parts(records, self._kind.arrived):
            await windows.open(start, self._named)
            await self._run_lane(part)

    def _finish(self, call: Call) -> None:
        """Everything of this shard is done with: it is the turn of those that come of it."""
        self._consumer.advance(call, self._key, DONE)
        call.signal((self._kind.signal, self._stream))

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
        request = {"StreamArn": self._stream, "ShardId": self._shard, "Position": position, "Limit": most}
        answer = call.operation(self._kind.service, "Poll", request, *self._source.owner)
        self._named, self._closed = answer["ShardId"], answer["Closed"]
        self._retention = answer.get("Retention", self._kind.retention)
        records: list[Record] = answer["Records"]
        if self._source.filters:
            records = [record for record in records if self._wanted(call, record)]
        return records, answer["Position"]

    def _wanted(self, call: Call, record: Record) -> bool:
        document = self._kind.filtered(record)
        if self._source.wants(document):
            return True
        self._consumer.missed(call, document, record["Cause"])
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
        batch: list[Record] = []
        size = 0
        for record in records:
            length = self._kind.size(record)
            if batch and (len(batch) == self._source.batch or size + length > LARGEST_BATCH):
                await self._run_batch(batch)
                batch, size = [], 0
            batch.append(record)
            size += length
        await self._run_batch(batch)

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
        causes = [record["Cause"] for record in records]
        try:
            if self.windows is not None:
                return await self.windows.handle(shown, causes, self._named)
            return await self._consumer.handle(self._work, shown, causes)
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
        oldest = self._work.now - (self._source.age if self._source.age >= 0 else self._retention)
        expired = [record for record in records if self._kind.arrived(record) + 1000 <= oldest]
        if not expired:
            return records
        await self._give_up(expired, attempt, "RecordAgeExceeded", None)
        return [record for record in records if record not in expired]

    async def _give_up(self, records: list[Record], attempts: int, condition: str, answer: Any) -> None:
        shown = [self._kind.shown(record, self._source.arn) for record in records]
        causes = [record["Cause"] for record in records]
        told = self._kind.batch(self._named, records, self._source.arn)
        batch = GivenUp(shown, causes, told, attempts, condition, answer)
        await self._work.transact(self._consumer.give_up, batch)
