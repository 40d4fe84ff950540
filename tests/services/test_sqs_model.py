"""SQS against a simple model: any sequence of sends, receipts, deletions, moves, clock moves and crashes.

The model is exact: what is received, in which order, and what each queue counts, are foretold.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from headwater.spine.errors import AwsError
from tests.spine.bench import START, Bench

RETENTION = 60_000
DEDUPLICATION = 300_000
MAXIMUM_RECEIVES = 2


@dataclass
class Expected:
    """What the model knows of a message; bodies are unique, and name it."""

    body: str
    group: str | None
    sent: int
    visible_at: int
    order: int
    received: int = 0


@dataclass
class Task:
    """A move task: what it has moved of how many, and when it goes on; no rate: at once."""

    to_move: int
    rate: int | None
    due: int
    moved: int = 0
    status: str = "RUNNING"


class SqsModel(RuleBasedStateMachine):
    """A queue with a dead-letter queue; subclasses say whether they are FIFO, and how long messages are delayed."""

    fifo = False
    delay = 0  # seconds, of a queue whose messages say nothing of it

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.starts = 0
        self.bench = self._open(START)
        suffix = ".fifo" if self.fifo else ""
        kind = {"MessageRetentionPeriod": "60"} | ({"FifoQueue": "true"} if self.fifo else {})
        self.dead_url = self._call("CreateQueue", QueueName=f"dead{suffix}", Attributes=kind)["QueueUrl"]
        wanted = {"QueueUrl": self.dead_url, "AttributeNames": ["QueueArn"]}
        self.dead_arn = self._call("GetQueueAttributes", **wanted)["Attributes"]["QueueArn"]
        redrive = json.dumps({"deadLetterTargetArn": self.dead_arn, "maxReceiveCount": MAXIMUM_RECEIVES})
        more = {"RedrivePolicy": redrive, "DelaySeconds": str(self.delay)}
        self.url = self._call("CreateQueue", QueueName=f"live{suffix}", Attributes=kind | more)["QueueUrl"]
        self.live: list[Expected] = []
        self.dead: list[Expected] = []
        self.handles: list[tuple[str, Expected, int]] = []  # handle, message, which receipt
        self.tokens: dict[str, tuple[int, str]] = {}
        self.task: Task | None = None
        self.count = 0

    def _open(self, now: int) -> Bench:
        self.starts += 1  # another seed: identifiers do not come again after a restart
        bench = Bench(self.folder, now, "sqs", "headwater.services.sqs", self.starts)
        self.loop.run_until_complete(bench.engine.start())
        return bench

    def _call(self, name: str, **request: Any) -> Any:
        return self.loop.run_until_complete(self.bench.call(name, **request))

    @property
    def now(self) -> int:
        return self.bench.clock.now()

    def teardown(self) -> None:
        self.loop.run_until_complete(self.bench.engine.stop())
        self.bench.engine.store.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    # ---- what the model foretells

    def _alive(self, queue: list[Expected], now: int) -> list[Expected]:
        return [each for each in queue if each.sent > now - RETENTION]

    def _receivable(self, queue: list[Expected], now: int) -> list[Expected]:
        """In the order in which they are received."""
        alive = self._alive(queue, now)
        free = [each for each in alive if each.visible_at <= now]
        if not self.fifo:
            return sorted(free, key=lambda each: (each.visible_at, each.order))
        hidden = [each for each in alive if each.visible_at > now]
        return sorted(
            (
                each
                for each in free
                if not any(
                    other.group == each.group and (other.received or other.order < each.order) for other in hidden
                )
            ),
            key=lambda each: each.order,
        )

    def _receive(self, number: int) -> list[Expected]:
        while True:
            taken = self._receivable(self.live, self.now)[:number]
            spent = [each for each in taken if each.received >= MAXIMUM_RECEIVES]
            if not spent:
                return taken
            for each in spent:
                self.live.remove(each)
                sent = self.now if self.fifo else each.sent
                self.dead.append(Expected(each.body, each.group, sent, self.now, each.order))

    def _step(self, now: int) -> None:
        """What a move task does at its time."""
        task = self.task
        assert task is not None
        number = min(task.rate or 500, task.to_move - task.moved)
        rows = self._receivable(self.dead, now)[:number]
        for each in rows:
            self.dead.remove(each)
            self.count += 1
            self.live.append(Expected(each.body, each.group, now, now + 1000 * self.delay, self.count))
        task.moved += len(rows)
        task.due = now + 1000
        if task.moved >= task.to_move or not rows:
            task.status = "COMPLETED"

    # ---- what happens

    @rule(
        group=st.sampled_from("ab"),
        delay=st.sampled_from([0, 0, 5]),
        token=st.sampled_from(["", "", "", "t", "u"]),
    )
    def send(self, group: str, delay: int, token: str) -> None:
        self.count += 1
        body = f"message {self.count}"
        more: dict[str, Any] = {"DelaySeconds": delay}
        if self.fifo:
            delay = self.delay
            token = token or body.replace(" ", "-")
            more = {"MessageGroupId": group, "MessageDeduplicationId": token}
        sent = self._call("SendMessage", QueueUrl=self.url, MessageBody=body, **more)
        if self.fifo:
            assert len(sent["SequenceNumber"]) == 20
            at, identity = self.tokens.get(token, (0, ""))
            if at > self.now - DEDUPLICATION:
                assert sent["MessageId"] == identity
                return
            self.tokens[token] = (self.now, sent["MessageId"])
        held = group if self.fifo else None
        self.live.append(Expected(body, held, self.now, self.now + delay * 1000, self.count))

    @rule(number=st.integers(1, 4), visibility=st.sampled_from([0, 10, 30]))
    def receive(self, number: int, visibility: int) -> None:
        request = {"QueueUrl": self.url, "MaxNumberOfMessages": number, "VisibilityTimeout": visibility}
        got = self._call("ReceiveMessage", AttributeNames=["All"], **request).get("Messages", [])
        expected = self._receive(number)
        assert [message["Body"] for message in got] == [each.body for each in expected]
        for message, each in zip(got, expected, strict=True):
            each.received += 1
            each.visible_at = self.now + visibility * 1000
            assert message["Attributes"]["ApproximateReceiveCount"] == str(each.received)
            assert message["Attributes"]["SentTimestamp"] == str(each.sent)
            self.handles.append((message["ReceiptHandle"], each, each.received))

    def _in_flight(self, each: Expected, receipt: int) -> bool:
        mine = any(each is other for other in self._alive(self.live, self.now))
        return mine and each.received == receipt and each.visible_at > self.now

    @precondition(lambda self: self.handles)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        handle, each, receipt = data.draw(st.sampled_from(self.handles))
        mine = any(each is other for other in self._alive(self.live, self.now))
        refused = self.fifo and mine and not self._in_flight(each, receipt)
        try:
            self._call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
        except AwsError as error:
            assert (refused, error.code) == (True, "InvalidParameterValue")
            return
        assert not refused
        if mine and each.received == receipt:
            self.live.remove(each)

    @precondition(lambda self: self.handles)
    @rule(data=st.data(), seconds=st.sampled_from([0, 7, 43_200]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        handle, each, receipt = data.draw(st.sampled_from(self.handles))
        request = {"QueueUrl": self.url, "ReceiptHandle": handle, "VisibilityTimeout": seconds}
        try:
            self._call("ChangeMessageVisibility", **request)
        except AwsError as error:
            assert error.code == "InvalidParameterValue"
            assert seconds == 43_200 or not self._in_flight(each, receipt)
            return
        assert self._in_flight(each, receipt)
        each.visible_at = self.now + seconds * 1000

    @rule(rate=st.sampled_from([None, 1]))
    def start_moving(self, rate: int | None) -> None:
        waiting = [each for each in self._alive(self.dead, self.now) if each.visible_at <= self.now]
        more = {"MaxNumberOfMessagesPerSecond": rate} if rate else {}
        try:
            self._call("StartMessageMoveTask", SourceArn=self.dead_arn, **more)
        except AwsError as error:
            assert "already a task running" in error.message
            assert self.task is not None
            assert self.task.status == "RUNNING"
            return
        assert self.task is None or self.task.status != "RUNNING"
        self.task = Task(len(waiting), rate, self.now)
        self.loop.run_until_complete(self.bench.rest())
        self._step(self.now)

    @rule(milliseconds=st.sampled_from([1, 1_000, 5_000, 10_000, 30_000, 300_000]))
    def move_clock(self, milliseconds: int) -> None:
        until = self.now + milliseconds
        self.loop.run_until_complete(self.bench.advance(milliseconds))
        while self.task is not None and self.task.status == "RUNNING" and self.task.due <= until:
            self._step(self.task.due)

    @rule()
    def purge(self) -> None:
        try:
            self._call("PurgeQueue", QueueUrl=self.url)
        except AwsError as error:
            assert error.code == "PurgeQueueInProgress"
            return
        self.live.clear()

    @rule()
    def crash(self) -> None:
        now = self.now
        self.bench.crash()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.bench = self._open(now)

    # ---- what always holds

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        for url, queue in ((self.url, self.live), (self.dead_url, self.dead)):
            counted = self._call("GetQueueAttributes", QueueUrl=url, AttributeNames=names)["Attributes"]
            alive = self._alive(queue, self.now)
            hidden = [each for each in alive if each.visible_at > self.now]
            in_flight = sum(each.received > 0 for each in hidden)
            expected = [len(alive) - len(hidden), in_flight, len(hidden) - in_flight]
            assert [int(counted[name]) for name in names] == expected

    @invariant()
    def a_task_tells_how_far_it_is(self) -> None:
        results = self._call("ListMessageMoveTasks", SourceArn=self.dead_arn)["Results"]
        told = [
            (each["Status"], each["ApproximateNumberOfMessagesMoved"], each["ApproximateNumberOfMessagesToMove"])
            for each in results
        ]
        assert told == ([(self.task.status, self.task.moved, self.task.to_move)] if self.task else [])


class FifoModel(SqsModel):
    fifo = True


class LateFifoModel(SqsModel):
    """What is delayed holds back what comes behind it in its group."""

    fifo = True
    delay = 7


class FairModel(SqsModel):
    """Message groups in a standard queue: those with more than ten messages in flight, and more than a tenth of all,
    come last."""

    def _receivable(self, queue: list[Expected], now: int) -> list[Expected]:
        in_flight = Counter(each.group for each in self._alive(queue, now) if each.visible_at > now and each.received)
        most = max(10, in_flight.total() // 10)
        in_order = super()._receivable(queue, now)
        return sorted(in_order, key=lambda each: each.group is not None and in_flight[each.group] > most)

    @rule(group=st.sampled_from([None, "a", "b"]), number=st.sampled_from([1, 12]), taken=st.sampled_from([0, 10]))
    def send_many(self, group: str | None, number: int, taken: int) -> None:
        for _ in range(number):
            self.count += 1
            body = f"message {self.count}"
            self._call("SendMessage", QueueUrl=self.url, MessageBody=body, **{"MessageGroupId": group} if group else {})
            self.live.append(Expected(body, group, self.now, self.now, self.count))
        if taken:
            self.receive(taken, 30)


TestStandard = SqsModel.TestCase
TestFifo = FifoModel.TestCase
TestLateFifo = LateFifoModel.TestCase
TestFair = FairModel.TestCase
TestStandard.settings = TestFifo.settings = settings(max_examples=25, stateful_step_count=30)
TestLateFifo.settings = TestFair.settings = settings(max_examples=12, stateful_step_count=30)
