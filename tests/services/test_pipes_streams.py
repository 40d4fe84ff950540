"""EventBridge Pipes from tables' streams: order, retries, bisecting, dead letters; and functions as their targets."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from headwater.client import Headwater
from tests.server import ServerThread
from tests.services.pipes_lab import ROLE, Lab, queue_arn
from tests.services.test_pipes_flow import _send_to

ID = {"InputTemplate": "<$.dynamodb.Keys.id.S>"}
V = "2012-10-17"


@pytest.fixture
def lab(timed: ServerThread) -> Lab:
    return Lab(timed)


def stream(**settings: Any) -> dict[str, Any]:
    return {"SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "TRIM_HORIZON"} | settings}}


def test_records_come_in_order_from_the_beginning(lab: Lab) -> None:
    source = lab.table()
    lab.put("a", "b", "c")
    lab.pipe(Source=source, TargetParameters=ID, **stream())
    assert lab.bodies() == ["a", "b", "c"]
    lab.put("d")
    assert lab.bodies() == ["d"]


def test_latest_begins_at_the_end_and_goes_on_after_a_stop(lab: Lab) -> None:
    source = lab.table()
    lab.put("a")
    lab.pipe(Source=source, TargetParameters=ID, **stream(StartingPosition="LATEST"))
    lab.put("b")
    assert lab.bodies() == ["b"]
    lab.aws("pipes").stop_pipe(Name="p")
    lab.server.advance(100)
    lab.put("c")
    lab.aws("pipes").start_pipe(Name="p")
    lab.server.advance(100)
    assert lab.bodies() == ["c"]


def test_the_record_is_that_of_the_stream(lab: Lab) -> None:
    source = lab.table()
    lab.pipe(Source=source, **stream())
    lab.put("a")
    (record,) = lab.bodies()
    assert (record["eventName"], record["eventSource"], record["eventSourceARN"]) == ("INSERT", "aws:dynamodb", source)
    assert record["dynamodb"]["NewImage"] == {"id": {"S": "a"}}


def test_retries_keep_the_order_and_end_in_a_dead_letter(lab: Lab) -> None:
    """The second record's message is refused by the target until it is given up."""
    source, dead = lab.table(), lab.queue("dead")
    letters = {"Arn": queue_arn("dead")}
    lab.pipe(
        Source=source,
        Target=lab.machine("m", {"Choose": _choice(), "Send": _send_to("out", "$"), "Fail": {"Type": "Fail"}}),
        TargetParameters=ID,
        **stream(BatchSize=1, MaximumRetryAttempts=2, DeadLetterConfig=letters),
    )
    lab.put("a", "bad", "c")
    assert lab.bodies() == [["a"]]
    lab.server.advance(10_000)
    assert lab.bodies() == [["c"]]
    (letter,) = lab.bodies(dead)
    assert letter["context"]["condition"] == "RetryAttemptsExhausted"
    assert letter["context"]["partnerResourceArn"].endswith(":pipe/p")
    assert (letter["DDBStreamBatchInfo"]["batchSize"], letter["DDBStreamBatchInfo"]["streamArn"]) == (1, source)


def test_dead_letters_are_sent_in_the_role_of_the_pipe(lab: Lab) -> None:
    iam = lab.aws("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": ["pipes.amazonaws.com", "states.amazonaws.com"]},
        "Action": "sts:AssumeRole",
    }
    iam.create_role(RoleName="pipe", AssumeRolePolicyDocument=json.dumps({"Version": V, "Statement": [trust]}))
    allowed = {"Effect": "Allow", "Action": ["dynamodb:*", "states:*"], "Resource": "*"}
    iam.put_role_policy(
        RoleName="pipe", PolicyName="p", PolicyDocument=json.dumps({"Version": V, "Statement": [allowed]})
    )
    lab.queue("dead")
    letters = {"Arn": queue_arn("dead")}
    machine = lab.machine("m", {"Fail": {"Type": "Fail"}})
    more = stream(BatchSize=1, MaximumRetryAttempts=0, DeadLetterConfig=letters)
    lab.pipe(Source=lab.table(), Target=machine, TargetParameters=ID, **more)
    lab.put("a")
    lab.server.advance(10_000)
    (lacking,) = Headwater(lab.server.endpoint).permissions(ROLE)
    assert (lacking["action"], lacking["resource"]) == ("sqs:SendMessage", queue_arn("dead"))


def test_a_failing_batch_is_bisected(lab: Lab) -> None:
    source, dead = lab.table(), lab.queue("dead")
    lab.put("a", "b", "bad", "c")
    lab.pipe(
        Source=source,
        Target=lab.machine("m", {"Choose": _choice(), "Send": _send_to("out", "$"), "Fail": {"Type": "Fail"}}),
        TargetParameters=ID,
        **stream(
            MaximumRetryAttempts=1,
            OnPartialBatchItemFailure="AUTOMATIC_BISECT",
            DeadLetterConfig={"Arn": queue_arn("dead")},
        ),
    )
    lab.server.advance(30_000)
    assert sorted(name for batch in lab.bodies() for name in batch) == ["a", "b", "c"]
    (letter,) = lab.bodies(dead)
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1


def _choice() -> dict[str, Any]:
    """Batches with a record named bad fail; there are at most four records."""
    rules = [
        {
            "And": [
                {"Variable": f"$[{place}]", "IsPresent": True},
                {"Variable": f"$[{place}]", "StringEquals": "bad"},
            ],
            "Next": "Fail",
        }
        for place in range(4)
    ]
    return {"Type": "Choice", "Choices": rules, "Default": "Send"}


def test_records_that_are_too_old_are_given_up(lab: Lab) -> None:
    source, dead = lab.table(), lab.queue("dead")
    lab.put("a")
    lab.server.advance(3_600_000)
    letters = {"Arn": queue_arn("dead")}
    lab.pipe(Source=source, TargetParameters=ID, **stream(MaximumRecordAgeInSeconds=600, DeadLetterConfig=letters))
    assert lab.bodies() == []
    (letter,) = lab.bodies(dead)
    assert letter["context"]["condition"] == "RecordAgeExceeded"


CODE = """
def handler(event, context):
    assert event != ["fail"]
    return {"batchItemFailures": [{"itemIdentifier": each["id"]} for each in event if each["n"] == 2]}
"""


def test_a_function_is_enrichment_and_target(lab: Lab) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.py", CODE)
        package.writestr("double.py", "def handler(event, context): return [{**e, 'n': 2 * e['n']} for e in event]")
    made = {
        name: lab.aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=f"{name}.handler",
            Role=ROLE,
            Code={"ZipFile": archive.getvalue()},
            Timeout=20,
        )["FunctionArn"]
        for name in ("index", "double")
    }
    queue = {"SqsQueueParameters": {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 20}}
    lab.pipe(
        Enrichment=made["double"],
        EnrichmentParameters={"InputTemplate": '{"id": <$.messageId>, "n": <$.body.n>}'},
        Target=made["index"],
        SourceParameters=queue,
    )
    lab.send({"n": 1}, {"n": 5})
    headwater_settles(lab)
    assert lab.left() == 1


def headwater_settles(lab: Lab) -> None:

    assert Headwater(lab.server.endpoint).settle(timeout=60)["settled"]
