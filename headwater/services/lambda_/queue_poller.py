"""From a queue to a function: batches, several at once.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from headwater.services.lambda_.explaining import as_filtered, shown_attribute
from headwater.services.lambda_.mapping import Mapping, failed_items, invoke_batch, is_wanted
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.spans import split_cause
from headwater.spine.work import Watch, Work

# as AWS: five batches at once in the beginning, five more each second while all are busy
_FIRST_BATCHES = 5
_MORE_EACH_SECOND = 5
_MOST_BATCHES = 1_000
_MOST_TAKEN = 500
_WAIT_WHEN_THROTTLED = 1_000
_LARGEST_BATCH = 6 * 1024 * 1024 - 65_536  # bytes of records; the rest is for what stands around them
_MOST_DELETED = 10

Message = dict[str, Any]


class QueuePoller:
    """Takes messages as long as there is room for batches, and waits for commits where there are none."""

    def __init__(self, work: Work, mapping: Mapping) -> None:
        _, _, _, region, account, name = mapping.source.split(":", 5)
        self._mapping = mapping
        self._service = work
        self._work = work.caused_by(work.cause, mapping.caller)
        self._owner = (account, region)
        self._url = f"{work.call().endpoint}/{account}/{name}"
        self._fifo = name.endswith(".fifo")
        self._most_batches = mapping.concurrency or _MOST_BATCHES
        self._busy_since: int | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._hidden = False  # whether it waits for a message in someone's hands to show again

    async def run(self) -> None:
        with self._work.watch(("sqs", self._mapping.source)) as watch, self._work.watch(self) as ended:
            while True:
                room = self._limit() - len(self._running)
                if room <= 0:
                    await self._wait_for_room(ended)
                    continue
                try:
                    messages, next_visible = await self._work.transact(self._take, room)
                except AwsError:  # the queue is gone, for now or for good
                    await watch.wait()
                    continue
                if messages:
                    await self._fill(messages, watch)
                    self._dispatch(messages, watch, ended)
                else:
                    self._busy_since = None
                    self._hidden = next_visible is not None
                    await watch.wait(next_visible)
                    self._hidden = False

    def _limit(self) -> int:
        limit = _FIRST_BATCHES
        if self._busy_since is not None:
            limit += _MORE_EACH_SECOND * (self._work.now - self._busy_since) // 1000
        return min(limit, self._most_batches)

    async def _wait_for_room(self, ended: Watch) -> None:
        """Until a batch ends, or one more may run."""
        if self._busy_since is None:
            self._busy_since = self._work.now
        await ended.wait(self._work.now + 1000 // _MORE_EACH_SECOND)

    def _take(self, call: Call, room: int) -> tuple[list[Message], int | None]:
        # messages of one group must not be in two batches at once
        batches = 1 if self._fifo else room
        most = max(self._mapping.batch, min(batches * self._mapping.batch, _MOST_TAKEN))
        return self._poll(call, most)

    def _poll(self, call: Call, most: int) -> tuple[list[Message], int | None]:
        """Take messages; those that no filter wants are deleted at once."""
        request = {"QueueArn": self._mapping.source, "MaxNumberOfMessages": most}
        answer = call.operation("sqs", "Poll", request, *self._owner)
        messages: list[Message] = answer["Messages"]
        for message in messages:
            text = orjson.dumps(as_filtered(message)).decode()
            call.record(self._mapping.source, message["MessageId"], text, [], message["Cause"])
        if self._mapping.filters:
            wanted = [message for message in messages if is_wanted(self._mapping, as_filtered(message))]
            chosen = {message["MessageId"] for message in wanted}
            self._delete(call, [message for message in messages if message["MessageId"] not in chosen])
            if messages and not wanted:
                return wanted, call.now
            messages = wanted
        return messages, answer["NextVisible"]

    async def _fill(self, messages: list[Message], watch: Watch) -> None:
        """Wait for more where the mapping has a window and there is not a batch yet."""
        until = self._work.now + self._mapping.window
        while len(messages) < self._mapping.batch and self._work.now < until:
            await watch.wait(until)
            more, _ = await self._work.transact(self._poll, self._mapping.batch - len(messages))
            messages += more

    def _dispatch(self, messages: list[Message], watch: Watch, ended: Watch) -> None:
        def processed(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            ended.notify()
            if self._hidden and not self._running:
                watch.notify()  # what it handled does not show again, and needs no waking for

        for batch in _batches([self._record(message) for message in messages], self._mapping.batch):
            causes = [messages.pop(0) for _ in batch]
            traces = {split_cause(message["Cause"])[0] for message in causes}
            # messages of several traces are anybody's: they run as the service's own
            work = self._work.caused_by(causes[0]["Cause"]) if len(traces) == 1 else self._service
            task = work.spawn(self._process(causes, batch))
            self._running.add(task)
            task.add_done_callback(processed)

    async def _process(self, messages: list[Message], records: list[dict[str, Any]]) -> None:
        """Invoke, then delete what was handled; the rest shows again when its visibility timeout ends."""
        work, payload = self._work, orjson.dumps({"Records": records})
        while True:
            try:
                causes = [message["Cause"] for message in messages]
                answer = await invoke_batch(work, self._mapping, causes, payload)
                break
            except AwsError as error:
                if error.code != "TooManyRequestsException":
                    return
            await work.sleep_until(work.now + _WAIT_WHEN_THROTTLED)
        done = self._handled(messages, answer)
        first = all(message["Attributes"]["ApproximateReceiveCount"] == "1" for message in messages)
        if done and first and work.loses(self._mapping.function, causes[0]):
            await work.transact(self._show_again, done)
        elif done:
            await work.transact(self._delete, done)

    def _handled(self, messages: list[Message], answer: dict[str, Any]) -> list[Message]:
        if answer.get("FunctionError"):
            return []
        if not self._mapping.partial:
            return messages
        failed = failed_items(answer["Payload"])
        if failed is None or any(identity not in {m["MessageId"] for m in messages} for identity in failed):
            return []
        return [message for message in messages if message["MessageId"] not in failed]

    def _delete(self, call: Call, messages: list[Message]) -> None:
        self._in_batches(call, messages, "DeleteMessageBatch")

    def _show_again(self, call: Call, messages: list[Message]) -> None:
        """As if their visibility timeout had run out."""
        self._in_batches(call, messages, "ChangeMessageVisibilityBatch", VisibilityTimeout=0)

    def _in_batches(self, call: Call, messages: list[Message], operation: str, **settings: Any) -> None:
        for first in range(0, len(messages), _MOST_DELETED):
            chunk = messages[first : first + _MOST_DELETED]
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"], **settings} for n, m in enumerate(chunk)]
            call.operation("sqs", operation, {"QueueUrl": self._url, "Entries": entries}, *self._owner)

    def _record(self, message: Message) -> dict[str, Any]:
        """A message as functions get it."""
        record = {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: shown_attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()
            },
        }
        if "MD5OfMessageAttributes" in message:
            record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
        record["md5OfBody"] = message["MD5OfBody"]
        record["eventSource"] = "aws:sqs"
        record["eventSourceARN"] = self._mapping.source
        record["awsRegion"] = self._owner[1]
        return record


def _batches(records: list[dict[str, Any]], most: int) -> list[list[dict[str, Any]]]:
    """Batches of at most so many records, and of no more bytes than an event may have."""
    batches: list[list[dict[str, Any]]] = [[]]
    size = 0
    for record in records:
        length = len(record["body"].encode()) + 1024
        if batches[-1] and (len(batches[-1]) == most or size + length > _LARGEST_BATCH):
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += length
    return batches
