"""EventBridge Scheduler: when schedules fire, what their targets get, and what becomes of those that fail."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headwater.client import Headwater
from headwater.spine.clock import Clock
from tests.conftest import Client, client_factory
from tests.server import ServerThread

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
OFF = {"Mode": "OFF"}
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
DAY = 24 * HOUR
TIME = "<aws.scheduler.scheduled-time>"


class Lab:
    """A cloud whose clock stands still, with a queue."""

    def __init__(self, server: ServerThread) -> None:
        self.server = server
        self.aws: Client = client_factory(server.endpoint, ACCOUNT)
        self.queue: str = self.aws("sqs").create_queue(QueueName="q")["QueueUrl"]

    @property
    def now(self) -> int:
        return self.server.cloud.engine.clock.now()

    def text(self, later: int = 0, pattern: str = "%Y-%m-%dT%H:%M:%S") -> str:
        return datetime.fromtimestamp((self.now + later) // 1000, UTC).strftime(pattern)

    def move_to(self, text: str) -> None:
        instant = int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
        self.server.advance(instant - self.now)

    def schedule(self, expression: str, name: str = "s", **changes: Any) -> str:
        target = {"Arn": QUEUE, "RoleArn": ROLE, "Input": TIME} | changes.pop("target", {})
        request = {"Name": name, "ScheduleExpression": expression, "FlexibleTimeWindow": OFF} | changes
        arn: str = self.aws("scheduler").create_schedule(**request, Target=target)["ScheduleArn"]
        return arn

    def messages(self, queue: str | None = None) -> list[dict[str, Any]]:
        """What is in a queue, taken out."""
        sqs, found = self.aws("sqs"), []
        wanted = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"], "MaxNumberOfMessages": 10}
        while batch := sqs.receive_message(QueueUrl=queue or self.queue, **wanted).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=queue or self.queue, ReceiptHandle=message["ReceiptHandle"])
            found += batch
        return found

    def bodies(self) -> list[str]:
        return [message["Body"] for message in self.messages()]


@pytest.fixture
def lab(timed: ServerThread) -> Iterator[Lab]:
    return Lab(timed)  # type: ignore[return-value]


def test_once_at_a_time(lab: Lab) -> None:
    lab.schedule(f"at({lab.text(HOUR)})")
    lab.server.advance(HOUR - SECOND)
    assert lab.bodies() == []
    due = lab.text(SECOND)
    lab.server.advance(SECOND)
    assert lab.bodies() == [f"{due}Z"]
    lab.server.advance(DAY)
    assert lab.bodies() == []
    assert lab.aws("scheduler").get_schedule(Name="s")["State"] == "ENABLED"


def test_a_time_that_is_past_is_now_and_only_once(lab: Lab) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/troubleshooting.html: of enabling it again."""
    scheduler, expression = lab.aws("scheduler"), f"at({lab.text(HOUR)})"
    lab.schedule(expression, State="DISABLED")
    lab.server.advance(2 * HOUR)
    assert lab.bodies() == []
    change = {"Name": "s", "FlexibleTimeWindow": OFF, "Target": {"Arn": QUEUE, "RoleArn": ROLE, "Input": "now"}}
    scheduler.update_schedule(**change, ScheduleExpression=expression)
    assert lab.bodies() == ["now"]
    scheduler.update_schedule(**change, ScheduleExpression=expression, State="DISABLED")
    scheduler.update_schedule(**change, ScheduleExpression=expression)
    assert lab.bodies() == []
    scheduler.update_schedule(**change, ScheduleExpression=f"at({lab.text(MINUTE)})")
    lab.server.advance(MINUTE)
    assert lab.bodies() == ["now"]


def test_a_rate_begins_at_once_and_keeps_its_beat(lab: Lab) -> None:
    lab.schedule("rate(5 minutes)")
    assert len(lab.bodies()) == 1
    lab.server.advance(20 * MINUTE)
    assert lab.bodies() == [f"{lab.text(-15 * MINUTE + n * 5 * MINUTE)}Z" for n in range(4)]


def test_dates_bound_a_rate(lab: Lab) -> None:
    start, end = (lab.now + HOUR) // 1000, (lab.now + HOUR + 11 * MINUTE) // 1000
    first = lab.text(HOUR)
    lab.schedule("rate(5 minutes)", StartDate=start, EndDate=end, ActionAfterCompletion="DELETE")
    lab.server.advance(HOUR - SECOND)
    assert lab.bodies() == []
    lab.server.advance(DAY)
    bodies = lab.bodies()
    assert bodies[0] == f"{first}Z" and len(bodies) == 3
    assert lab.aws("scheduler").list_schedules()["Schedules"] == []


