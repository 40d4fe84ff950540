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
        archive.writestr(name, source)
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

    def look() -> bool:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2, MessageAttributeNames=["All"]
        )
        for message in answer.get("Messages", ()):
            messages.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages) >= number

    eventually(look)
    return messages
