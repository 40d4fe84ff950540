"""SQS against a simple model: any sequence of sends, receipts, deletions, clock moves and crashes."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from headwater.spine.errors import AwsError
from tests.spine.bench import START, Bench

VISIBILITY = 30_000
RETENTION = 345_600_000
MAXIMUM_RECEIVES = 3


@dataclass
class Expected:
    """What the model knows of a message."""

    body: str
    group: str | None
    sent: int
    visible_at: int
    received: int = 0


class SqsModel(RuleBasedStateMachine):
    """One queue with a dead-letter queue; subclasses say whether it is FIFO."""

    fifo = False

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.starts = 0
        self.bench = self._open(START)
        suffix = ".fifo" if self.fifo else ""
        kind = {"FifoQueue": "true"} if self.fifo else {}
        dead = self._call("CreateQueue", QueueName=f"dead{suffix}", Attributes=kind)["QueueUrl"]
        wanted = {"QueueUrl": dead, "AttributeNames": ["QueueArn"]}
        arn = self._call("GetQueueAttributes", **wanted)["Attributes"]["QueueArn"]
        redrive = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{MAXIMUM_RECEIVES}}}'
        attributes = {**kind, "RedrivePolicy": redrive}
        self.url = self._call("CreateQueue", QueueName=f"live{suffix}", Attributes=attributes)["QueueUrl"]
        self.dead_url = dead
        self.live: dict[str, Expected] = {}
        self.dead: set[str] = set()
        self.handles: list[tuple[str, str, int]] = []  # handle, message, which receipt
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

    @rule(group=st.sampled_from("ab"), delay=st.sampled_from([0, 0, 5]))
    def send(self, group: str, delay: int) -> None:
        self.count += 1
        body = f"message {self.count}"
        more: dict[str, Any] = {"DelaySeconds": delay}
        if self.fifo:
            delay = 0
            more = {"MessageGroupId": group, "MessageDeduplicationId": str(self.count)}
        identity = self._call("SendMessage", QueueUrl=self.url, MessageBody=body, **more)["MessageId"]
        self.live[identity] = Expected(body, group if self.fifo else None, self.now, self.now + delay * 1000)

    @rule(number=st.integers(1, 4), visibility=st.sampled_from([0, 10, 30]))
    def receive(self, number: int, visibility: int) -> None:
        request = {"QueueUrl": self.url, "MaxNumberOfMessages": number, "VisibilityTimeout": visibility}
        got = self._call("ReceiveMessage", AttributeNames=["All"], **request).get("Messages", [])
        allowed = self._receivable()
        spent = {identity for identity in allowed if self.live[identity].received >= MAXIMUM_RECEIVES}
        taken = [message["MessageId"] for message in got]
        assert len(set(taken)) == len(taken)
        assert set(taken) <= set(allowed) - spent
        if self.fifo:
            self._check_order(taken)
        else:
            assert len(taken) == min(number, len(set(allowed) - spent))
        for message in got:
            expected = self.live[message["MessageId"]]
            expected.received += 1
            expected.visible_at = self.now + visibility * 1000
            assert message["Body"] == expected.body
            assert message["Attributes"]["ApproximateReceiveCount"] == str(expected.received)
            self.handles.append((message["ReceiptHandle"], message["MessageId"], expected.received))
        self._learn_dead_letters(spent)

    def _receivable(self) -> list[str]:
        def free(candidate: Expected) -> bool:
            if candidate.visible_at > self.now:
                return False
            return not self.fifo or all(
                other.group != candidate.group or other.visible_at <= self.now or other is candidate
                for other in self.live.values()
            )

        return [identity for identity, expected in self.live.items() if free(expected)]

    def _check_order(self, taken: list[str]) -> None:
        order = list(self.live)
        for group in "ab":
            mine = [identity for identity in taken if self.live[identity].group == group]
            assert mine == sorted(mine, key=order.index)

    def _learn_dead_letters(self, spent: set[str]) -> None:
        """Only messages that were received too often may have moved, and they are not lost."""
        counted = {"QueueUrl": self.dead_url, "AttributeNames": ["ApproximateNumberOfMessages"]}
        number = int(self._call("GetQueueAttributes", **counted)["Attributes"]["ApproximateNumberOfMessages"])
        rows = self.bench.engine.store.all(
            "SELECT message_id FROM sqs_messages WHERE queue IN (SELECT id FROM sqs_queues WHERE name LIKE 'dead%')"
        )
        moved = {identity for (identity,) in rows}
        assert len(moved) == number
        assert moved - self.dead <= spent
        for identity in moved - self.dead:
            del self.live[identity]
        self.dead = moved

    @precondition(lambda self: self.handles)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        handle, identity, receipt = data.draw(st.sampled_from(self.handles))
        expected = self.live.get(identity)
        expired = expected is not None and (expected.received != receipt or expected.visible_at <= self.now)
        try:
            self._call("DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
        except AwsError as error:
            assert self.fifo
            assert expired
            assert error.code == "InvalidParameterValue"
            return
        if expected is not None and expected.received == receipt and not (self.fifo and expired):
            del self.live[identity]

    @precondition(lambda self: self.handles)
    @rule(data=st.data(), seconds=st.sampled_from([0, 7]))
    def change_visibility(self, data: st.DataObject, seconds: int) -> None:
        handle, identity, receipt = data.draw(st.sampled_from(self.handles))
        expected = self.live.get(identity)
        in_flight = expected is not None and expected.received == receipt and expected.visible_at > self.now
        request = {"QueueUrl": self.url, "ReceiptHandle": handle, "VisibilityTimeout": seconds}
        try:
            self._call("ChangeMessageVisibility", **request)
        except AwsError as error:
            assert not in_flight
            assert error.code == "InvalidParameterValue"
            return
        assert in_flight
        assert expected is not None
        expected.visible_at = self.now + seconds * 1000

    @rule(milliseconds=st.sampled_from([1, 5_000, 10_000, 30_000]))
    def move_clock(self, milliseconds: int) -> None:
        self.loop.run_until_complete(self.bench.advance(milliseconds))

    @rule()
    def expire(self) -> None:
        self.loop.run_until_complete(self.bench.advance(RETENTION + 1))
        # an empty receipt collects what is past its retention
        for url in (self.url, self.dead_url):
            self._call("ReceiveMessage", QueueUrl=url)
        self.live.clear()
        self.dead.clear()

    @rule()
    def crash(self) -> None:
        now = self.now
        self.bench.crash()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.bench = self._open(now)

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        names = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        counted = self._call("GetQueueAttributes", QueueUrl=self.url, AttributeNames=names)["Attributes"]
        hidden = [expected for expected in self.live.values() if expected.visible_at > self.now]
        in_flight = sum(expected.received > 0 for expected in hidden)
        expected = [len(self.live) - len(hidden), in_flight, len(hidden) - in_flight]
        assert [int(counted[name]) for name in names] == expected


class FifoModel(SqsModel):
    fifo = True


TestStandard = SqsModel.TestCase
TestFifo = FifoModel.TestCase
TestStandard.settings = TestFifo.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
