"""The AWS CLI's own examples of the messaging services, each run and held against what AWS answered."""

from __future__ import annotations

import json

from headwater.client import Headwater
from tests.settling import wait_until
from tests.wire.aws_cli import Cli
from tests.wire.examples import Guide


def test_sqs(cli: Cli) -> None:
    guide = Guide(cli, "sqs")
    for name in ("MyDeadLetterQueue", "MyOtherQueue", "TestQueue1", "TestQueue2"):
        cli(f"sqs create-queue --queue-name {name}")
    url = guide("create-queue")["QueueUrl"]
    guide("list-queues")
    guide("list-queues", 1)
    guide("get-queue-url")
    cli(f"sqs set-queue-attributes --queue-url {url.replace('MyQueue', 'MyOtherQueue')} --attributes", json.dumps(
        {"RedrivePolicy": json.dumps({"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{cli.account}:MyDeadLetterQueue",
                                      "maxReceiveCount": "5"})}))  # fmt: skip
    guide("list-dead-letter-source-queues")
    for name in ("add-permission", "remove-permission", "tag-queue", "list-queue-tags", "untag-queue"):
        guide(name, known={"Priority=Highest": "Team=Alpha"})


def test_sqs_messages(cli: Cli) -> None:
    guide = Guide(cli, "sqs")
    for name in ("MyDeadLetterQueue", "MyQueue", "MyNewQueue", "MyNewerQueue"):
        cli(f"sqs create-queue --queue-name {name}")
    url = cli("sqs get-queue-url --queue-name MyQueue")["QueueUrl"]
    guide("send-message")
    guide("send-message-batch")
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in
                  (("PostalCode", "ABC123"), ("City", "Any City"))}  # fmt: skip
    for _ in range(2):
        cli(f'sqs send-message --queue-url {url} --message-body "My first message." --message-attributes',
            json.dumps(attributes))  # fmt: skip
    first = guide("receive-message", 0, "--max-number-of-messages", "1")["Messages"][0]["ReceiptHandle"]
    second = guide("receive-message", 1)["Messages"][0]["ReceiptHandle"]
    handles = {"AQEBhz2q...Jf3kaw==": first, "AQEBkTUH...HifSnw==": second}
    guide("change-message-visibility", known={"AQEBTpyI...t6HyQg==": first})
    guide("change-message-visibility-batch", known=handles)
    guide("delete-message-batch", known={"AQEB1mgl...Z4GuLw==": first, "AQEBLsYM...VQubAA==": second})
    guide("delete-message", known={"AQEBRXTo...q2doVA==": first})
    guide("set-queue-attributes")
    # of get-queue-attributes the guide shows the limits of messages that there were before August 2025
    guide("purge-queue")
    guide("delete-queue")


def test_events(cli: Cli) -> None:
    guide = Guide(cli, "events")
    for number in range(3):
        guide("put-rule", number)
    for number in range(3):
        assert guide("put-targets", number, known={"role/ MyRole": "role/MyRole"})["FailedEntryCount"] == 0
    assert guide("list-rule-names-by-target") == {"RuleNames": ["DailyLambdaFunction"]}
    assert [rule["Name"] for rule in guide("list-rules", 1)["Rules"]] == ["DailyLambdaFunction"]
    assert len(guide("list-rules")["Rules"]) == 3
    assert len(guide("list-targets-by-rule")["Targets"]) == 3
    guide("disable-rule")
    assert guide("describe-rule")["State"] == "DISABLED"
    guide("enable-rule")
    assert guide("put-events")["FailedEntryCount"] == 0
    assert guide("test-event-pattern") == {"Result": True}
    assert guide("remove-targets") == {"FailedEntryCount": 0, "FailedEntries": []}
    cli("events remove-targets --rule EC2InstanceStateChanges --ids 1")
    guide("delete-rule")


def test_pipes(cli: Cli) -> None:
    guide = Guide(cli, "pipes")
    cli("sqs create-queue --queue-name Demo_Queue")
    cli("logs create-log-group --log-group-name /aws/pipes/Demo_LogGroup")
    cli("logs create-log-group --log-group-name /aws/vendedlogs/pipes/Demo_Pipe")
    guide("create-pipe", known={"--desired-state RUNNING": (
        "--desired-state RUNNING --source-parameters SqsQueueParameters={BatchSize=1} --log-configuration "
        "CloudwatchLogsLogDestination={LogGroupArn=arn:aws:logs:us-east-1:"
        f"{cli.account}:log-group:/aws/vendedlogs/pipes/Demo_Pipe}},Level=ERROR")})  # fmt: skip

    def steady() -> bool:
        state = cli("pipes describe-pipe --name Demo_Pipe")["CurrentState"]
        return state == "RUNNING" or not state.endswith("ING")

    wait_until(cli.endpoint, steady)
    guide("describe-pipe")
    guide("list-pipes")
    cli(f"pipes tag-resource --resource-arn arn:aws:pipes:us-east-1:{cli.account}:pipe/Demo_Pipe --tags team=DevOps")
    guide("tag-resource")
    guide("list-tags-for-resource")
    guide("untag-resource")
    for name in ("stop-pipe", "start-pipe", "update-pipe", "stop-pipe", "delete-pipe"):
        wait_until(cli.endpoint, steady)  # a pipe that is stopping cannot be changed
        guide(name)


