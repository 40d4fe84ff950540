"""kill -9 in the middle of hundreds of executions: all of them finish, with histories without a gap or a repeat."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from headwater.client import Headwater, HeadwaterError
from tests.conftest import Client, client_factory
from tests.crash.server import Server
from tests.services.states import events, make_machine

EXECUTIONS = int(os.environ.get("HEADWATER_KILLED_EXECUTIONS", "250"))
ACCOUNT = "000000000000"


def work(queue: str) -> dict[str, Any]:
    """Side by side: a timer, iterations with timers, and a token that somebody has to bring back."""
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    iterations = {
        "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": True,
        "ItemProcessor": {"StartAt": "Pause", "States": {"Pause": wait}},
    }  # fmt: skip
    token = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True,
        "Parameters": {"QueueUrl": queue, "MessageBody.$": "$$.Task.Token"},
    }  # fmt: skip
    branches = [
        {"StartAt": name, "States": {name: state}}
        for name, state in (("Timer", wait), ("Each", iterations), ("Token", token))
    ]
    states = {"Side": {"Type": "Parallel", "Branches": branches, "Next": "Last"}, "Last": {"Type": "Pass", "End": True}}
    return {"StartAt": "Side", "States": states}


def starter(machine: str) -> dict[str, Any]:
    """A distributed Map that starts an execution for each item; one that was started before a crash is there."""
    start = {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": True,
        "Parameters": {
            "StateMachineArn": machine, "Name.$": "States.Format('run-{}', $)", "Input": {"items": [1, 2, 3]}
        },
    }  # fmt: skip
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "Start", "States": {"Start": start}}
    # the output of all those answers would be too large
    select = {
        "Type": "Map",
        "ItemProcessor": processor,
        "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}},
    }
    start["ResultSelector"] = {"ok": True}
    return {"StartAt": "All", "States": {"All": {**select, "End": True}}}


def killed_meanwhile(server: Server, draw: random.Random, act: Callable[[], object]) -> None:
    """Run something and pull the plug at some point of it."""

    def attempt() -> None:
        with suppress(HeadwaterError, OSError, BotoCoreError, ClientError):
            act()

    acting = threading.Thread(target=attempt)
    acting.start()
    time.sleep(draw.uniform(0.02, 0.3))  # the moment is left to chance; nothing is waited for
    server.kill()
    acting.join()
    server.start()


def answer_tokens(aws: Client, queue: str) -> None:
    """Bring back every token; one that a crash left in flight becomes visible again with time."""
    sqs, states = aws("sqs"), aws("stepfunctions")
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            with suppress(states.exceptions.TaskTimedOut):  # answered before the crash
                states.send_task_success(taskToken=message["Body"], output='"back"')
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_executions_survive_kills(server: Server) -> None:
    aws, headwater, draw = client_factory(server.endpoint, ACCOUNT), Headwater(server.endpoint), random.Random(11)
    states = aws("stepfunctions")
    headwater.freeze()
    queue = aws("sqs").create_queue(QueueName="tokens", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    machine = make_machine(states, work(queue), "work")
    all_of_them = make_machine(states, starter(machine), "all")
    given = json.dumps(list(range(EXECUTIONS)))
    killed_meanwhile(server, draw, lambda: states.start_execution(stateMachineArn=all_of_them, name="all", input=given))
    with suppress(ClientError):  # it had been started
        states.start_execution(stateMachineArn=all_of_them, name="all", input=given)
    for _ in range(2):
        killed_meanwhile(server, draw, lambda: headwater.advance("60s"))
    killed_meanwhile(server, draw, lambda: answer_tokens(aws, queue))
    for _ in range(3):
        headwater.advance("60s")
        answer_tokens(aws, queue)
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
    found = [execution for page in pages for execution in page["executions"]]
    assert Counter(execution["status"] for execution in found) == {"SUCCEEDED": EXECUTIONS}
    assert len({execution["name"] for execution in found}) == EXECUTIONS
    with ThreadPoolExecutor(4) as pool:
        shapes = Counter(pool.map(lambda execution: shape(states, execution["executionArn"]), found))
    assert len(shapes) == 1, shapes.most_common(3)
    replays = headwater.replay(machine=machine)  # each event is the one that its definition makes there
    assert (replays["same"], replays["left"], replays["problems"]) == (EXECUTIONS, 0, 0), replays["executions"][:3]
    parent = all_of_them.replace(":stateMachine:", ":execution:") + ":all"
    assert states.describe_execution(executionArn=parent)["status"] == "SUCCEEDED"


def shape(states: Any, arn: str) -> tuple[tuple[str, int], ...]:
    """How often each kind of event happened; the ids have neither gap nor repeat."""
    history = events(states, arn)
    assert [event["id"] for event in history] == list(range(1, len(history) + 1))
    assert all(event["previousEventId"] < event["id"] for event in history)
    return tuple(sorted(Counter(event["type"] for event in history).items()))