def test_daylight_saving(lab: Lab) -> None:
    """https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time"""
    lab.move_to("2027-03-12T12:00:00")
    zone = "America/New_York"
    lab.schedule("cron(30 2 * * ? *)", "cron", ScheduleExpressionTimezone=zone)
    lab.schedule("at(2027-03-15T09:00:00)", "at", ScheduleExpressionTimezone=zone, target={"Input": f"at {TIME}"})
    lab.move_to("2027-03-16T00:00:00")
    # 02:30 on 14 March does not exist in New York
    assert lab.bodies() == ["2027-03-13T07:30:00Z", "2027-03-15T06:30:00Z", "at 2027-03-15T13:00:00Z"]
    lab.aws("scheduler").delete_schedule(Name="cron")
    lab.move_to("2027-11-06T12:00:00")
    lab.schedule("cron(30 1 * * ? *)", "cron", ScheduleExpressionTimezone=zone)
    lab.move_to("2027-11-09T00:00:00")
    # 01:30 on 7 November comes twice
    assert lab.bodies() == ["2027-11-07T05:30:00Z", "2027-11-08T06:30:00Z"]


def test_a_flexible_window_keeps_the_scheduled_time(lab: Lab) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    expression, due = f"at({lab.text(HOUR)})", lab.now // 1000 * 1000 + HOUR
    for number in range(20):
        lab.schedule(expression, f"s{number}", FlexibleTimeWindow=window)
    lab.server.advance(2 * HOUR)
    found = lab.messages()
    assert {message["Body"] for message in found} == {f"{lab.text(-HOUR)}Z"} and len(found) == 20
    sent = [int(message["Attributes"]["SentTimestamp"]) - due for message in found]
    assert min(sent) >= 0 and max(sent) < 15 * MINUTE and len(set(sent)) > 10


def test_deleting_and_disabling_stop_it(lab: Lab) -> None:
    scheduler = lab.aws("scheduler")
    scheduler.create_schedule_group(Name="g")
    for name in ("deleted", "disabled", "grouped"):
        lab.schedule(f"at({lab.text(HOUR)})", name, GroupName="g" if name == "grouped" else "default")
    scheduler.delete_schedule(Name="deleted")
    disabled = scheduler.get_schedule(Name="disabled")
    kept = {key: disabled[key] for key in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**kept, State="DISABLED")
    scheduler.delete_schedule_group(Name="g")
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule_group(Name="g")
    lab.server.advance(2 * HOUR)
    assert lab.bodies() == []
    assert [schedule["Name"] for schedule in scheduler.list_schedules()["Schedules"]] == ["disabled"]


def test_a_change_that_is_not_of_time_leaves_the_time(lab: Lab) -> None:
    lab.schedule("rate(1 hour)")
    assert len(lab.bodies()) == 1
    lab.server.advance(30 * MINUTE)
    target = {"Arn": QUEUE, "RoleArn": ROLE, "Input": "new"}
    lab.aws("scheduler").update_schedule(
        Name="s", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow=OFF, Target=target
    )
    assert lab.bodies() == []
    lab.server.advance(30 * MINUTE)
    assert lab.bodies() == ["new"]


def test_context_attributes_and_the_default_notification(lab: Lab) -> None:
    names = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
    text = json.dumps({name: f"<aws.scheduler.{name}>" for name in names})
    arn = lab.schedule("rate(1 day)", target={"Input": text})
    (found,) = (json.loads(body) for body in lab.bodies())
    assert (found["schedule-arn"], found["scheduled-time"], found["attempt-number"]) == (arn, f"{lab.text()}Z", "1")
    assert len(found["execution-id"]) == 16
    target = {"Arn": QUEUE, "RoleArn": ROLE}
    request = {"Name": "n", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": OFF, "Target": target}
    arn = lab.aws("scheduler").create_schedule(**request)["ScheduleArn"]
    (event,) = (json.loads(body) for body in lab.bodies())
    assert event.pop("id") and event == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": ACCOUNT,
        "time": f"{lab.text()}Z",
        "region": "us-east-1",
        "resources": [arn],
        "detail": "{}",
    }


