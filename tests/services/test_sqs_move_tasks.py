"""Moving messages back from dead-letter queues: tasks, their rate, their end, their refusals, a crash amid one."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.spine.bench import START, Bench

ACCOUNT = "111122223333"


def _arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def _pair(sqs: Any, account: str, suffix: str = "") -> tuple[str, str]:
    """URLs of a queue and of the one for its dead letters."""
    kind = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if suffix else {}
    dead = sqs.create_queue(QueueName=f"dead{suffix}", Attributes=kind)["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": _arn(f"dead{suffix}", account), "maxReceiveCount": 1})
    attributes = {**kind, "RedrivePolicy": policy, "VisibilityTimeout": "0"}
    return sqs.create_queue(QueueName=f"live{suffix}", Attributes=attributes)["QueueUrl"], dead


def _bury(sqs: Any, url: str, bodies: list[str], **more: str) -> None:
    """Send messages and receive them once too often."""
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, **more)
    for _ in range(2 * len(bodies)):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)


def _count(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages"]
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][names[0]])


def _error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str, int]:
    error, told = raised.value.response["Error"], raised.value.response["ResponseMetadata"]
    return error["Code"], error["Message"], told["HTTPStatusCode"]


def test_messages_go_back_to_where_they_came_from_as_new_ones(aws: Client, account: str) -> None:
    sqs = aws("sqs")
    url, dead = _pair(sqs, account)
    _bury(sqs, url, ["a", "b"])
    (before,) = sqs.receive_message(QueueUrl=dead, VisibilityTimeout=0)["Messages"]
    handle = sqs.start_message_move_task(SourceArn=_arn("dead", account))["TaskHandle"]
    assert json.loads(base64.b64decode(handle))["sourceArn"] == _arn("dead", account)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, AttributeNames=["All"])
    messages = received["Messages"]
    assert {message["Body"] for message in messages} == {"a", "b"}
    assert all(message["Attributes"]["ApproximateReceiveCount"] == "1" for message in messages)
    assert all("DeadLetterQueueSourceArn" not in message["Attributes"] for message in messages)
    assert before["MessageId"] not in {message["MessageId"] for message in messages}
    (task,) = sqs.list_message_move_tasks(SourceArn=_arn("dead", account))["Results"]
    assert task.pop("StartedTimestamp") > 0
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": _arn("dead", account),
        "ApproximateNumberOfMessagesMoved": 2,
        "ApproximateNumberOfMessagesToMove": 2,
    }


def test_a_task_keeps_to_its_rate_and_can_be_cancelled(timed: ServerThread) -> None:
    sqs = client_factory(timed.endpoint, ACCOUNT)("sqs")
    url, dead = _pair(sqs, ACCOUNT)
    _bury(sqs, url, [str(number) for number in range(10)])
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    request = {"SourceArn": _arn("dead"), "DestinationArn": _arn("other"), "MaxNumberOfMessagesPerSecond": 3}
    handle = sqs.start_message_move_task(**request)["TaskHandle"]
    timed.advance(1000)
    assert (_count(sqs, dead), _count(sqs, other)) == (4, 6)
    (running,) = sqs.list_message_move_tasks(SourceArn=_arn("dead"))["Results"]
    assert (running["Status"], running["TaskHandle"]) == ("RUNNING", handle)
    assert (running["MaxNumberOfMessagesPerSecond"], running["DestinationArn"]) == (3, _arn("other"))
    with pytest.raises(ClientError) as again:
        sqs.start_message_move_task(SourceArn=_arn("dead"))
    assert _error(again)[:2] == (
        "InvalidParameterValue",
        "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    )
    assert sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"] == 6
    timed.advance(10_000)
    assert (_count(sqs, dead), _count(sqs, other)) == (4, 6)
    (cancelled,) = sqs.list_message_move_tasks(SourceArn=_arn("dead"))["Results"]
    assert (cancelled["Status"], "TaskHandle" in cancelled) == ("CANCELLED", False)


def test_a_task_fails_where_there_is_nowhere_to_go(timed: ServerThread) -> None:
    sqs = client_factory(timed.endpoint, ACCOUNT)("sqs")
    _, dead = _pair(sqs, ACCOUNT)
    sqs.send_message(QueueUrl=dead, MessageBody="sent straight here")
    sqs.start_message_move_task(SourceArn=_arn("dead"))
    timed.advance(1)
    (task,) = sqs.list_message_move_tasks(SourceArn=_arn("dead"))["Results"]
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    sqs.create_queue(QueueName="other")
    sqs.send_message(QueueUrl=dead, MessageBody="another")
    request = {"SourceArn": _arn("dead"), "DestinationArn": _arn("other"), "MaxNumberOfMessagesPerSecond": 1}
    sqs.start_message_move_task(**request)
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="other")["QueueUrl"])
    timed.advance(2000)
    (task,) = sqs.list_message_move_tasks(SourceArn=_arn("dead"))["Results"]
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "AWS.SimpleQueueService.NonExistentQueue")
    assert len(sqs.list_message_move_tasks(SourceArn=_arn("dead"), MaxResults=10)["Results"]) == 2


def test_a_fifo_queue_gets_its_messages_back_in_order(aws: Client, account: str) -> None:
    sqs = aws("sqs")
    url, dead = _pair(sqs, account, ".fifo")
    _bury(sqs, url, ["1", "2", "3"], MessageGroupId="g")
    received = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, AttributeNames=["All"], VisibilityTimeout=0)
    first = received["Messages"][0]
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    assert first["Attributes"]["MessageDeduplicationId"] == first["MessageId"]
    sqs.start_message_move_task(SourceArn=_arn("dead.fifo", account))
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=20, AttributeNames=["All"])
    assert [message["Body"] for message in messages["Messages"]] == ["1", "2", "3"]
    numbers = [message["Attributes"]["SequenceNumber"] for message in messages["Messages"]]
    assert numbers == sorted(numbers)
    assert numbers[0] > first["Attributes"]["SequenceNumber"]
    assert {len(number) for number in numbers} == {20}


def test_what_cannot_be_started_or_cancelled(aws: Client, account: str) -> None:
    sqs = aws("sqs")
    _pair(sqs, account)
    sqs.create_queue(QueueName="plain")
    sqs.create_queue(QueueName="plain.fifo", Attributes={"FifoQueue": "true"})
    dead, no_task = _arn("dead", account), {"taskId": "x", "sourceArn": _arn("dead", account)}
    gone = {"taskId": "x", "sourceArn": _arn("none", account)}
    value, lost = ("InvalidParameterValue", 400), ("ResourceNotFoundException", 404)
    form = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
    start, cancel = sqs.start_message_move_task, sqs.cancel_message_move_task
    for operation, request, kind, message in (
        (start, {"SourceArn": "x"}, value, f"You must use this format to specify the SourceArn: {form}"),
        (
            *(start, {"SourceArn": _arn("none", account)}, lost),
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
        (
            *(start, {"SourceArn": _arn("plain", account)}, value),
            "Source queue must be configured as a Dead Letter Queue.",
        ),
        (
            *(start, {"SourceArn": dead, "DestinationArn": _arn("none", account)}, lost),
            "The resource that you specified for the DestinationArn parameter doesn't exist.",
        ),
        (
            *(start, {"SourceArn": dead, "DestinationArn": dead}, value),
            "Source queue arn and destination queue arn cannot be the same.",
        ),
        (
            *(start, {"SourceArn": dead, "DestinationArn": _arn("plain.fifo", account)}, value),
            "The source queue and destination queue must be of the same queue type.",
        ),
        (
            *(start, {"SourceArn": dead, "MaxNumberOfMessagesPerSecond": 501}, value),
            "Value for parameter MaxNumberOfMessagesPerSecond is invalid. "
            "Reason: You must enter a number that's between 1 and 500.",
        ),
        (cancel, {"TaskHandle": "bm9uZQ=="}, value, "Value for parameter TaskHandle is invalid."),
        (
            *(cancel, {"TaskHandle": _handle(gone)}, lost),
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        ),
        (cancel, {"TaskHandle": _handle(no_task)}, lost, "Task does not exist."),
    ):
        with pytest.raises(ClientError) as raised:
            operation(**request)
        assert _error(raised) == (kind[0], message, kind[1])


def _handle(task: dict[str, str]) -> str:
    return base64.b64encode(json.dumps(task).encode()).decode()


def test_a_task_goes_on_after_a_crash(tmp_path: Path) -> None:
    loop = asyncio.new_event_loop()

    def opened(now: int, seed: int) -> Bench:
        bench = Bench(tmp_path, now, "sqs", "headwater.services.sqs", seed)
        loop.run_until_complete(bench.engine.start())
        return bench

    def call(name: str, **request: Any) -> Any:
        return loop.run_until_complete(bench.call(name, **request))

    bench = opened(START, 1)
    dead = call("CreateQueue", QueueName="dead")["QueueUrl"]
    arn = call("GetQueueAttributes", QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    live = call("CreateQueue", QueueName="live", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    for number in range(9):
        call("SendMessage", QueueUrl=live["QueueUrl"], MessageBody=str(number))
    for _ in range(4):
        call("ReceiveMessage", QueueUrl=live["QueueUrl"], MaxNumberOfMessages=10)
    call("StartMessageMoveTask", SourceArn=arn, MaxNumberOfMessagesPerSecond=2)
    loop.run_until_complete(bench.advance(1000))
    now = bench.clock.now()
    bench.crash()
    loop.run_until_complete(asyncio.sleep(0))
    bench = opened(now, 2)
    (task,) = call("ListMessageMoveTasks", SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("RUNNING", 4)
    loop.run_until_complete(bench.advance(10_000))
    (task,) = call("ListMessageMoveTasks", SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 9)
    bodies = {row[0] for row in bench.engine.store.all("SELECT body FROM sqs_messages")}
    assert bodies == {str(number) for number in range(9)}
    loop.run_until_complete(bench.engine.stop())
    bench.engine.store.close()
    loop.close()
