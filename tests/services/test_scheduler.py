"""EventBridge Scheduler: schedules, groups and tags, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client

ROLE = "arn:aws:iam::123456789012:role/scheduler"
OFF = {"Mode": "OFF"}


def queue_arn(account: str, name: str = "q") -> str:
    return f"arn:aws:sqs:us-east-1:{account}:{name}"


def create(aws: Client, account: str, name: str = "s", **changes: Any) -> str:
    """A schedule that never fires within a test; ``target`` is merged into its target."""
    target = {"Arn": queue_arn(account), "RoleArn": ROLE, "Input": "hello"} | changes.pop("target", {})
    request = {
        "Name": name,
        "ScheduleExpression": "cron(0 10 1 1 ? 2199)",
        "FlexibleTimeWindow": OFF,
        "Target": {key: value for key, value in target.items() if value is not None},
    } | changes
    arn: str = aws("scheduler").create_schedule(**request)["ScheduleArn"]
    return arn


def refusal(code: str, function: Any, *arguments: Any, **keywords: Any) -> str:
    with pytest.raises(ClientError) as caught:
        function(*arguments, **keywords)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


def test_a_schedule_is_described_with_its_defaults(aws: Client, account: str) -> None:
    arn = create(aws, account, Description="nightly", KmsKeyArn=f"arn:aws:kms:us-east-1:{account}:key/k")
    assert arn == f"arn:aws:scheduler:us-east-1:{account}:schedule/default/s"
    found = aws("scheduler").get_schedule(Name="s")
    del found["ResponseMetadata"]
    made, changed = found.pop("CreationDate"), found.pop("LastModificationDate")
    assert made == changed
    assert found == {
        "Arn": arn,
        "Name": "s",
        "GroupName": "default",
        "State": "ENABLED",
        "Description": "nightly",
        "KmsKeyArn": f"arn:aws:kms:us-east-1:{account}:key/k",
        "ScheduleExpression": "cron(0 10 1 1 ? 2199)",
        "ScheduleExpressionTimezone": "UTC",
        "FlexibleTimeWindow": OFF,
        "ActionAfterCompletion": "NONE",
        "Target": {
            "Arn": queue_arn(account),
            "RoleArn": ROLE,
            "Input": "hello",
            "RetryPolicy": {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185},
        },
    }


def test_an_update_replaces_everything(aws: Client, account: str) -> None:
    arn = create(aws, account, Description="nightly", State="DISABLED")
    target = {"Arn": queue_arn(account), "RoleArn": ROLE}
    scheduler = aws("scheduler")
    answer = scheduler.update_schedule(
        Name="s", ScheduleExpression="rate(3 hours)", FlexibleTimeWindow=OFF, Target=target, StartDate="2099-01-01"
    )
    assert answer["ScheduleArn"] == arn
    found = scheduler.get_schedule(Name="s")
    assert (found["State"], found["ScheduleExpression"], found["StartDate"].year) == ("ENABLED", "rate(3 hours)", 2099)
    assert "Description" not in found and "Input" not in found["Target"]


def test_a_token_makes_a_repeated_request_the_same(aws: Client, account: str) -> None:
    scheduler = aws("scheduler")
    arn = create(aws, account, ClientToken="t")
    assert create(aws, account, ClientToken="t") == arn
    assert refusal("ConflictException", create, aws, account, ClientToken="u") == "Schedule s already exists."
    assert refusal("ConflictException", create, aws, account, ClientToken="t", Description="another")
    scheduler.delete_schedule(Name="s", ClientToken="d")
    scheduler.delete_schedule(Name="s", ClientToken="d")
    message = refusal("ResourceNotFoundException", scheduler.delete_schedule, Name="s", ClientToken="e")
    assert message == "Schedule s does not exist."
    group = scheduler.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"]
    assert scheduler.create_schedule_group(Name="g", ClientToken="t")["ScheduleGroupArn"] == group


def test_what_does_not_exist(aws: Client, account: str) -> None:
    scheduler = aws("scheduler")
    assert refusal("ResourceNotFoundException", scheduler.get_schedule, Name="x") == "Schedule x does not exist."
    message = refusal("ResourceNotFoundException", create, aws, account, GroupName="nowhere")
    assert message == "Schedule group nowhere does not exist."
    assert refusal("ResourceNotFoundException", scheduler.list_schedules, GroupName="nowhere") == message
    assert refusal("ResourceNotFoundException", scheduler.get_schedule_group, Name="nowhere") == message
    arn = f"arn:aws:scheduler:us-east-1:{account}:schedule-group/nowhere"
    assert refusal("ResourceNotFoundException", scheduler.list_tags_for_resource, ResourceArn=arn) == message
    assert refusal("ResourceNotFoundException", scheduler.delete_schedule_group, Name="nowhere") == message


def test_listing_filters_and_pages(aws: Client, account: str) -> None:
    scheduler = aws("scheduler")
    scheduler.create_schedule_group(Name="z")
    for name in ("a1", "a2", "b1"):
        create(aws, account, name, State="DISABLED" if name == "a2" else "ENABLED")
    create(aws, account, "a3", GroupName="z")

    def names(**filters: Any) -> list[str]:
        pages = scheduler.get_paginator("list_schedules").paginate(**filters, PaginationConfig={"PageSize": 2})
        return [f"{schedule['GroupName']}/{schedule['Name']}" for page in pages for schedule in page["Schedules"]]

    assert names() == ["default/a1", "default/a2", "default/b1", "z/a3"]
    assert names(NamePrefix="a") == ["default/a1", "default/a2", "z/a3"]
    assert names(State="DISABLED") == ["default/a2"]
    assert names(GroupName="z") == ["z/a3"]
    (summary,) = scheduler.list_schedules(GroupName="z")["Schedules"]
    assert summary["Target"] == {"Arn": queue_arn(account)} and summary["State"] == "ENABLED"
    assert refusal("ValidationException", scheduler.list_schedules, NextToken="?") == "Invalid NextToken provided."


def test_groups_and_their_tags(aws: Client, account: str) -> None:
    scheduler = aws("scheduler")
    arn = scheduler.create_schedule_group(Name="orders", Tags=[{"Key": "team", "Value": "a"}])["ScheduleGroupArn"]
    assert arn == f"arn:aws:scheduler:us-east-1:{account}:schedule-group/orders"
    group = scheduler.get_schedule_group(Name="orders")
    assert (group["Arn"], group["State"]) == (arn, "ACTIVE")
    assert [group["Name"] for group in scheduler.list_schedule_groups()["ScheduleGroups"]] == ["default", "orders"]
    assert scheduler.list_schedule_groups(NamePrefix="or")["ScheduleGroups"][0]["Arn"] == arn
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "b"}])
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["team"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "b"}]
    message = refusal("ConflictException", scheduler.create_schedule_group, Name="orders")
    assert message == "Schedule group orders already exists."
    assert refusal("ValidationException", scheduler.delete_schedule_group, Name="default")


@pytest.mark.parametrize(
    "expression",
    ["rate(5 seconds)", "rate(0 minutes)", "cron(0 10 * * * *)", "at(2030-01-01)", "at(2030-02-30T00:00:00)", "daily"],
)
def test_invalid_expressions(aws: Client, account: str, expression: str) -> None:
    message = refusal("ValidationException", create, aws, account, ScheduleExpression=expression)
    assert message == f"Invalid Schedule Expression {expression}."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "Invalid Schedule Expression Timezone Mars/Olympus."),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.",
        ),
        (
            {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
            "MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.",
        ),
        ({"StartDate": "2020-01-01"}, "The StartDate you specify cannot be earlier than 5 minutes ago."),
        (
            {"StartDate": "2199-01-02", "EndDate": "2199-01-01"},
            "The StartDate you specify must come before the EndDate.",
        ),
        (
            {"Name": "no spaces"},
            "1 validation error detected: Value 'no spaces' at 'name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [0-9a-zA-Z-_.]+",
        ),
        (
            {"State": "ON"},
            "1 validation error detected: Value 'ON' at 'state' failed to satisfy constraint: "
            "Member must satisfy enum value set: [ENABLED, DISABLED]",
        ),
    ],
)
def test_refusals(aws: Client, account: str, changes: dict[str, Any], message: str) -> None:
    assert refusal("ValidationException", create, aws, account, **changes) == message


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"Arn": "nonsense"}, "Provided Arn is not in correct format."),
        ({"Arn": "arn:aws:rds:us-east-1:1:db:x"}, "rds is not a supported service for a target."),
        (
            {"Arn": "arn:aws:scheduler:us-east-1:1:aws-sdk:sqs:sendMessage"},
            "scheduler is not a supported service for a target.",
        ),
        (
            {"Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f", "Input": "{}"},
            "The target ARN provided does not match the current region us-east-1.",
        ),
        (
            {"Arn": "arn:aws:lambda:us-east-1:123456789012:function:f", "Input": "{"},
            "JSON syntax error in input for the target.",
        ),
        ({"Arn": "arn:aws:sqs:us-east-1:123456789012:q.fifo"}, "Parameters SqsParameters must be specified."),
        ({"SqsParameters": {"MessageGroupId": "g"}}, "Parameters MessageGroupId not valid for the target."),
        (
            {"KinesisParameters": {"PartitionKey": "k"}},
            "Parameters KinesisParameters not supported for the target.",
        ),
        (
            {"Arn": "arn:aws:events:us-east-1:123456789012:event-bus/default", "Input": "{}"},
            "Parameters EventBridgeParameters must be specified.",
        ),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:getQueueUrl", "Input": "{}"}, "getQueueUrl API is not supported."),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:bakeBread", "Input": "{}"}, "bakeBread API is not supported."),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": None},
            "You must provide an input to set this target for your schedule.",
        ),
        (
            {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "hello"},
            "JSON syntax error in input for the target.",
        ),
    ],
)
def test_refused_targets(aws: Client, account: str, target: dict[str, Any], message: str) -> None:
    assert refusal("ValidationException", create, aws, account, target=target) == message


@pytest.mark.parametrize(
    ("arn", "what"),
    [
        ("arn:aws:ecs:us-east-1:123456789012:cluster/c", "of the service ecs"),
        ("arn:aws:sagemaker:us-east-1:123456789012:pipeline/p", "of the service sagemaker"),
        ("arn:aws:scheduler:::aws-sdk:rds:stopDBInstance", "of the service rds"),
        ("arn:aws:scheduler:::aws-sdk:logs:createLogGroup", "of the service logs"),
        ("arn:aws:scheduler:::aws-sdk:iot:createBillingGroup", "iot:CreateBillingGroup"),
    ],
)
def test_what_we_lack_is_refused_by_name(aws: Client, account: str, arn: str, what: str) -> None:
    message = refusal("NotImplemented", create, aws, account, target={"Arn": arn, "Input": "{}"})
    assert what in message and message.endswith("is not implemented by Headwater.")