def test_retries_then_the_dead_letter_queue(lab: Lab) -> None:
    """The attributes are those of
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html"""
    dead = lab.aws("sqs").create_queue(QueueName="dead")["QueueUrl"]
    target = {
        "Arn": f"{QUEUE}-missing",
        "Input": "attempt <aws.scheduler.attempt-number>",
        "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"},
    }
    due = lab.text(MINUTE)
    arn = lab.schedule(f"at({due})", target=target)
    lab.server.advance(HOUR)
    (letter,) = lab.messages(dead)
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert len(attributes.pop("EXECUTION_ID")) == 16
    assert attributes == {
        "ERROR_CODE": "AWS.SimpleQueueService.NonExistentQueue",
        "ERROR_MESSAGE": "The specified queue does not exist.",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "IS_PAYLOAD_TRUNCATED": "false",
        "RETRY_ATTEMPTS": "3",
        "SCHEDULED_TIME": f"{due}Z",
        "SCHEDULE_ARN": arn,
        "TARGET_ARN": f"{QUEUE}-missing",
    }
    assert letter["Body"] == "attempt 4"


def test_an_age_that_is_passed_is_the_end(lab: Lab) -> None:
    dead = lab.aws("sqs").create_queue(QueueName="dead")["QueueUrl"]
    retry = {"MaximumEventAgeInSeconds": 60}
    letters = {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"}
    lab.schedule("rate(1 day)", target={"Arn": f"{QUEUE}-missing", "RetryPolicy": retry, "DeadLetterConfig": letters})
    lab.server.advance(5 * MINUTE)
    (letter,) = lab.messages(dead)
    assert letter["MessageAttributes"]["EXHAUSTED_RETRY_CONDITION"]["StringValue"] == "MaximumEventAgeInSeconds"


def test_a_target_that_comes_back_in_time_is_reached(lab: Lab) -> None:
    lab.schedule("rate(1 day)", target={"Arn": f"{QUEUE}-late", "Input": "<aws.scheduler.attempt-number>"})
    late = lab.aws("sqs").create_queue(QueueName="q-late")["QueueUrl"]
    lab.server.advance(10 * SECOND)
    (found,) = lab.messages(late)
    assert found["Body"] == "2"


def test_templated_targets(lab: Lab) -> None:
    aws = lab.aws
    fifo = aws("sqs").create_queue(
        QueueName="f.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
    topic = aws("sns").create_topic(Name="t")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"})
    passing = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    machine = aws("stepfunctions").create_state_machine(name="m", definition=json.dumps(passing), roleArn=ROLE)
    now = f"at({lab.text()})"
    fifo_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:f.fifo"
    lab.schedule(now, "fifo", target={"Arn": fifo_arn, "SqsParameters": {"MessageGroupId": "g"}})
    lab.schedule(now, "topic", target={"Arn": topic, "Input": "published"})
    lab.schedule(now, "machine", target={"Arn": machine["stateMachineArn"], "Input": '{"n": 2}'})
    lab.server.advance(SECOND)
    assert lab.messages(fifo)[0]["Attributes"]["MessageGroupId"] == "g"
    assert lab.bodies() == ["published"]
    (execution,) = aws("stepfunctions").list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    described = aws("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    assert (described["status"], json.loads(described["input"])) == ("SUCCEEDED", {"n": 2})


def test_an_event_says_which_schedule_it_is_of(lab: Lab) -> None:
    lab.aws("events").put_rule(Name="r", EventPattern='{"source": ["clock"]}')
    lab.aws("events").put_targets(Rule="r", Targets=[{"Id": "1", "Arn": QUEUE}])
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    parameters = {"DetailType": "Tick", "Source": "clock"}
    arn = lab.schedule("rate(1 day)", target={"Arn": bus, "Input": '{"n": 1}', "EventBridgeParameters": parameters})
    (event,) = (json.loads(body) for body in lab.bodies())
    assert (event["detail-type"], event["detail"], event["resources"]) == ("Tick", {"n": 1}, [arn])


def universal(action: str, request: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Arn": f"arn:aws:scheduler:::aws-sdk:{action}", "Input": json.dumps(request), **more}


def test_universal_targets_call_any_operation(lab: Lab) -> None:
    now = f"at({lab.text()})"
    lab.schedule(now, "1", target=universal("sqs:sendMessage", {"QueueUrl": lab.queue, "MessageBody": "sent"}))
    lab.schedule(now, "2", target=universal("sns:createTopic", {"Name": "made"}))
    lab.schedule(now, "3", target=universal("cloudwatchlogs:createLogGroup", {"LogGroupName": "/made"}))
    item = {"id": {"S": "1"}, "n": {"N": "2"}}
    lab.aws("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    lab.server.advance(SECOND)
    lab.schedule(now, "4", target=universal("dynamodb:putItem", {"TableName": "table", "Item": item}))
    lab.server.advance(SECOND)
    assert lab.bodies() == ["sent"]
    assert lab.aws("sns").list_topics()["Topics"][0]["TopicArn"].endswith(":made")
    assert lab.aws("logs").describe_log_groups()["logGroups"][0]["logGroupName"] == "/made"
    assert lab.aws("dynamodb").get_item(TableName="table", Key={"id": {"S": "1"}})["Item"] == item


def test_a_universal_target_that_is_wrong_is_dead_lettered(lab: Lab) -> None:
    dead = lab.aws("sqs").create_queue(QueueName="dead")["QueueUrl"]
    more = {
        "RetryPolicy": {"MaximumRetryAttempts": 0},
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"},
    }
    lab.schedule("rate(1 day)", "1", target=universal("sqs:sendMessage", {"QueueUrl": lab.queue}, **more))
    lab.schedule("rate(1 day)", "2", target=universal("sns:publish", {"TopicArn": "x", "Message": "m"}, **more))
    lab.server.advance(SECOND)
    letters = {
        letter["MessageAttributes"]["TARGET_ARN"]["StringValue"]: {
            name: value["StringValue"] for name, value in letter["MessageAttributes"].items()
        }
        for letter in lab.messages(dead)
    }
    unfit = letters["arn:aws:scheduler:::aws-sdk:sqs:sendMessage"]
    assert unfit["ERROR_CODE"] == "ValidationException" and "'MessageBody' is required" in unfit["ERROR_MESSAGE"]
    assert letters["arn:aws:scheduler:::aws-sdk:sns:publish"]["RETRY_ATTEMPTS"] == "0"


def test_what_was_missed_fires_once_and_at_once(tmp_path: Path) -> None:
    start = 1_795_000_000_000
    with ServerThread(tmp_path, Clock(start)) as server:
        lab = Lab(server)
        first = lab.text(HOUR)
        lab.schedule(f"at({first})", "at", target={"Input": f"at {TIME}"})
        lab.schedule("rate(10 minutes)", "rate", StartDate=(start + HOUR) // 1000)
    with ServerThread(tmp_path, Clock(start + HOUR + 35 * MINUTE)) as server:
        lab = Lab(server)
        server.advance(0)
        assert sorted(lab.bodies()) == [f"{first}Z", f"at {first}Z"]
        server.advance(5 * MINUTE)
        assert lab.bodies() == [f"{lab.text()}Z"]


CODE = """
import boto3, json, os

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""


def test_functions_are_invoked_by_templates_and_by_name(lab: Lab) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.py", CODE)
    function = lab.aws("lambda").create_function(
        FunctionName="f",
        Runtime="python3.11",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"QUEUE": lab.queue}},
        Timeout=20,
    )["FunctionArn"]
    lab.schedule("rate(1 day)", "1", target={"Arn": function, "Input": '{"by": "template"}'})
    request = {"FunctionName": "f", "Payload": {"by": "name"}}
    lab.schedule("rate(1 day)", "2", target=universal("lambda:invoke", request))
    assert Headwater(lab.server.endpoint).settle(timeout=60)["settled"]
    assert sorted(json.loads(body)["by"] for body in lab.bodies()) == ["name", "template"]


def test_a_server_that_is_slow_to_answer_holds_up_no_other_schedule(lab: Lab) -> None:
    """A universal target that waits is carried out beside."""
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    machine = lab.aws("stepfunctions").create_state_machine(
        name="w", definition=json.dumps(wait), roleArn=ROLE, type="EXPRESS"
    )["stateMachineArn"]
    request = {"StateMachineArn": machine, "Input": "{}"}
    now = f"at({lab.text()})"
    lab.schedule(now, "1", target=universal("sfn:startSyncExecution", request))
    lab.schedule(now, "2", target={"Input": "other"})
    lab.server.advance(SECOND)
    assert lab.bodies() == ["other"]
