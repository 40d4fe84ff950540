"""kill -9 while an archive is replayed: every event comes again, and once."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import client_factory
from tests.crash.server import Server

EVENTS, KILLS = 2_000, 3
ACCOUNT = "000000000000"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def received(sqs: Any, url: str, most: float = math.inf, seconds: int = 0) -> Counter[int]:
    """What is in the queue, or so much of it, each waited for so long; it is taken away."""
    found: Counter[int] = Counter()
    while found.total() < most:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=seconds)
        if not (messages := answer.get("Messages")):
            break
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
    url = aws("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    seen: Counter[int] = Counter()
    for _ in range(KILLS):
        seen += received(aws("sqs"), url, draw.randint(1, 50), 20)
        server.kill()
        server.start()
    server.settle()
    assert aws("events").describe_replay(ReplayName="again")["State"] == "COMPLETED"
    assert seen + received(aws("sqs"), url) == Counter(range(EVENTS))
