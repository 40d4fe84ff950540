"""kill -9 while schedules fire: each fires once, whatever had been done and told by then."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headwater.client import Headwater, HeadwaterError
from tests.conftest import client_factory
from tests.crash.test_stacks_survive_kills import Server

SCHEDULES = 400
ACCOUNT = "000000000000"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:fired"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.kill()


def advance(headwater: Headwater) -> None:
    with suppress(HeadwaterError, OSError):  # it is killed meanwhile
        headwater.advance("1h")


@pytest.mark.slow
def test_schedules_survive_kills(server: Server) -> None:
    aws, headwater, draw = client_factory(server.endpoint, ACCOUNT), Headwater(server.endpoint), random.Random(5)
    url = aws("sqs").create_queue(QueueName="fired")["QueueUrl"]
    now = headwater.freeze()["now"]
    due = datetime.fromtimestamp(now // 1000 + 3600, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")
    for number in range(SCHEDULES):
        aws("scheduler").create_schedule(
            Name=f"s{number}",
            ScheduleExpression=due,
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={"Arn": QUEUE, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r", "Input": str(number)},
        )
    for _ in range(3):
        mover = threading.Thread(target=advance, args=(headwater,))
        mover.start()
        time.sleep(draw.uniform(0.005, 0.06))
        server.kill()
        mover.join()
        server.start()
    advance(headwater)
    fired: Counter[str] = Counter()
    while messages := aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        fired.update(message["Body"] for message in messages)
    assert fired == Counter(str(number) for number in range(SCHEDULES))
    assert aws("scheduler").list_schedules()["Schedules"] == []
