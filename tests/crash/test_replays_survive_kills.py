"""kill -9 while an archive is replayed: every event comes again, and once."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import client_factory
from tests.crash.test_stacks_survive_kills import Server

EVENTS, KILLS = 2_000, 3
ACCOUNT = "000000000000"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.kill()


def received(sqs: Any, url: str) -> Counter[int]:
    found: Counter[int] = Counter()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(json.loads(message["Body"])["id"] for message in messages)
        entries = [{"Id": str(n), "ReceiptHandle": each["ReceiptHandle"]} for n, each in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


@pytest.mark.slow
def test_replays_survive_kills(server: Server) -> None:
    draw = random.Random(7)
    aws = client_factory(server.endpoint, ACCOUNT)
    archive = aws("events").create_archive(ArchiveName="a", EventSourceArn=BUS)["ArchiveArn"]
    for first in range(0, EVENTS, 10):
        entries = [
            {"Source": "s", "DetailType": "d", "Detail": json.dumps({"id": number}), "Time": NOON}
            for number in range(first, first + 10)
        ]
        aws("events").put_events(Entries=entries)
    queue = aws("sqs").create_queue(QueueName="q")["QueueUrl"].rpartition("/")[2]
    aws("events").put_rule(Name="r", EventPattern='{"source": ["s"]}')
    target = {"Id": "t", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}", "InputPath": "$.detail"}
    aws("events").put_targets(Rule="r", Targets=[target])
    aws("events").start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime=NOON - timedelta(hours=1),
        EventEndTime=NOON + timedelta(hours=1),
        Destination={"Arn": BUS},
    )
    for _ in range(KILLS):
        time.sleep(draw.uniform(0.01, 0.1))  # the kill is to come in the midst
        server.kill()
        server.start()
    aws = client_factory(server.endpoint, ACCOUNT)
    deadline = time.monotonic() + 60
    while aws("events").describe_replay(ReplayName="again")["State"] != "COMPLETED":
        assert time.monotonic() < deadline
        time.sleep(0.1)  # in another process, of which nothing wakes us
    url = aws("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    assert received(aws("sqs"), url) == Counter(range(EVENTS))
