"""Buses, rules, targets, permissions and tags, as boto3 sees them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PATTERN = json.dumps({"source": ["orders"]})


def error(call: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    details = caught.value.response["Error"]
    return details["Code"], details["Message"]


@pytest.fixture
def events(aws: Any) -> Any:
    return aws("events")


def test_the_default_bus_is_there_by_itself(events: Any, account: str) -> None:
    buses = events.list_event_buses()["EventBuses"]
    arn = f"arn:aws:events:us-east-1:{account}:event-bus/default"
    assert [(bus["Name"], bus["Arn"]) for bus in buses] == [("default", arn)]
    assert events.describe_event_bus()["Arn"] == arn
    assert error(events.delete_event_bus, Name="default") == (
        "ValidationException",
        "Cannot delete event bus default.",
    )


def test_a_bus_lives(events: Any, account: str) -> None:
    arn = f"arn:aws:events:us-east-1:{account}:event-bus/orders"
    made = events.create_event_bus(Name="orders", Description="d", Tags=[{"Key": "a", "Value": "b"}])
    assert (made["EventBusArn"], made["Description"]) == (arn, "d")
    assert error(events.create_event_bus, Name="orders") == (
        "ResourceAlreadyExistsException",
        "Event bus orders already exists.",
    )
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert [bus["Name"] for bus in events.list_event_buses(NamePrefix="ord")["EventBuses"]] == ["orders"]
    events.put_rule(Name="r", EventBusName="orders", EventPattern=PATTERN)
    assert error(events.delete_event_bus, Name="orders")[0] == "ValidationException"
    events.delete_rule(Name="r", EventBusName=arn)
    events.delete_event_bus(Name="orders")
    events.delete_event_bus(Name="orders")
    assert error(events.describe_event_bus, Name="orders") == (
        "ResourceNotFoundException",
        "Event bus orders does not exist.",
    )


def test_buses_come_in_pages(events: Any) -> None:
    for number in range(5):
        events.create_event_bus(Name=f"b{number}")
    first = events.list_event_buses(Limit=3, NamePrefix="b")
    second = events.list_event_buses(Limit=3, NamePrefix="b", NextToken=first["NextToken"])
    names = [bus["Name"] for bus in first["EventBuses"] + second["EventBuses"]]
    assert names == [f"b{number}" for number in range(5)]
    assert "NextToken" not in second


def test_a_rule_lives(events: Any, account: str) -> None:
    arn = events.put_rule(Name="r", EventPattern=PATTERN, Description="d", RoleArn="arn:aws:iam::1:role/x")["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:{account}:rule/r"
    described = events.describe_rule(Name="r")
    described.pop("ResponseMetadata")
    assert described == {
        "Name": "r",
        "Arn": arn,
        "EventPattern": PATTERN,
        "State": "ENABLED",
        "Description": "d",
        "RoleArn": "arn:aws:iam::1:role/x",
        "EventBusName": "default",
        "CreatedBy": account,
    }
    events.disable_rule(Name="r")
    assert events.list_rules(NamePrefix="r")["Rules"][0]["State"] == "DISABLED"
    events.enable_rule(Name="r")
    assert events.describe_rule(Name="r")["State"] == "ENABLED"
    events.delete_rule(Name="r")
    assert error(events.describe_rule, Name="r") == (
        "ResourceNotFoundException",
        "Rule r does not exist on EventBus default.",
    )


def test_a_rule_on_another_bus_has_it_in_its_arn(events: Any, account: str) -> None:
    events.create_event_bus(Name="orders")
    arn = events.put_rule(Name="r", EventPattern=PATTERN, EventBusName="orders")["RuleArn"]
    assert arn == f"arn:aws:events:us-east-1:{account}:rule/orders/r"
    assert events.list_rules()["Rules"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ({}, "ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified."),
        (
            {"ScheduleExpression": "rate(1 minutes)"},
            "ValidationException",
            "Parameter ScheduleExpression is not valid.",
        ),
        (
            {"ScheduleExpression": "rate(1 minute)", "EventBusName": "custom"},
            "ValidationException",
            "ScheduleExpression is supported only on the default event bus.",
        ),
        (
            {"EventPattern": '{"a": "b"}'},
            "InvalidEventPatternException",
            'Event pattern is not valid. Reason: "a" must be an object or an array',
        ),
        (
            {"EventPattern": PATTERN, "EventBusName": "missing"},
            "ResourceNotFoundException",
            "Event bus missing does not exist.",
        ),
    ],
)
def test_rules_that_are_refused(events: Any, arguments: dict[str, Any], code: str, message: str) -> None:
    events.create_event_bus(Name="custom")
    assert error(events.put_rule, Name="r", **arguments) == (code, message)


def test_names_are_checked_by_the_model(events: Any) -> None:
    code, message = error(events.put_rule, Name="a b", EventPattern=PATTERN)
    assert code == "ValidationException"
    assert "Value 'a b' at 'name' failed to satisfy constraint" in message


def test_targets_live(events: Any, account: str) -> None:
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    events.put_rule(Name="r", EventPattern=PATTERN)
    target = {"Id": "1", "Arn": queue, "InputPath": "$.detail", "RetryPolicy": {"MaximumRetryAttempts": 2}}
    answer = events.put_targets(Rule="r", Targets=[target, {"Id": "2", "Arn": queue}])
    assert (answer["FailedEntryCount"], answer["FailedEntries"]) == (0, [])
    assert events.list_targets_by_rule(Rule="r")["Targets"] == [target, {"Id": "2", "Arn": queue}]
    assert events.list_rule_names_by_target(TargetArn=queue)["RuleNames"] == ["r"]
    assert error(events.delete_rule, Name="r") == (
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    )
    assert events.remove_targets(Rule="r", Ids=["1", "2"])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        (
            {"Arn": "nonsense"},
            "ValidationException",
            "Parameter nonsense is not valid. Reason: Provided Arn is not in correct format.",
        ),
        (
            {"Arn": "arn:aws:ecs:us-east-1:1:cluster/s"},
            "NotImplemented",
            "A rule's target of the service ecs is not implemented by Headwater.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:1:q.fifo"},
            "ValidationException",
            "Parameter(s) SqsParameters must be specified for target: 1.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:1:q", "Input": "{"},
            "ValidationException",
            "JSON syntax error in input for target 1",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:1:q", "Input": "{}", "InputPath": "$"},
            "ValidationException",
            "Only one of Input, InputPath, or InputTransformer must be provided for target 1.",
        ),
        (
            {"Arn": "arn:aws:sqs:us-east-1:1:q", "InputPath": "detail"},
            "ValidationException",
            "Invalid InputPath for target 1 : [detail does not begin with $]",
        ),
    ],
)
def test_targets_that_are_refused(events: Any, target: dict[str, Any], code: str, message: str) -> None:
    events.put_rule(Name="r", EventPattern=PATTERN)
    assert error(events.put_targets, Rule="r", Targets=[{"Id": "1", **target}]) == (code, message)
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []


def test_five_targets_are_the_most(events: Any) -> None:
    events.put_rule(Name="r", EventPattern=PATTERN)
    targets = [{"Id": str(number), "Arn": "arn:aws:sqs:us-east-1:1:q"} for number in range(6)]
    assert error(events.put_targets, Rule="r", Targets=targets) == (
        "LimitExceededException",
        "The requested resource exceeds the maximum number allowed.",
    )


@pytest.mark.parametrize("bus", ["default", "custom"])
def test_permissions(events: Any, account: str, bus: str) -> None:
    if bus == "custom":
        events.create_event_bus(Name=bus)
    common = {"EventBusName": bus, "Action": "events:PutEvents"}
    events.put_permission(**common, Principal="111122223333", StatementId="one")
    events.put_permission(**common, Principal="*", StatementId="two")
    policy = json.loads(events.describe_event_bus(Name=bus)["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "one",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "events:PutEvents",
            "Resource": f"arn:aws:events:us-east-1:{account}:event-bus/{bus}",
        },
        {
            "Sid": "two",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "events:PutEvents",
            "Resource": f"arn:aws:events:us-east-1:{account}:event-bus/{bus}",
        },
    ]
    assert error(events.remove_permission, EventBusName=bus, StatementId="three") == (
        "ResourceNotFoundException",
        "Statement with the provided id does not exist.",
    )
    events.remove_permission(EventBusName=bus, StatementId="one")
    assert len(json.loads(events.describe_event_bus(Name=bus)["Policy"])["Statement"]) == 1
    events.remove_permission(EventBusName=bus, RemoveAllPermissions=True)
    assert "Policy" not in events.describe_event_bus(Name=bus)


def test_tags_of_a_rule(events: Any) -> None:
    arn = events.put_rule(Name="r", EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "1"}])["RuleArn"]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert error(events.list_tags_for_resource, ResourceARN=arn + "x")[0] == "ResourceNotFoundException"
