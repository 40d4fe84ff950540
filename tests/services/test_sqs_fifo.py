"""FIFO queues, fair queues and limits: what a client sees of groups, deduplication, attempts and time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread

FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}


def _error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def _bodies(received: dict[str, Any]) -> list[str]:
    return [message["Body"] for message in received.get("Messages", [])]


def test_a_receipt_is_had_again_under_its_attempt(timed: ServerThread) -> None:
    sqs = client_factory(timed.endpoint, "111122223333")("sqs")
    url = sqs.create_queue(QueueName="q.fifo", Attributes=FIFO)["QueueUrl"]
    for body in ("1", "2", "3"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId="g")
    request = {"QueueUrl": url, "MaxNumberOfMessages": 2, "ReceiveRequestAttemptId": "a", "VisibilityTimeout": 30}
    first = sqs.receive_message(**request)
    timed.advance(20_000)
    again = sqs.receive_message(**request)
    assert [m["ReceiptHandle"] for m in again["Messages"]] == [m["ReceiptHandle"] for m in first["Messages"]]
    # that has hidden them for another thirty seconds
    timed.advance(20_000)
    assert _bodies(sqs.receive_message(QueueUrl=url)) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["Messages"][0]["ReceiptHandle"])
    assert _bodies(sqs.receive_message(**request)) == []
    timed.advance(11_000)
    assert _bodies(sqs.receive_message(**request)) == ["2", "3"]
    standard = sqs.create_queue(QueueName="q")["QueueUrl"]
    with pytest.raises(ClientError) as raised:
        sqs.receive_message(QueueUrl=standard, ReceiveRequestAttemptId="a")
    assert _error(raised) == (
        "InvalidParameterValue",
        "Value a for parameter ReceiveRequestAttemptId is invalid. "
        "Reason: The request include parameter that is not valid for this queue type.",
    )


def test_duplicates_are_known_for_five_minutes(timed: ServerThread) -> None:
    sqs = client_factory(timed.endpoint, "111122223333")("sqs")
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    url = sqs.create_queue(QueueName="q.fifo", Attributes=FIFO | high)["QueueUrl"]
    first = sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="a")
    second = sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="a")
    assert (second["MessageId"], second["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    # another group knows its own
    assert sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="b")["MessageId"] != first["MessageId"]
    timed.advance(300_001)
    third = sqs.send_message(QueueUrl=url, MessageBody="same", MessageGroupId="a")
    assert third["SequenceNumber"] > first["SequenceNumber"]


def test_a_group_waits_for_its_message_in_flight(aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q.fifo", Attributes=FIFO)["QueueUrl"]
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)
    (held,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert _bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)) == ["b1"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    assert _bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)) == ["a2"]


def test_visibility_ends_twelve_hours_after_the_receipt(timed: ServerThread) -> None:
    sqs = client_factory(timed.endpoint, "111122223333")("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "43200"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    handle = message["ReceiptHandle"]
    timed.advance(3_600_000)
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=39_600)
    entries = [{"Id": "1", "ReceiptHandle": handle, "VisibilityTimeout": 39_601}]
    answer = sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)
    assert answer["Failed"] == [
        {
            "Id": "1",
            "SenderFault": True,
            "Code": "InvalidParameterValue",
            "Message": "Value 39601 for parameter VisibilityTimeout is invalid. "
            "Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds]",
        }
    ]


def test_a_noisy_group_keeps_no_other_waiting(aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]

    def send(group: str, number: int) -> None:
        entries = [{"Id": str(i), "MessageBody": f"{group}{i}", "MessageGroupId": group} for i in range(10)]
        for _ in range(number // 10):
            sqs.send_message_batch(QueueUrl=url, Entries=entries)

    send("noisy", 40)
    for _ in range(2):
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    send("quiet", 10)
    bodies = _bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))
    assert {body[:5] for body in bodies} == {"quiet"}
    # nothing is held back where nobody else waits
    assert len(_bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))) == 10


def test_messages_in_flight_have_a_limit() -> None:
    with ServerThread(quotas={"sqs:in-flight-messages": "3"}) as server:
        _fill_beyond_the_limit(client_factory(server.endpoint, "444455556666")("sqs"))


def _fill_beyond_the_limit(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    ordered = sqs.create_queue(QueueName="q.fifo", Attributes=FIFO)["QueueUrl"]
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
        sqs.send_message(QueueUrl=ordered, MessageBody=str(number), MessageGroupId=str(number))
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 3
    with pytest.raises(ClientError) as raised:
        sqs.receive_message(QueueUrl=url)
    assert _error(raised)[0] == "OverLimit"
    # long polls and FIFO queues are told nothing
    assert _bodies(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)) == []
    assert len(_bodies(sqs.receive_message(QueueUrl=ordered, MaxNumberOfMessages=10))) == 3
    assert _bodies(sqs.receive_message(QueueUrl=ordered)) == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
    assert len(_bodies(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10))) == 1


def test_a_batch_counts_attributes_too(aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    attributes = {"a": {"DataType": "String", "StringValue": "x"}}
    body = "x" * (524_288 - 8)  # each entry's attribute adds eight bytes
    entries = [{"Id": each, "MessageBody": body, "MessageAttributes": attributes} for each in "ab"]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 2
    entries[0]["MessageBody"] = body + "x"
    with pytest.raises(ClientError) as raised:
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert _error(raised) == (
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
    )
