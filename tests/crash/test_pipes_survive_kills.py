"""kill -9 while messages go through a pipe: each arrives, and none stays behind."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import client_factory
from tests.crash.test_stacks_survive_kills import Server

MESSAGES = 300
ACCOUNT = "000000000000"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    yield running
    running.kill()


@pytest.mark.slow
def test_pipes_survive_kills(server: Server) -> None:
    aws, draw = client_factory(server.endpoint, ACCOUNT), random.Random(3)
    sqs: Any = aws("sqs")
    source, target = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("in", "out"))
    pipe = {"Name": "p", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r", "TargetParameters": {"InputTemplate": "<$.body>"}}
    aws("pipes").create_pipe(**pipe, Source=f"{QUEUE}:in", Target=f"{QUEUE}:out", DesiredState="STOPPED")
    for first in range(0, MESSAGES, 10):
        entries = [{"Id": str(n), "MessageBody": f"m{n}"} for n in range(first, first + 10)]
        sqs.send_message_batch(QueueUrl=source, Entries=entries)
    aws("pipes").start_pipe(Name="p")
    for _ in range(2):
        time.sleep(draw.uniform(0.05, 0.15))
        server.kill()
        server.start()
    arrived: set[str] = set()
    while len(arrived) < MESSAGES:
        batch = sqs.receive_message(QueueUrl=target, MaxNumberOfMessages=10, WaitTimeSeconds=10).get("Messages", [])
        assert batch, f"{MESSAGES - len(arrived)} did not arrive"
        arrived |= {message["Body"] for message in batch}
    assert arrived == {f"m{n}" for n in range(MESSAGES)}
