"""SQS through boto3: queues, messages, visibility, dead letters."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client


def _queue(sqs: Any, name: str = "orders", **attributes: str) -> str:
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def _arn(sqs: Any, url: str) -> str:
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return arn


def _error(raised: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_message_travels_whole(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs)
    attributes = {
        "kind": {"DataType": "String", "StringValue": "order"},
        "count": {"DataType": "Number", "StringValue": "3"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="héllo", MessageAttributes=attributes)
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"]
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == "héllo"
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def test_visibility_returns_a_message_at_once_when_set_to_zero(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs)
    sqs.send_message(QueueUrl=url, MessageBody="again")
    (first,) = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    (second,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    # the former receipt deletes nothing
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"])
    assert counted["Attributes"] == {"ApproximateNumberOfMessagesNotVisible": "1"}


def test_long_polling_is_woken_by_a_message(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs)
    got: list[str] = []

    def receive() -> None:
        got.extend(m["Body"] for m in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", []))

    receiver = threading.Thread(target=receive)
    receiver.start()
    sqs.send_message(QueueUrl=url, MessageBody="wake")
    receiver.join(60)
    assert got == ["wake"]


def test_messages_received_too_often_go_to_the_dead_letter_queue(aws: Client) -> None:
    sqs = aws("sqs")
    dead = _queue(sqs, "dead")
    policy = f'{{"deadLetterTargetArn":"{_arn(sqs, dead)}","maxReceiveCount":"2"}}'
    url = _queue(sqs, "live", VisibilityTimeout="0", RedrivePolicy=policy)
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    (message,) = sqs.receive_message(QueueUrl=dead, AttributeNames=["All"])["Messages"]
    assert message["Body"] == "poison"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == _arn(sqs, url)
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]


def test_fifo_keeps_order_blocks_groups_and_deduplicates(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs, "orders.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    sent = [
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group)
        for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a1", "a"))
    ]
    assert sent[3]["MessageId"] == sent[0]["MessageId"]
    assert sent[0]["SequenceNumber"] < sent[1]["SequenceNumber"]
    (first,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert first["Body"] == "a1"
    rest = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in rest] == ["b1"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    (second,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert second["Body"] == "a2"
    assert second["Attributes"]["MessageGroupId"] == "a"


def test_batches_report_each_entry(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs)
    entries = [{"Id": "good", "MessageBody": "x"}, {"Id": "late", "MessageBody": "y", "DelaySeconds": 901}]
    result = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in result["Successful"]] == ["good"]
    assert result["Failed"][0]["Id"] == "late"
    assert result["Failed"][0]["Code"] == "InvalidParameterValue"
    with pytest.raises(ClientError) as raised:
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "1"}, {"Id": "a", "MessageBody": "2"}])
    assert _error(raised) == ("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Id a repeated.")


def test_errors_are_those_of_sqs(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as missing:
        sqs.get_queue_url(QueueName="nowhere")
    assert missing.value.response["Error"]["Message"] == "The specified queue does not exist."
    with pytest.raises(sqs.exceptions.QueueNameExists):
        _queue(sqs, VisibilityTimeout="31")
    with pytest.raises(sqs.exceptions.InvalidAttributeName) as unknown:
        _queue(sqs, "other", Colour="red")
    assert unknown.value.response["Error"]["Message"] == "Unknown Attribute Colour."
    with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
        sqs.delete_message(QueueUrl=url, ReceiptHandle="nonsense")
    with pytest.raises(ClientError) as many:
        sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    assert _error(many) == (
        "InvalidParameterValue",
        "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.",
    )
    sqs.delete_queue(QueueUrl=url)
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        _queue(sqs)


def test_queues_are_listed_in_pages(aws: Client) -> None:
    sqs = aws("sqs")
    for number in range(5):
        _queue(sqs, f"list-{number}")
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="list-", PaginationConfig={"PageSize": 2})
    urls = [url for page in pages for url in page.get("QueueUrls", [])]
    assert [url.rpartition("/")[2] for url in urls] == [f"list-{number}" for number in range(5)]


def test_attributes_and_tags(aws: Client) -> None:
    sqs = aws("sqs")
    url = _queue(sqs, DelaySeconds="0")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "7"
    assert attributes["MaximumMessageSize"] == "1048576"
    assert attributes["SqsManagedSseEnabled"] == "true"
    sqs.tag_queue(QueueUrl=url, Tags={"team": "orders", "old": "1"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["old"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "orders"}


def test_characters_that_xml_cannot_hold_are_refused(aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    allowed = "the set of allowed characters is #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]."
    for strange, shown in (("\x07", "7"), ("ö\x1b", "1B"), ("\ufffe", "FFFE")):
        with pytest.raises(ClientError, match="InvalidMessageContents") as raised:
            sqs.send_message(QueueUrl=url, MessageBody=f"a{strange}")
        text = f"Invalid binary character '#x{shown}' was found in the message body, {allowed}"
        assert raised.value.response["Error"]["Message"] == text
        attributes = {"mood": {"DataType": "String", "StringValue": f"a{strange}"}}
        with pytest.raises(ClientError, match="in the message attribute 'mood' value") as raised:
            sqs.send_message(QueueUrl=url, MessageBody="a", MessageAttributes=attributes)
        assert raised.value.response["Error"]["Code"] == "InvalidParameterValue"
    attributes = {"mood": {"DataType": "String", "StringValue": "a\tö\n😀"}}
    sqs.send_message(QueueUrl=url, MessageBody="a\tö\r\n😀", MessageAttributes=attributes)
    message = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"][0]
    assert message["Body"] == "a\tö\r\n😀" and message["MessageAttributes"] == attributes
