"""PutEvents and what comes of it: matching, inputs, targets, retries, dead letters, schedules."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.spine.clock import Clock
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request
from headwater.spine.timestamps import iso8601_seconds
from tests.conftest import client_factory
from tests.server import ServerThread

ENTRY = {"Source": "orders", "DetailType": "OrderPlaced", "Detail": json.dumps({"id": 7, "items": [1.5]})}


@pytest.fixture
def events(aws: Any) -> Any:
    return aws("events")


@pytest.fixture
def sqs(aws: Any) -> Any:
    return aws("sqs")


def make_queue(sqs: Any, name: str, **attributes: str) -> tuple[str, str]:
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, arn


def make_rule(events: Any, arn: str, pattern: Any = None, **target: Any) -> str:
    chosen = json.dumps(pattern or {"source": ["orders"]})
    rule: str = events.put_rule(Name="r", EventPattern=chosen)["RuleArn"]
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn, **target}])
    return rule


def receive(sqs: Any, url: str, wait: int = 20) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        WaitTimeSeconds=wait,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        AttributeNames=["All"],
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def body(sqs: Any, url: str) -> Any:
    (message,) = receive(sqs, url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(message["Body"])


def test_an_event_reaches_a_queue_in_its_envelope(events: Any, sqs: Any, account: str) -> None:
    url, arn = make_queue(sqs, "q")
    make_rule(events, arn)
    time = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    answer = events.put_events(Entries=[{**ENTRY, "Time": time, "Resources": ["arn:x"]}])
    assert answer["FailedEntryCount"] == 0
    (message,) = receive(sqs, url)
    assert list(json.loads(message["Body"]).items()) == [
        ("version", "0"),
        ("id", answer["Entries"][0]["EventId"]),
        ("detail-type", "OrderPlaced"),
        ("source", "orders"),
        ("account", account),
        ("time", "2026-03-04T05:06:07Z"),
        ("region", "us-east-1"),
        ("resources", ["arn:x"]),
        ("detail", {"id": 7, "items": [1.5]}),
    ]


def test_only_rules_that_match_and_are_enabled_get_it(events: Any, sqs: Any) -> None:
    url, arn = make_queue(sqs, "q")
    make_rule(events, arn, {"detail": {"id": [{"numeric": [">", 5]}]}})
    events.put_events(Entries=[{**ENTRY, "Detail": '{"id": 3}'}, {**ENTRY, "Detail": '{"id": 6}'}])
    assert body(sqs, url)["detail"] == {"id": 6}
    events.disable_rule(Name="r")
    events.put_events(Entries=[ENTRY])
    events.enable_rule(Name="r")
    events.put_events(Entries=[{**ENTRY, "Detail": '{"id": 8}'}])
    assert body(sqs, url)["detail"] == {"id": 8}
    events.remove_targets(Rule="r", Ids=["t"])
    events.put_events(Entries=[ENTRY])
    assert receive(sqs, url, wait=0) == []


@pytest.mark.parametrize(
    ("missing", "code", "message"),
    [
        ("Source", "InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."),
        (
            "DetailType",
            "InvalidArgument",
            "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
        ),
        ("Detail", "InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."),
    ],
)
def test_an_entry_that_lacks_something_fails_alone(events: Any, missing: str, code: str, message: str) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != missing}
    answer = events.put_events(Entries=[entry, ENTRY])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0] == {"ErrorCode": code, "ErrorMessage": message}
    assert "EventId" in answer["Entries"][1]


@pytest.mark.parametrize("detail", ["text", "[]", '"text"', "{"])
def test_malformed_detail(events: Any, detail: str) -> None:
    answer = events.put_events(Entries=[{**ENTRY, "Detail": detail}])
    assert answer["Entries"] == [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}]


def test_sources_of_aws_are_its_own(events: Any) -> None:
    answer = events.put_events(Entries=[{**ENTRY, "Source": "aws.s3"}])
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"


def test_an_unknown_bus_swallows_events(events: Any) -> None:
    answer = events.put_events(Entries=[{**ENTRY, "EventBusName": "nowhere"}])
    assert answer["FailedEntryCount"] == 0


def test_limits_of_a_request(events: Any) -> None:
    with pytest.raises(ClientError, match="Member must have length less than or equal to 10"):
        events.put_events(Entries=[ENTRY] * 11)
    with pytest.raises(ClientError, match="Total size of the entries in the request is over the limit"):
        events.put_events(Entries=[{**ENTRY, "Detail": json.dumps({"a": "x" * 1_048_576})}])


@pytest.mark.parametrize("time", [None, datetime(2026, 3, 4, tzinfo=UTC)])
def test_the_size_of_entries_is_counted_to_the_byte(events: Any, time: datetime | None) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size"""
    entry: dict[str, Any] = {"Source": "s\u00e9", "DetailType": "dd", "Resources": ["arn:x", "arn:yy"]}
    counted = 3 + 2 + 5 + 6  # in UTF-8
    if time is not None:
        entry["Time"], counted = time, counted + 14
    detail = '{"a":"' + "x" * (1_048_576 - counted - 8) + '"}'
    assert events.put_events(Entries=[{**entry, "Detail": detail}])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="Total size of the entries in the request is over the limit"):
        events.put_events(Entries=[{**entry, "Detail": detail.replace("xx", "xxx", 1)}])
    with pytest.raises(ClientError, match="Total size of the entries in the request is over the limit"):
        events.put_events(Entries=[{"Source": "s" * 600_000, "DetailType": "d", "Detail": "{}"}] * 2)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"fixed": true}'}, {"fixed": True}),
        ({"InputPath": "$.detail.id"}, 7),
        (
            {"InputTransformer": {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '"order <id>"'}},
            "order 7",
        ),
    ],
)
def test_inputs(events: Any, sqs: Any, target: dict[str, Any], expected: Any) -> None:
    url, arn = make_queue(sqs, "q")
    make_rule(events, arn, **target)
    events.put_events(Entries=[ENTRY])
    assert body(sqs, url) == expected


