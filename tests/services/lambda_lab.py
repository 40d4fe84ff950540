"""Functions for tests: packages from source, and ways to wait for what functions bring about."""

from __future__ import annotations

import io
import socket
import zipfile
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/function"
_PATIENCE = 6  # long polls
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


def receive(sqs: Any, url: str, number: int = 1) -> list[dict[str, Any]]:
    """So many messages of a queue, waited for."""
    messages: list[dict[str, Any]] = []
    empty = 0
    while len(messages) < number:
        answer = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, MessageAttributeNames=["All"]
        )
        empty += "Messages" not in answer
        assert empty < _PATIENCE, "none came"
        for message in answer.get("Messages", ()):
            messages.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return messages


class Gate:
    """Holds functions where they call ``pass_gate()``: each is held until the test lets it go, or the gate is gone."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(60)
        self.source = f"""
import socket
def pass_gate():
    try:
        with socket.create_connection({self._door.getsockname()}) as gate:
            gate.recv(1)
    except OSError:
        pass
"""

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()

    def arrival(self) -> socket.socket:
        """Wait until the next one is there; it goes on once this is closed."""
        return self._door.accept()[0]
