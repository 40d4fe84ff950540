"""``python -m bench schedules``: ten thousand schedules that are due in the same second, on a server that was killed.

The clock stands still while they are made, so that they are due when it is moved. How long they take is compared with
thirty thousand SendMessage of the same run; a second round is killed in the midst.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

import psutil

from bench.client import send_all
from bench.requests import ROLE, Aws
from headwater.client import Headwater, HeadwaterError

SCHEDULES, MESSAGES = 10_000, 30_000
_CONNECTIONS = 32
_QUEUE = "arn:aws:sqs:us-east-1:000000000000:fired"


class Cost(NamedTuple):
    """Seconds of the clock on the wall, and of the server's processor."""

    wall: float
    cpu: float


class Rounds(NamedTuple):
    sending: Cost
    firing: Cost
    lost: int
    twice: int
    lost_after_kill: int
    twice_after_kill: int


def _cost(process: psutil.Process, work: Callable[[], object]) -> Cost:
    began, used = time.perf_counter(), sum(process.cpu_times()[:2])
    work()
    return Cost(time.perf_counter() - began, sum(process.cpu_times()[:2]) - used)


def _make(aws: Aws, port: int, now: int, number: int) -> None:
    due = datetime.fromtimestamp(now // 1000 + 3600, UTC).strftime("at(%Y-%m-%dT%H:%M:%S)")
    target = {"Arn": _QUEUE, "RoleArn": ROLE, "Input": "schedule-NUMBER"}
    request = aws.capture(
        "scheduler", "create_schedule", Name="schedule-NUMBER", ScheduleExpression=due, Target=target,
        FlexibleTimeWindow={"Mode": "OFF"}, ActionAfterCompletion="DELETE",
    )  # fmt: skip
    # names of the same length as the placeholder, so that the request's length stays what it is
    send_all(port, [request.replace(b"NUMBER", b"%06d" % n) for n in range(number)], _CONNECTIONS)


def _fired(aws: Aws) -> Counter[str]:
    """The messages in the queue, taken out."""
    found: Counter[str] = Counter()
    sqs, url = aws("sqs"), f"{aws.endpoint}/000000000000/fired"
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found.update(message["Body"] for message in messages)
        entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return found


def _judge(fired: Counter[str], number: int) -> tuple[int, int]:
    """How many schedules did not fire, and how many fired more than once."""
    return number - len(fired), sum(count > 1 for count in fired.values())


def run(port: int, start: Callable[[], psutil.Process], kill: Callable[[], None], number: int = SCHEDULES) -> Rounds:
    """``start`` starts a server on one and the same data folder; ``kill`` kills it."""
    process = start()
    aws, headwater = Aws(f"http://127.0.0.1:{port}"), Headwater(f"http://127.0.0.1:{port}")
    for name in ("bench-send", "fired"):
        aws("sqs").create_queue(QueueName=name)
    url = f"{aws.endpoint}/000000000000/bench-send"
    send = aws.capture("sqs", "send_message", QueueUrl=url, MessageBody="x" * 256)
    sending = _cost(process, lambda: send_all(port, [send] * MESSAGES, _CONNECTIONS))
    now = headwater.freeze()["now"]
    _make(aws, port, now, number)
    kill()
    process = start()
    firing = _cost(process, lambda: headwater.advance("1h"))
    lost, twice = _judge(_fired(aws), number)
    _make(aws, port, headwater.time()["now"], number)
    for seconds in (0.05, 0.1, 0.2):
        mover = threading.Thread(target=_advance, args=(headwater, "1h"))
        mover.start()
        time.sleep(seconds)
        kill()
        mover.join()
        start()
    _advance(headwater, "1h")
    return Rounds(sending, firing, lost, twice, *_judge(_fired(aws), number))


def _advance(headwater: Headwater, by: str) -> None:
    with suppress(HeadwaterError, OSError):  # the server is killed meanwhile
        headwater.advance(by)