def test_fifo_queues_get_the_group(events: Any, sqs: Any) -> None:
    url, arn = make_queue(sqs, "q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    make_rule(events, arn, SqsParameters={"MessageGroupId": "g"})
    events.put_events(Entries=[ENTRY])
    (message,) = receive(sqs, url)
    assert message["Attributes"]["MessageGroupId"] == "g"


def test_a_trace_goes_on_through_the_event(events: Any, sqs: Any) -> None:
    url, arn = make_queue(sqs, "q")
    make_rule(events, arn)
    root = "1-5f84c7a1-0123456789abcdef01234567"
    events.put_events(Entries=[{**ENTRY, "TraceHeader": f"Root={root};Parent=0123456789abcdef;Sampled=1"}])
    (message,) = receive(sqs, url)
    assert message["Attributes"]["AWSTraceHeader"].startswith(f"Root={root};Parent=")


def test_a_rule_may_send_on_to_another_bus(events: Any, sqs: Any, account: str) -> None:
    url, arn = make_queue(sqs, "q")
    bus = events.create_event_bus(Name="second")["EventBusArn"]
    events.put_rule(Name="onward", EventBusName="second", EventPattern=json.dumps({"source": ["orders"]}))
    events.put_targets(Rule="onward", EventBusName="second", Targets=[{"Id": "t", "Arn": arn}])
    make_rule(events, bus)
    identity = events.put_events(Entries=[ENTRY])["Entries"][0]["EventId"]
    assert body(sqs, url)["id"] == identity


def test_a_target_that_is_gone_goes_straight_to_the_dead_letter_queue(events: Any, sqs: Any, account: str) -> None:
    url, arn = make_queue(sqs, "dead")
    missing = f"arn:aws:sqs:us-east-1:{account}:missing"
    rule = make_rule(events, missing, DeadLetterConfig={"Arn": arn}, InputPath="$.detail")
    identity = events.put_events(Entries=[ENTRY])["Entries"][0]["EventId"]
    (message,) = receive(sqs, url)
    assert json.loads(message["Body"])["id"] == identity
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {
        "RULE_ARN": rule,
        "TARGET_ARN": missing,
        "ERROR_CODE": "NO_RESOURCE",
        "ERROR_MESSAGE": "The specified queue does not exist.",
    }


def test_retries_run_out_on_the_clock(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "444455556666")
    events, sqs = aws("events"), aws("sqs")
    dead_url, dead = make_queue(sqs, "dead")
    url, arn = make_queue(sqs, "flaky")
    sending = timed.cloud.engine.find("sqs", "SendMessage")
    send, tried = sending.handler, []

    def fail(call: Call, request: Request) -> Answer:
        if request["QueueUrl"].endswith("/flaky"):
            tried.append(call.now)
            raise AwsError("InternalFailure", "Down for now.", 500)
        return send(call, request)

    sending.handler = fail
    retry = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 3600}
    make_rule(events, arn, DeadLetterConfig={"Arn": dead}, RetryPolicy=retry)
    events.put_events(Entries=[ENTRY])
    timed.advance(60_000)
    assert len(tried) == 3
    assert tried[0] < tried[1] < tried[2]
    (message,) = receive(sqs, dead_url)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes["ERROR_CODE"] == "ERROR_FROM_TARGET"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert attributes["RETRY_ATTEMPTS"] == "2"
    sending.handler = send
    events.put_events(Entries=[ENTRY])
    assert body(sqs, url)["source"] == "orders"