def test_sns(cli: Cli) -> None:
    guide = Guide(cli, "sns")
    mine = {"MyTopic": "my-topic", "mytopic": "my-topic"}
    guide("create-topic")
    guide("list-topics")
    guide("add-permission", known=mine)
    guide("remove-permission", known=mine)
    guide("tag-resource", known=mine)
    guide("list-tags-for-resource", known=mine)
    guide("untag-resource", known=mine)
    guide("set-topic-attributes", known={**mine, "my-topicDisplayName": "my-topic"})
    guide("subscribe")
    token = Headwater(cli.endpoint).outbox(1)[0]["body"].partition("Token=")[2].partition("&")[0]
    confirm = f"sns confirm-subscription --topic-arn arn:aws:sns:us-east-1:{cli.account}:my-topic --token {token}"
    assert cli(confirm)["SubscriptionArn"].startswith("arn:aws:sns:")
    guide("list-subscriptions-by-topic")
    arn = guide("list-subscriptions")["Subscriptions"][0]["SubscriptionArn"].rpartition(":")[2]
    guide("get-subscription-attributes", known={"8a21d249-4329-4871-acc6-7be709c6ea7f": arn})
    guide("get-topic-attributes")
    cli.write("message.txt", "Hello World\nSecond Line\n")
    guide("publish")
    guide("publish", 1)
    cli("sqs create-queue --queue-name q")
    queue = f"arn:aws:sqs:us-east-1:{cli.account}:q"
    made = cli(f"sns subscribe --topic-arn arn:aws:sns:us-east-1:{cli.account}:my-topic --protocol sqs "
               f"--notification-endpoint {queue} --return-subscription-arn")["SubscriptionArn"]  # fmt: skip
    for number in range(3):
        known = {f"arn:aws:sns:us-east-1:{cli.account}:mytopic:f248de18-2cf6-578c-8592-b6f1eaa877dc": made}
        guide("set-subscription-attributes", number, known=known)
    guide("unsubscribe", known={"8a21d249-4329-4871-acc6-7be709c6ea7f": arn})
    guide("delete-topic")


def test_sns_people_and_devices(cli: Cli) -> None:
    guide = Guide(cli, "sns")
    guide("create-platform-application")
    endpoint = guide("create-platform-endpoint")["EndpointArn"].rpartition("/")[2]
    known = {"12345678-abcd-9012-efgh-345678901234": endpoint}
    guide("get-endpoint-attributes", known=known)
    guide("list-endpoints-by-platform-application")
    # set-endpoint-attributes answers nothing by its model; the guide shows an answer
    guide("set-platform-application-attributes")
    guide("delete-endpoint", known=known)
    for kind, name in (("ADM", "MyApplication"), ("MPNS", "MyOtherApplication")):
        cli(f"sns create-platform-application --name {name} --platform {kind} --attributes "
            "PlatformCredential=a,PlatformPrincipal=b,SuccessFeedbackSampleRate=100")  # fmt: skip
    guide("get-platform-application-attributes", known={"MPNS/MyApplication": "MPNS/MyOtherApplication"})
    cli(f"sns delete-platform-application --platform-application-arn "
        f"arn:aws:sns:us-east-1:{cli.account}:app/GCM/MyApplication")  # fmt: skip
    guide("list-platform-applications")
    guide("delete-platform-application")
    guide("set-sms-attributes")
    guide("get-sms-attributes")
    guide("check-if-phone-number-is-opted-out")
    guide("opt-in-phone-number")


def test_scheduler(cli: Cli) -> None:
    """As the user guide has it, which the CLI has no examples of.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/getting-started.html"""
    url = cli("sqs create-queue --queue-name q")["QueueUrl"]
    target = {"RoleArn": f"arn:aws:iam::{cli.account}:role/r", "Arn": f"arn:aws:sqs:us-east-1:{cli.account}:q"}
    name = "sqs-templated-schedule"
    made = cli(
        f"scheduler create-schedule --name {name} --schedule-expression 'rate(5 minutes)' "
        "--flexible-time-window Mode=OFF --target",
        json.dumps(target | {"Input": "for <aws.scheduler.schedule-arn>"}),
    )
    arn = f"arn:aws:scheduler:us-east-1:{cli.account}:schedule/default/{name}"
    assert made == {"ScheduleArn": arn}
    told = cli(f"scheduler get-schedule --name {name}")
    assert (told["GroupName"], told["State"], told["ScheduleExpressionTimezone"]) == ("default", "ENABLED", "UTC")
    assert told["ActionAfterCompletion"] == "NONE" and told["FlexibleTimeWindow"] == {"Mode": "OFF"}
    retries = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    assert told["Target"] == target | {"Input": "for <aws.scheduler.schedule-arn>", "RetryPolicy": retries}
    message = cli(f"sqs receive-message --queue-url {url} --wait-time-seconds 5")["Messages"][0]
    assert message["Body"] == f"for {arn}", "a rate begins at once"
    listed = cli("scheduler list-schedules --group-name default --name-prefix sqs")["Schedules"]
    assert [(each["Name"], each["Target"]) for each in listed] == [(name, {"Arn": target["Arn"]})]
    group = cli("scheduler create-schedule-group --name TestGroup --tags Key=a,Value=b")["ScheduleGroupArn"]
    assert cli(f"scheduler list-tags-for-resource --resource-arn {group}") == {"Tags": [{"Key": "a", "Value": "b"}]}
    once = (
        "scheduler create-schedule --name once --group-name TestGroup --schedule-expression 'at(2036-11-20T13:00:00)'"
    )
    cli(f"{once} --schedule-expression-timezone America/New_York --flexible-time-window Mode=OFF --target",
        json.dumps(target))  # fmt: skip
    assert cli.fails(f"{once} --flexible-time-window Mode=OFF --target", json.dumps(target)).startswith(
        "An error occurred (ConflictException) when calling the CreateSchedule operation: Schedule once already exists."
    )
    cli("scheduler delete-schedule-group --name TestGroup")
    cli(f"scheduler delete-schedule --name {name}")
