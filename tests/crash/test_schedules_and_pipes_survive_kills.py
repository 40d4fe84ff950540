"""kill -9 while schedules fire into a queue, and a pipe carries its messages on: each fires once, each arrives."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from headwater.client import Headwater, HeadwaterError
from tests.conftest import client_factory
from tests.crash.server import Server

SCHEDULES = 200
ACCOUNT = "000000000000"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"


def advance(headwater: Headwater) -> None:
    with suppress(HeadwaterError, OSError):  # it is killed meanwhile
        headwater.advance("1h")


def received(sqs: Any, url: str) -> Counter[str]:
    found: Counter[str] = Counter()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(message["Body"] for message in messages)
    return found


@pytest.mark.slow
def test_schedules_and_pipes_survive_kills(server: Server) -> None:
    aws, headwater, draw = client_factory(server.endpoint, ACCOUNT), Headwater(server.endpoint), random.Random(5)
    sqs: Any = aws("sqs")
    fired, _, carried = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("fired", "taken", "carried"))
    topic = aws("sns").create_topic(Name="t")["TopicArn"]
    for name in ("fired", "taken"):
        raw = {"RawMessageDelivery": "true"}
        aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{QUEUE}:{name}", Attributes=raw)
    body = {"InputTemplate": "<$.body>"}
    aws("pipes").create_pipe(
        Name="p", RoleArn=ROLE, Source=f"{QUEUE}:taken", Target=f"{QUEUE}:carried", TargetParameters=body
    )
    now = headwater.freeze()["now"]
    due = datetime.fromtimestamp(now // 1000 + 3600, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")
    for number in range(SCHEDULES):
        aws("scheduler").create_schedule(
            Name=f"s{number}",
            ScheduleExpression=due,
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={"Arn": topic, "RoleArn": ROLE, "Input": str(number)},
        )
    for _ in range(2):
        mover = threading.Thread(target=advance, args=(headwater,))
        mover.start()
        time.sleep(draw.uniform(0.005, 0.1))  # the moment is left to chance; nothing is waited for
        server.kill()
        mover.join()
        server.start()
    advance(headwater)
    assert headwater.settle()["settled"]
    wanted = Counter(str(number) for number in range(SCHEDULES))
    assert received(sqs, fired) == wanted
    assert set(received(sqs, carried)) == set(wanted)
    assert aws("scheduler").list_schedules()["Schedules"] == []
