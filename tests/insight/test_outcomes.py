"""What counts as a failure in lists of traces."""

from __future__ import annotations

import json
import urllib.request
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.insight.outcomes import has_failed, is_absent
from tests.conftest import Client


@pytest.mark.parametrize(
    ("name", "outcome", "notes", "absent", "failed"),
    [
        ("s3:HeadObject", "404", {}, True, False),
        ("s3:GetObject", "NoSuchKey", {}, True, False),
        ("events:DescribeEventBus", "ResourceNotFoundException", {}, True, False),
        ("cloudformation:DescribeStacks", "ValidationError", {"error": "Stack with id a does not exist"}, True, False),
        ("cloudformation:DescribeStacks", "ValidationError", {"error": "1 validation error"}, False, True),
        ("sqs:SendMessage", "AWS.SimpleQueueService.NonExistentQueue", {}, False, True),
        ("dynamodb:GetItem", "AccessDeniedException", {}, False, True),
        ("dynamodb:GetItem", "ok", {}, False, False),
        ("lambda:GetFunction", None, {}, False, False),
        ("lambda:Invoke", "ok", {"functionError": "KeyError"}, False, True),
        ("events.target", "NO_RESOURCE", {}, False, True),
    ],
)
def test_what_is_not_there_is_an_answer(
    name: str, outcome: str | None, notes: dict[str, Any], absent: bool, failed: bool
) -> None:
    assert (is_absent(name, outcome, notes), has_failed(name, outcome, notes)) == (absent, failed)


def test_a_refused_request_is_listed_with_its_code(aws: Client, endpoint: str) -> None:
    """That what was looked for is not there is told, and found among failures, but counts as none."""
    s3, sqs = aws("s3"), aws("sqs")
    s3.create_bucket(Bucket="looked-at")
    with suppress(ClientError):
        s3.head_object(Bucket="looked-at", Key="absent")
    with suppress(ClientError):
        sqs.set_queue_attributes(QueueUrl=f"{endpoint}/000000000000/absent", Attributes={"DelaySeconds": "1"})

    def listed(query: str) -> dict[str, tuple[int, str]]:
        with urllib.request.urlopen(f"{endpoint}/_headwater/traces?limit=20&{query}") as answer:
            return {each["name"]: (each["failures"], each["outcome"]) for each in json.load(answer)["traces"]}

    told = {"s3:HeadObject": (0, "NoSuchKey"), "sqs:SetQueueAttributes": (1, "QueueDoesNotExist")}
    assert listed("").items() >= told.items()
    assert listed("status=failed").items() >= told.items()
    assert "s3:CreateBucket" not in listed("status=failed")
