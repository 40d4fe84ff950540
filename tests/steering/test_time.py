"""The clock over the surface: everything that waits comes due when time is moved, and the books agree."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from headwater.client import Headwater, HeadwaterError
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import ROLE, make

DAY = 86_400_000
HOUR = 3_600_000


def queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:000000000000:{name}"


RECORD = """
import boto3, os, time

def handler(event, context):
    table = boto3.resource("dynamodb").Table("book")
    table.put_item(Item={"id": event["Records"][0]["messageId"], "what": "message", "at": time.time_ns() // 1_000_000})
"""


def put_item(what: str) -> dict[str, Any]:
    """A state that writes what came due, and when, into the book."""
    item = {"id": {"S.$": "$$.Execution.Id"}, "what": {"S": what}, "at": {"S.$": "$$.State.EnteredTime"}}
    parameters = {"TableName": "book", "Item": item}
    return {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": parameters, "End": True}


def set_up_book(client: Client) -> None:
    """A table of what came due."""
    client("dynamodb").create_table(
        TableName="book",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )


def read_book(client: Client) -> list[tuple[int, str]]:
    """When and what, in order."""
    items = client("dynamodb").scan(TableName="book")["Items"]
    return sorted((in_ms(item["at"]), item["what"]["S"]) for item in items)


def in_ms(value: dict[str, str]) -> int:
    if "N" in value:
        return int(value["N"])
    return round(datetime.fromisoformat(value["S"]).timestamp() * 1000)


def test_a_month_passes_at_once_and_in_order(headwater: Headwater, client: Client) -> None:
    sqs, events, states = client("sqs"), client("events"), client("stepfunctions")
    set_up_book(client)
    start = headwater.freeze()["now"]

    def machine(name: str, definition: dict[str, Any]) -> str:
        made = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        return str(made["stateMachineArn"])

    for name, schedule in (("daily", "rate(1 day)"), ("halfdaily", "rate(12 hours)")):
        events.put_rule(Name=name, ScheduleExpression=schedule)
        target = machine(name, {"StartAt": "P", "States": {"P": put_item(name)}})
        events.put_targets(Rule=name, Targets=[{"Id": "m", "Arn": target, "RoleArn": ROLE}])
    wait = {"Type": "Wait", "Seconds": 30 * 86_400, "Next": "P"}
    month = machine("month", {"StartAt": "W", "States": {"W": wait, "P": put_item("machine")}})
    execution = states.start_execution(stateMachineArn=month)["executionArn"]
    url, arn = queue(sqs, "hidden")
    sqs.send_message(QueueUrl=url, MessageBody="x")
    assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=12 * 3600)["Messages"]
    make(client("lambda"), source=RECORD, Environment={"Variables": {"HEADWATER_CLOCK": "1"}})
    client("lambda").create_event_source_mapping(FunctionName="f", EventSourceArn=arn)
    settlement = headwater.settle()
    assert settlement["settled"]
    assert min(timer["due"] for timer in settlement["timers"]) == start + 12 * HOUR
    assert read_book(client) == []

    advanced = headwater.advance("31d")

    assert (advanced["began"], advanced["now"], advanced["mode"]) == (start, start + 31 * DAY, "frozen")
    times = [happened["at"] for happened in advanced["happened"]]
    assert times == sorted(times)
    assert all(happened["outcome"] in ("ok", "again") for happened in advanced["happened"])
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    history = states.get_execution_history(executionArn=execution)["events"]
    assert (history[-1]["timestamp"] - history[0]["timestamp"]).total_seconds() == 30 * 86_400
    expected = [(start + n * DAY, "daily") for n in range(1, 32)]
    expected += [(start + n * 12 * HOUR, "halfdaily") for n in range(1, 63)]
    expected += [(start + 30 * DAY, "machine"), (start + 12 * HOUR, "message")]
    assert read_book(client) == sorted(expected)
    assert headwater.settle()["settled"]
    assert {timer["due"] for timer in headwater.settle()["timers"] if timer["kind"] == "delivery"} == {
        start + 31 * DAY + 12 * HOUR,
        start + 32 * DAY,
    }


def test_a_restart_goes_on_with_the_same_clock(tmp_path: Path) -> None:
    with ServerThread(data=tmp_path) as server:
        headwater = Headwater(server.endpoint)
        sqs = client_factory(server.endpoint, "000000000000")("sqs")
        url, _ = queue(sqs, "q", DelaySeconds="900")
        frozen = headwater.freeze()["now"]
        sqs.send_message(QueueUrl=url, MessageBody="x")
        headwater.advance("10m")
    with ServerThread(data=tmp_path) as server:
        headwater = Headwater(server.endpoint)
        sqs = client_factory(server.endpoint, "000000000000")("sqs")
        shown = headwater.time()
        assert (shown["mode"], shown["now"]) == ("frozen", frozen + 600_000)
        url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
        assert "Messages" not in sqs.receive_message(QueueUrl=url)
        headwater.advance("5m")
        assert sqs.receive_message(QueueUrl=url)["Messages"]
        headwater.real()
    with ServerThread(data=tmp_path) as server:
        shown = Headwater(server.endpoint).time()
        assert shown["mode"] == "real"
        assert 0 <= shown["now"] - frozen - 900_000 < 60_000


def test_in_auto_mode_waits_take_no_time(headwater: Headwater, client: Client) -> None:
    states = client("stepfunctions")
    headwater.auto()
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 365 * 86_400, "End": True}}}
    machine = states.create_state_machine(name="year", definition=json.dumps(wait), roleArn=ROLE)
    before = headwater.time()["now"]
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    assert headwater.settle(execution)["settled"]
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert headwater.time()["now"] == before + 365 * DAY


FUNCTION = """
import boto3, datetime, json, os, time
from datetime import date

def handler(event, context):
    now = datetime.datetime.now(datetime.timezone.utc)
    assert isinstance(now, datetime.datetime) and abs(now.timestamp() - time.time()) < 1
    assert time.gmtime().tm_year == now.year == datetime.date.today().year
    assert context.get_remaining_time_in_millis() < 11_000
    boto3.client("s3").put_object(Bucket="seen", Key="now", Body=now.isoformat().encode())
    return time.time_ns() // 1_000_000
"""


@pytest.mark.parametrize("opted", [True, False])
def test_a_function_sees_the_clock_where_it_asks_to(headwater: Headwater, client: Client, opted: bool) -> None:
    lambda_ = client("lambda")
    client("s3").create_bucket(Bucket="seen")
    variables = {"HEADWATER_CLOCK": "1"} if opted else {}
    make(lambda_, source=FUNCTION, Environment={"Variables": variables})
    headwater.freeze()
    for _ in range(2):
        now = headwater.advance("40d")["now"]
        answer = lambda_.invoke(FunctionName="f")
        seen = json.loads(answer["Payload"].read())
        assert isinstance(seen, int), seen
        assert (seen == now) == opted
    headwater.real()
    seen = json.loads(lambda_.invoke(FunctionName="f")["Payload"].read())
    assert (0 <= headwater.time()["now"] - seen < 60_000) == opted


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_presigned_urls_age_with_the_clock(headwater: Headwater, steered: ServerThread, version: str) -> None:
    s3 = boto3.client(
        "s3", endpoint_url=steered.endpoint, region_name="us-east-1", aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(signature_version=version),
    )  # fmt: skip
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="k", Body=b"x")

    def sign(seconds: int) -> str:
        url: str = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}, ExpiresIn=seconds)
        return url

    old = sign(3600)
    assert fetch(old) == 200
    headwater.advance("59m")
    assert fetch(old) == 200
    headwater.advance("2m")
    assert fetch(sign(3601)) == 200  # not the very same URL: its date tells but the second
    # version 2 says nothing of when it was made: it holds by the machine's time
    assert fetch(old) == (403 if version == "s3v4" else 200)


def fetch(url: str) -> int:
    try:
        with urllib.request.urlopen(url) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_what_cannot_be_is_refused_in_words(headwater: Headwater) -> None:
    for body in (
        {},
        {"mode": "slow"},
        {"advance": "a while"},
        {"advance": "7d", "mode": "real"},
        [],
        {"advance": "99999d"},
    ):
        with pytest.raises(HeadwaterError) as raised:
            headwater._ask("POST", "time", body)
        assert raised.value.status == 400
    with pytest.raises(HeadwaterError, match="No such trace"):
        headwater.settle("no-such-thing")
    with pytest.raises(HeadwaterError, match="timeout is in seconds"):
        headwater.settle(timeout=-1)
    with pytest.raises(HeadwaterError, match="limit"):
        headwater.deliveries(0)
