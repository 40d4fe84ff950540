"""Requests to a queue's own URL, in the forms that it has had over the years, signed or not.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.http import ask

Client = Callable[..., Any]
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def queue(aws: Client) -> str:
    """Anybody may send to it and receive from it."""
    url = aws("sqs").create_queue(QueueName="own")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", '
        f'"Resource": "{arn}"}}]}}'
    )
    aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return str(url)


@pytest.mark.parametrize(
    "host",
    [
        None, "sqs.us-east-1.amazonaws.com", "queue.amazonaws.com", "us-east-1.queue.amazonaws.com",
        "sqs.us-east-1.localhost.localstack.cloud:4566", "us-east-1.queue.localhost.localstack.cloud:4566",
        "localstack:4566", "host.docker.internal:4566",
    ],
)  # fmt: skip
def test_a_queue_is_asked_at_its_own_url(queue: str, aws: Client, host: str | None) -> None:
    named = {} if host is None else {"Host": host}
    sent = ask("GET", f"{queue}?Action=SendMessage&MessageBody=by+get&Version=2012-11-05", **named)
    assert sent.status == 200 and b"<SendMessageResult>" in sent.body
    sent = ask("POST", f"{queue}/", b"Action=SendMessage&MessageBody=by+post", **FORM, **named)
    assert sent.status == 200, sent
    received = aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(each["Body"] for each in received) == ["by get", "by post"]


def test_the_region_is_in_the_path_or_the_host(queue: str, account: str, endpoint: str) -> None:
    path = f"{account}/own?Action=GetQueueAttributes&AttributeName.1=QueueArn"
    assert ask("GET", f"{endpoint}/queue/us-east-1/{path}").status == 200
    elsewhere = (
        ask("GET", f"{endpoint}/queue/eu-west-1/{path}"),
        ask("GET", f"{endpoint}/{path}", Host="sqs.eu-west-1.amazonaws.com"),
        ask("GET", f"{endpoint}/{path}", Host="eu-west-1.queue.amazonaws.com"),
    )
    for answer in elsewhere:
        assert answer.status == 400 and b"NonExistentQueue" in answer.body


@pytest.mark.parametrize(
    "form",
    [
        "http://localstack:4566/{}/own",
        "http://sqs.us-east-1.localhost.localstack.cloud:4566/{}/own",
        "http://localhost:4566/queue/us-east-1/{}/own",
        "http://127.0.0.1:1/{}/own",
    ],
)
def test_a_url_that_a_client_saved_elsewhere(queue: str, account: str, aws: Client, form: str) -> None:
    sqs = aws("sqs")
    assert sqs.send_message(QueueUrl=form.format(account), MessageBody="x")["MessageId"]
