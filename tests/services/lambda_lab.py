"""Functions for tests: packages from source, and waiting for what functions bring about."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

ROLE = "arn:aws:iam::000000000000:role/function"
ECHO = "def handler(event, context):\n    return event\n"


def package(source: str = ECHO, name: str = "app.py") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)  # of no date: the same source is the same package at any time
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source)
    return buffer.getvalue()


def make(lambda_: Any, name: str = "f", source: str = ECHO, **more: Any) -> str:
    """Create a Python function; gives its ARN."""
    request = {"Runtime": "python3.11", "Handler": "app.handler", "Role": ROLE, "Timeout": 10} | more
    arn: str = lambda_.create_function(FunctionName=name, Code={"ZipFile": package(source)}, **request)["FunctionArn"]
    return arn


def eventually(look: Callable[[], T | None], seconds: float = 20) -> T:
    """What ``look`` finds, once it finds something true."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def receive(sqs: Any, url: str, number: int = 1) -> list[dict[str, Any]]:
    """So many messages of a queue, waited for."""
    messages: list[dict[str, Any]] = []
    while len(messages) < number:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, MessageAttributeNames=["All"]
        )
        assert "Messages" in answer, "none came"
        for message in answer["Messages"]:
            messages.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages
