"""What the surface answers to a page: a span whole, the map, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.services.http import ask
from tests.settling import settle


def _get(endpoint: str, path: str) -> tuple[int, Any]:
    answer = ask("GET", f"{endpoint}/_headwater/{path}")
    return answer.status, json.loads(answer.body)


def test_a_span_is_told_whole(endpoint: str, aws: Callable[[str], Any]) -> None:
    """The tree of its trace has the beginning of what is long. To read either leaves nothing behind."""
    said = "whole-span " + "x" * 20_000
    topic = aws("sns").create_topic(Name="whole")["TopicArn"]
    aws("sqs").create_queue(QueueName="whole")
    queue = topic.replace(":sns:", ":sqs:")
    subscription = aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)
    message = aws("sns").publish(TopicArn=topic, Message=said)["MessageId"]
    settle(endpoint)
    _, tree = _get(endpoint, f"trace?id={message}")
    (published,) = tree["published"]
    assert published["body"].endswith("characters in all]")
    status, span = _get(endpoint, f"span?id={published['span']}")
    assert (status, span["name"], span["subject"]) == (200, "sns:Publish", topic)
    assert json.loads(span["published"][0]["body"])["Message"] == said
    _get(endpoint, f"explain?event={message}")
    _, found = _get(endpoint, f"traces?text={subscription['SubscriptionArn']}&looks=true")
    assert {each["name"] for each in found["traces"]} == {"sns:Publish"}


@pytest.mark.parametrize(
    ("path", "status"), [("span", 400), ("span?id=nine", 400), ("span?id=9", 404), ("map?spans=-1", 400)]
)
def test_what_cannot_be_answered_is_refused(endpoint: str, path: str, status: int) -> None:
    refused, answer = _get(endpoint, path)
    assert refused == status
    assert answer["error"]
