"""``python -m bench schedules``: ten thousand schedules that are due in the same second, on a server that was killed.

The clock stands still while they are made, so that they are due when it is moved. How long they take is compared with
thirty thousand SendMessage of the same run; a second round is killed in the midst.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import psutil
from rich.table import Table

from bench.client import send_all
from bench.requests import ROLE, Aws
from bench.server import PORT, launch
from headwater.client import Headwater, HeadwaterError

SCHEDULES, MESSAGES = 10_000, 30_000
_QUEUE = "arn:aws:sqs:us-east-1:000000000000:fired"


def _cost(process: psutil.Process, work: Callable[[], object]) -> str:
    """Seconds on the wall, and of the server's processor."""
    began, used = time.perf_counter(), sum(process.cpu_times()[:2])
    work()
    wall, cpu = time.perf_counter() - began, sum(process.cpu_times()[:2]) - used
    return f"{wall:.2f} s ({cpu:.2f} s of CPU)"


def _make(aws: Aws, now: int, number: int) -> None:
    due = datetime.fromtimestamp(now // 1000 + 3600, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")
    target = {"Arn": _QUEUE, "RoleArn": ROLE, "Input": "schedule-NUMBER"}
    request = aws.capture(
        "scheduler", "create_schedule", Name="schedule-NUMBER", ScheduleExpression=due, Target=target,
        FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE",
    )  # fmt: skip
    # names of the same length as the placeholder, so that the request's length stays what it is
    send_all(PORT, [request.replace(b"NUMBER", b"%06d" % n) for n in range(number)], 32)


def _fired(aws: Aws) -> Counter[str]:
    """The messages in the queue, taken out."""
    found: Counter[str] = Counter()
    sqs, url = aws("sqs"), f"{aws.endpoint}/000000000000/fired"
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(message["Body"] for message in messages)
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def _judge(fired: Counter[str], number: int) -> str:
    """How many schedules did not fire, and how many fired more than once."""
    return f"{number - len(fired)}, {sum(count > 1 for count in fired.values())}"


class _Killed:
    """A server on one data folder, that is killed and started again."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.process = launch(folder)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

    def again(self) -> None:
        self.kill()
        self.process = launch(self._folder)


def schedules() -> Table:
    with tempfile.TemporaryDirectory() as folder:
        server = _Killed(folder)
        try:
            rows = list(_rounds(server, SCHEDULES))
        finally:
            server.kill()
    table = Table(title=f"{SCHEDULES:,} schedules due in the same second", title_justify="left")
    table.add_column("figure")
    table.add_column("value", justify="right")
    for row in rows:
        table.add_row(*row)
    return table


def _rounds(server: _Killed, number: int) -> Iterator[tuple[str, str]]:
    endpoint = f"http://127.0.0.1:{PORT}"
    aws, headwater = Aws(endpoint), Headwater(endpoint)
    for name in ("bench-send", "fired"):
        aws("sqs").create_queue(QueueName=name)
    url = f"{endpoint}/000000000000/bench-send"
    send = aws.capture("sqs", "send_message", QueueUrl=url, MessageBody="x" * 256)
    yield f"SendMessage, {MESSAGES:,} times", _cost(server.process, lambda: send_all(PORT, [send] * MESSAGES, 32))
    _make(aws, headwater.freeze()["now"], number)
    server.again()
    yield "all fire, after a kill", _cost(server.process, lambda: headwater.advance("1h"))
    yield "of them lost, fired twice", _judge(_fired(aws), number)
    _make(aws, headwater.time()["now"], number)
    for seconds in (0.05, 0.1, 0.2):
        mover = threading.Thread(target=_advance, args=(headwater,))
        mover.start()
        time.sleep(seconds)
        server.again()
        mover.join()
    _advance(headwater)
    yield "the same, killed three times while they fire", _judge(_fired(aws), number)


def _advance(headwater: Headwater) -> None:
    with suppress(HeadwaterError, OSError):  # the server is killed meanwhile
        headwater.advance("1h")