def test_scheduled_rules_run_on_the_clock(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "444455556666")
    events, sqs = aws("events"), aws("sqs")
    url, arn = make_queue(sqs, "q")
    rule = events.put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")["RuleArn"]
    events.put_targets(Rule="tick", Targets=[{"Id": "t", "Arn": arn}])
    assert receive(sqs, url, wait=0) == []
    for _ in range(2):
        timed.advance(300_000)
        event = body(sqs, url)
        assert (event["source"], event["detail-type"]) == ("aws.events", "Scheduled Event")
        assert (event["resources"], event["detail"]) == ([rule], {})
    events.disable_rule(Name="tick")
    timed.advance(600_000)
    assert receive(sqs, url, wait=0) == []


def test_schedules_and_subscriptions_outlive_a_restart(tmp_path: Path) -> None:
    start = 1_795_000_000_000
    with ServerThread(data=tmp_path, clock=Clock(start)) as server:
        aws = client_factory(server.endpoint, "444455556666")
        _, arn = make_queue(aws("sqs"), "q")
        topic = aws("sns").create_topic(Name="t")["TopicArn"]
        aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        events = aws("events")
        events.put_rule(Name="tick", ScheduleExpression="cron(0 12 * * ? *)")
        events.put_targets(Rule="tick", Targets=[{"Id": "t", "Arn": topic, "InputPath": "$.time"}])
    with ServerThread(data=tmp_path, clock=Clock(start + 3 * 86_400_000)) as server:
        sqs = client_factory(server.endpoint, "444455556666")("sqs")
        url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
        # the runs that were missed are made up for by one
        assert body(sqs, url).endswith("T12:00:00Z")
        assert receive(sqs, url, wait=0) == []
        server.advance(86_400_000)
        assert body(sqs, url).endswith("T12:00:00Z")


def test_a_pattern_tried_out(events: Any) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_TestEventPattern.html names what is mandatory."""
    whole = {"id": "1", "account": "1", "source": "orders", "time": "2026-11-28T00:00:00Z", "region": "us-east-1"}
    whole |= {"detail-type": "Placed", "detail": {"id": 7}}
    event = json.dumps(whole)
    assert events.test_event_pattern(EventPattern='{"detail": {"id": [7]}}', Event=event)["Result"] is True
    assert events.test_event_pattern(EventPattern='{"detail": {"id": [8]}}', Event=event)["Result"] is False
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        events.test_event_pattern(EventPattern="[]", Event=event)
    for wrong in ("[]", "{", json.dumps({name: whole[name] for name in whole if name != "account"})):
        with pytest.raises(ClientError, match="Parameter Event is not valid"):
            events.test_event_pattern(EventPattern='{"id": ["1"]}', Event=wrong)


def test_a_rate_keeps_its_beat_over_downtime(tmp_path: Path) -> None:
    """One late event for all that was missed, then as if nothing had been."""
    start, minute = 1_795_000_000_000, 60_000
    times: list[str] = []

    def take(server: ServerThread) -> None:
        sqs = client_factory(server.endpoint, "444455556666")("sqs")
        times.append(body(sqs, sqs.get_queue_url(QueueName="q")["QueueUrl"])["time"])

    with ServerThread(data=tmp_path, clock=Clock(start)) as server:
        aws = client_factory(server.endpoint, "444455556666")
        _, arn = make_queue(aws("sqs"), "q")
        aws("events").put_rule(Name="tick", ScheduleExpression="rate(5 minutes)")
        aws("events").put_targets(Rule="tick", Targets=[{"Id": "t", "Arn": arn}])
        server.advance(5 * minute)
        take(server)
    with ServerThread(data=tmp_path, clock=Clock(start + 17 * minute)) as server:
        server.advance(1)
        take(server)
        server.advance(3 * minute)
        take(server)
    assert times == [iso8601_seconds(start + beat * 5 * minute) for beat in (1, 2, 4)]
