"""Polling a queue: batches, several at once.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.polling.messages import Message, filtered_message, in_batches, message_record
from headwater.spine.polling.source import Consumer, Handled, Source
from headwater.spine.spans import split_cause
from headwater.spine.work import Watch, Work

# as AWS: five batches at once in the beginning, five more each second while all are busy
_FIRST_BATCHES = 5
_MORE_EACH_SECOND = 5
_MOST_BATCHES = 1_000
_MOST_TAKEN = 500
_WAIT_WHEN_THROTTLED = 1_000
_MOST_DELETED = 10


class QueuePoller:
    """Takes messages as long as there is room for batches, and waits for commits where there are none."""

    def __init__(self, work: Work, source: Source, consumer: Consumer) -> None:
        account, region = source.owner
        name = source.arn.rpartition(":")[2]
        self._source = source
        self._consumer = consumer
        self._service = work
        self._work = work.caused_by(work.cause, source.caller)
        self._owner = (account, region)
        self._url = f"{work.call().endpoint}/{account}/{name}"
        self._fifo = name.endswith(".fifo")
        self._most_batches = source.concurrency or _MOST_BATCHES
        self._busy_since: int | None = None
        self._running: set[asyncio.Task[None]] = set()
        self._hidden = False  # whether it waits for a message in someone's hands to show again

    async def run(self) -> None:
        with self._work.watch(("sqs", self._source.arn)) as watch, self._work.watch(self) as ended:
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
        most = max(self._source.batch, min(batches * self._source.batch, _MOST_TAKEN))
        return self._poll(call, most)

    def _poll(self, call: Call, most: int) -> tuple[list[Message], int | None]:
        """Take messages; those that no filter wants are deleted at once."""
        request = {"QueueArn": self._source.arn, "MaxNumberOfMessages": most}
        answer = call.operation("sqs", "Poll", request, *self._owner)
        messages: list[Message] = answer["Messages"]
        documents = [filtered_message(message, self._source.arn) for message in messages]
        for message, document in zip(messages, documents, strict=True):
            # the message goes once it is handled, or at once: what it was is asked for later
            text = orjson.dumps(document).decode()
            call.record(self._source.arn, message["MessageId"], text, [], message["Cause"])
        if self._source.filters:
            seen = zip(messages, documents, strict=True)
            wanted = [message for message, document in seen if self._wanted(call, message, document)]
            chosen = {message["MessageId"] for message in wanted}
            self._delete(call, [message for message in messages if message["MessageId"] not in chosen])
            if messages and not wanted:
                return wanted, call.now
            messages = wanted
        return messages, answer["NextVisible"]

    def _wanted(self, call: Call, message: Message, document: dict[str, Any]) -> bool:
        if self._source.wants(document):
            return True
        self._consumer.missed(call, document, message["Cause"])
        return False

    async def _fill(self, messages: list[Message], watch: Watch) -> None:
        """Wait for more where the source has a window and there is not a batch yet."""
        until = self._work.now + self._source.window
        while len(messages) < self._source.batch and self._work.now < until:
            await watch.wait(until)
            more, _ = await self._work.transact(self._poll, self._source.batch - len(messages))
            messages += more

    def _dispatch(self, messages: list[Message], watch: Watch, ended: Watch) -> None:
        def processed(task: asyncio.Task[None]) -> None:
            self._running.discard(task)
            ended.notify()
            if self._hidden and not self._running:
                watch.notify()  # what it handled does not show again, and needs no waking for

        records = [message_record(message, self._source.arn, self._owner[1]) for message in messages]
        for batch in in_batches(records, self._source.batch):
            taken = [messages.pop(0) for _ in batch]
            traces = {split_cause(message["Cause"])[0] for message in taken}
            # messages of several traces are anybody's: they run as the service's own
            work = self._work.caused_by(taken[0]["Cause"]) if len(traces) == 1 else self._service
            task = work.spawn(self._process(taken, batch))
            self._running.add(task)
            task.add_done_callback(processed)

    async def _process(self, messages: list[Message], records: list[dict[str, Any]]) -> None:
        """Handle, then delete what was handled; the rest shows again when its visibility timeout ends."""
        work, causes = self._work, [message["Cause"] for message in messages]
        while True:
            try:
                handled = await self._consumer.handle(work, records, causes)
                break
            except AwsError as error:
                if error.code != "TooManyRequestsException":
                    return
            await work.sleep_until(work.now + _WAIT_WHEN_THROTTLED)
        done = _done(messages, handled)
        first = all(message["Attributes"]["ApproximateReceiveCount"] == "1" for message in messages)
        if done and first and work.loses(self._source.taker, causes[0]):
            await work.transact(self._show_again, done)
        elif done:
            await work.transact(self._delete, done)

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


def _done(messages: list[Message], handled: Handled) -> list[Message]:
    """The messages that were handled; an identifier that is none of them makes the whole batch fail."""
    failed = handled.failed
    if failed is None or not set(failed) <= {message["MessageId"] for message in messages}:
        return []
    return [message for message in messages if message["MessageId"] not in failed]
