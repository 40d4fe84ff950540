"""From a table's stream to a function: in order, batch after batch.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.destinations import send_record
from headwater.services.lambda_.mapping import Mapping, failed_items, invoke_batch, is_wanted
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds
from headwater.spine.work import Watch, Work

_FIRST_WAIT = 1_000
_LONGEST_WAIT = 60_000
_MOST_TAKEN = 1_000
_STREAM_RETENTION = 24 * 3600 * 1000

Record = dict[str, Any]


class StreamPoller:
    """Reads on from a position that is written once everything before it is done with."""

    def __init__(self, work: Work, mapping: Mapping) -> None:
        _, _, _, region, account, _ = mapping.source.split(":", 5)
        self._mapping = mapping
        self._work = work.caused_by(work.cause, mapping.caller)
        self._owner = (account, region)
        self._shard = ""
        self._result = ""

    async def run(self) -> None:
        position = await self._work.transact(self._start)
        with self._work.watch(("dynamodb-stream", self._mapping.source)) as watch:
            while True:
                try:
                    records, following = await self._read(position, watch)
                except AwsError:  # the stream is gone
                    await watch.wait()
                    continue
                if not records:
                    await watch.wait()
                    continue
                wanted = [record for record in records if is_wanted(self._mapping, record)]
                await self._work.together(*(self._run_lane(lane) for lane in self._lanes(wanted)))
                await self._work.transact(self._advance, following)
                position = following

    def _start(self, call: Call) -> int:
        row = call.store.one(tables.FIND_POSITION, (self._mapping.id,))
        return row[0] if row else 0

    def _advance(self, call: Call, position: int) -> None:
        call.store.run(tables.PUT_POSITION, (self._mapping.id, position))

    async def _read(self, position: int, watch: Watch) -> tuple[list[Record], int]:
        """Records from a position on; where there is a window, a whole batch if one comes in time."""
        most = min(_MOST_TAKEN, self._mapping.batch * self._mapping.parallel)
        records, following = await self._work.transact(self._poll, position, most)
        until = self._work.now + self._mapping.window
        while records and len(records) < self._mapping.batch and self._work.now < until:
            await watch.wait(until)
            more, following = await self._work.transact(self._poll, following, most - len(records))
            records += more
        return records, following

    def _poll(self, call: Call, position: int, most: int) -> tuple[list[Record], int]:
        request = {"StreamArn": self._mapping.source, "Position": position, "Limit": most}
        answer = call.operation("dynamodbstreams", "Poll", request, *self._owner)
        self._shard = answer["ShardId"]
        return answer["Records"], answer["Position"]

    def _lanes(self, records: list[Record]) -> list[list[Record]]:
        """Records that may be handled side by side; those of one key stay in order."""
        if self._mapping.parallel == 1:
            return [records] if records else []
        lanes: dict[int, list[Record]] = {}
        for record in records:
            key = hashlib.blake2b(orjson.dumps(record["dynamodb"]["Keys"], option=orjson.OPT_SORT_KEYS)).digest()
            lanes.setdefault(key[0] % self._mapping.parallel, []).append(record)
        return list(lanes.values())

    async def _run_lane(self, records: list[Record]) -> None:
        for first in range(0, len(records), self._mapping.batch):
            await self._run_batch(records[first : first + self._mapping.batch])

    async def _run_batch(self, records: list[Record]) -> None:
        """Invoke until it succeeds, or until the mapping says that it is enough."""
        attempt, spared = 0, False
        while records := await self._without_expired(records, attempt):
            attempt += 1
            answer = await self._invoke(records)
            left = self._unhandled(records, answer)
            await self._note("PROBLEM: Function call failed" if left else "OK")
            if not left:
                if spared or not self._work.loses(self._mapping.function, records[0]["Cause"]):
                    return
                attempt, spared = attempt - 1, True
                continue
            if 0 <= self._mapping.retries < attempt:
                await self._work.transact(self._give_up, left, attempt, "RetryAttemptsExhausted", answer)
                return
            if self._mapping.bisect and len(left) == len(records) > 1:
                middle = len(records) // 2
                await self._run_batch(records[:middle])
                await self._run_batch(records[middle:])
                return
            records = left
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempt - 1, 10))
            await self._work.sleep_until(self._work.now + wait)

    async def _invoke(self, records: list[Record]) -> dict[str, Any] | None:
        """The answer; None where the function could not be invoked at all."""
        causes = [record["Cause"] for record in records]
        payload = orjson.dumps({"Records": [self._shown(record) for record in records]})
        try:
            return await invoke_batch(self._work, self._mapping, causes, payload)
        except AwsError:
            return None

    def _shown(self, record: Record) -> Record:
        """A record as functions get it."""
        shown = {name: value for name, value in record.items() if name != "Cause"}
        change = dict(record["dynamodb"])
        change["ApproximateCreationDateTime"] //= 1000
        return shown | {"dynamodb": change, "eventSourceARN": self._mapping.source}

    def _unhandled(self, records: list[Record], answer: dict[str, Any] | None) -> list[Record]:
        """From the first record on that the function did not handle."""
        if answer is None or answer.get("FunctionError"):
            return records
        if not self._mapping.partial:
            return []
        failed = failed_items(answer["Payload"])
        if failed == []:
            return []
        numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
        if failed is None or any(number not in numbers for number in failed):
            return records
        return records[min(numbers.index(number) for number in failed) :]

    async def _without_expired(self, records: list[Record], attempt: int) -> list[Record]:
        limit = self._mapping.age if self._mapping.age >= 0 else _STREAM_RETENTION
        oldest = self._work.now - limit
        expired = [r for r in records if r["dynamodb"]["ApproximateCreationDateTime"] + 1000 <= oldest]
        if not expired:
            return records
        await self._work.transact(self._give_up, expired, attempt, "RecordAgeExceeded", None)
        return [record for record in records if record not in expired]

    def _give_up(
        self, call: Call, records: list[Record], attempts: int, condition: str, answer: dict[str, Any] | None
    ) -> None:
        call.span.note("given up", condition)
        if not self._mapping.on_failure:
            return
        first, last = records[0]["dynamodb"], records[-1]["dynamodb"]
        record: dict[str, Any] = {
            "requestContext": {
                "requestId": call.ids.uuid(),
                "functionArn": self._mapping.function,
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": answer["ExecutedVersion"] if answer else "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": iso8601_milliseconds(call.now),
            "DDBStreamBatchInfo": {
                "shardId": self._shard,
                "startSequenceNumber": first["SequenceNumber"],
                "endSequenceNumber": last["SequenceNumber"],
                "approximateArrivalOfFirstRecord": iso8601_milliseconds(first["ApproximateCreationDateTime"]),
                "approximateArrivalOfLastRecord": iso8601_milliseconds(last["ApproximateCreationDateTime"]),
                "batchSize": len(records),
                "streamArn": self._mapping.source,
            },
        }
        send_record(call, self._mapping.on_failure, record, "Lambda Function Invocation Result - Failure", "")

    async def _note(self, result: str) -> None:
        """Show the outcome in the mapping, where it is another than before."""
        if result != self._result:
            self._result = result
            await self._work.transact(self._write_result, result)

    def _write_result(self, call: Call, result: str) -> None:
        row = call.store.one(tables.FIND_MAPPING, (self._mapping.id, call.account, call.region))
        if row is not None:
            configuration = orjson.loads(row[0]) | {"LastProcessingResult": result}
            call.store.run(tables.SET_MAPPING_RESULT, (orjson.dumps(configuration).decode(), self._mapping.id))
