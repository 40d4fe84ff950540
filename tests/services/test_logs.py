"""CloudWatch Logs and alarms through boto3."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from headwater.services.logs.filter_pattern import compile_filter
from headwater.services.logs.filter_values import InvalidFilterPattern
from tests.conftest import Client
from tests.settling import wait_for


def refused(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def now() -> int:
    return int(time.time() * 1000)


def put(logs: Any, *messages: str, stream: str = "s", start: int = 0) -> int:
    start = start or now() - 1000
    events = [{"timestamp": start + n, "message": message} for n, message in enumerate(messages)]
    logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=events)
    return start


@pytest.fixture
def logs(aws: Client) -> Any:
    client = aws("logs")
    client.create_log_group(logGroupName="g", tags={"a": "1"})
    client.create_log_stream(logGroupName="g", logStreamName="s")
    return client


def test_groups(logs: Any, account: str) -> None:
    assert refused(logs.create_log_group, logGroupName="g") == "ResourceAlreadyExistsException"
    logs.create_log_group(logGroupName="/aws/lambda/f")
    logs.put_retention_policy(logGroupName="g", retentionInDays=7)
    found = logs.describe_log_groups(logGroupNamePrefix="g")["logGroups"]
    arn = f"arn:aws:logs:us-east-1:{account}:log-group:g"
    assert [(g["logGroupName"], g["arn"], g["retentionInDays"], g["metricFilterCount"]) for g in found] == [
        ("g", f"{arn}:*", 7, 0)
    ]
    assert refused(logs.put_retention_policy, logGroupName="g", retentionInDays=2) == "InvalidParameterException"
    logs.delete_retention_policy(logGroupName="g")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="g")["logGroups"][0]
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1})
    assert [g["logGroupName"] for page in pages for g in page["logGroups"]] == ["/aws/lambda/f", "g"]
    logs.delete_log_group(logGroupName="g")
    assert refused(logs.delete_log_group, logGroupName="g") == "ResourceNotFoundException"


def test_streams(logs: Any) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    start = put(logs, "x", "y", stream="t")
    assert refused(logs.create_log_stream, logGroupName="g", logStreamName="t") == "ResourceAlreadyExistsException"
    by_name = logs.describe_log_streams(logGroupName="g")["logStreams"]
    assert [stream["logStreamName"] for stream in by_name] == ["s", "t"]
    latest = logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=True, limit=1)
    stream = latest["logStreams"][0]
    assert (stream["logStreamName"], stream["firstEventTimestamp"], stream["lastEventTimestamp"]) == (
        "t",
        start,
        start + 1,
    )
    logs.delete_log_stream(logGroupName="g", logStreamName="t")
    missing = {"logGroupName": "g", "logStreamName": "t"}
    assert refused(logs.get_log_events, **missing) == "ResourceNotFoundException"


def test_events_are_read_in_pages_both_ways(logs: Any) -> None:
    put(logs, *"abcde")
    here = {"logGroupName": "g", "logStreamName": "s", "limit": 2}
    first = logs.get_log_events(**here, startFromHead=True)
    assert [event["message"] for event in first["events"]] == ["a", "b"]
    second = logs.get_log_events(**here, nextToken=first["nextForwardToken"])
    assert [event["message"] for event in second["events"]] == ["c", "d"]
    third = logs.get_log_events(**here, nextToken=second["nextForwardToken"])
    end = logs.get_log_events(**here, nextToken=third["nextForwardToken"])
    assert [event["message"] for event in third["events"]] == ["e"]
    assert (end["events"], end["nextForwardToken"]) == ([], third["nextForwardToken"])
    back = logs.get_log_events(**here, nextToken=third["nextBackwardToken"])
    assert [event["message"] for event in back["events"]] == ["c", "d"]
    tail = logs.get_log_events(**here)
    assert [event["message"] for event in tail["events"]] == ["d", "e"]


def test_what_put_refuses(logs: Any) -> None:
    at = now()
    events = [{"timestamp": at, "message": "b"}, {"timestamp": at - 5, "message": "a"}]
    here = {"logGroupName": "g", "logStreamName": "s"}
    assert refused(logs.put_log_events, **here, logEvents=events) == "InvalidParameterException"
    old = at - 15 * 24 * 3600 * 1000
    answer = logs.put_log_events(**here, logEvents=[{"timestamp": old, "message": "old"}])
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    future = logs.put_log_events(**here, logEvents=[{"timestamp": at + 3 * 3600 * 1000, "message": "new"}])
    assert future["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert logs.get_log_events(**here)["events"] == []


def test_filtering_over_streams(logs: Any) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    start = put(logs, "ERROR one", "fine", "ERROR two", start=now() - 5000)
    put(logs, "ERROR three", stream="t", start=start + 1)
    found = logs.filter_log_events(logGroupName="g", filterPattern="ERROR")["events"]
    assert [event["message"] for event in found] == ["ERROR one", "ERROR three", "ERROR two"]
    assert {event["logStreamName"] for event in found} == {"s", "t"}
    named = logs.filter_log_events(logGroupName="g", logStreamNames=["t"])["events"]
    assert [event["message"] for event in named] == ["ERROR three"]
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="g", PaginationConfig={"PageSize": 3})
    assert [len(page["events"]) for page in pages] == [3, 1]
    assert refused(logs.filter_log_events, logGroupName="g", filterPattern="{ $.a }") == "InvalidParameterException"


@pytest.mark.parametrize(
    ("pattern", "message", "expected"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR", True),
        ("error", "an ERROR", False),
        ("ERROR ARGUMENTS", "ARGUMENTS then ERROR", True),
        ('"two words"', "words two", False),
        ("?A ?B", "has B", True),
        ("ERROR -exit", "ERROR: exit", False),
        ("%a[0-9]+z%", "xa12z", True),
        ('{ $.level = "ERROR" }', '{"level": "ERROR"}', True),
        ('{ $.level = "ERR*" }', '{"level": "ERROR"}', True),
        ('{ $.level != "INFO" }', '{"level": "ERROR"}', True),
        ('{ $.level != "INFO" }', '{"other": 1}', False),
        ("{ $.a.b[1] >= 2.5 }", '{"a": {"b": [1, 3]}}', True),
        ("{ $.a[*] = 3 }", '{"a": [1, 3]}', True),
        ("{ ($.a = 1 || $.b = 2) && $.c IS TRUE }", '{"b": 2, "c": true}', True),
        ("{ $.a IS NULL }", '{"a": null}', True),
        ("{ $.a NOT EXISTS }", '{"b": 1}', True),
        ("{ $.a NOT EXISTS }", '{"a": 1}', False),
        ("{ $.a = 1 }", "not json", False),
        ("{ $.a = %^x.z$% }", '{"a": "xyz"}', True),
    ],
)
def test_filter_patterns(pattern: str, message: str, expected: bool) -> None:
    assert compile_filter(pattern)(message) is expected


@pytest.mark.parametrize("pattern", ["{ $.a = }", "{ ($.a = 1 }", "{ a = 1 }", "%[%", "{ $.a > x }"])
def test_broken_filter_patterns(pattern: str) -> None:
    with pytest.raises(InvalidFilterPattern):
        compile_filter(pattern)


def test_alarms_are_kept_and_tell_of_their_state(aws: Client) -> None:
    cloudwatch, sns, sqs = aws("cloudwatch"), aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="operations")["TopicArn"]
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )
    alarm = cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["Threshold"], alarm["ActionsEnabled"]) == ("INSUFFICIENT_DATA", 1.0, True)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="a test")
    message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
    told = json.loads(message["Body"])
    assert (told["AlarmName"], told["NewStateValue"], told["NewStateReason"]) == ("a", "ALARM", "a test")
    assert cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"][0]["AlarmName"] == "a"
    cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": 1}])
    cloudwatch.delete_alarms(AlarmNames=["a"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_what_breaks_a_constraint_is_an_invalid_parameter(logs: Any) -> None:
    assert refused(logs.create_log_group, logGroupName="a b") == "InvalidParameterException"
    assert refused(logs.describe_log_groups, limit=51) == "InvalidParameterException"


def test_a_protected_group_stays(aws: Client) -> None:
    logs, cloudformation = aws("logs"), aws("cloudformation")
    logs.create_log_group(logGroupName="/a/kept", deletionProtectionEnabled=True, tags={"team": "shop"})
    with pytest.raises(ClientError, match="Deletion protection is enabled"):
        logs.delete_log_group(logGroupName="/a/kept")
    [told] = logs.describe_log_groups()["logGroups"]
    assert told["deletionProtectionEnabled"]
    properties = {"LogGroupName": "/b/of-stack", "DeletionProtectionEnabled": True}
    group = {"Type": "AWS::Logs::LogGroup", "Properties": properties}
    body = json.dumps({"Resources": {"Group": group}})
    cloudformation.create_stack(StackName="s", TemplateBody=body)
    wait_for(cloudformation, "stack_create_complete", StackName="s")
    body = body.replace("true", "false")
    cloudformation.update_stack(StackName="s", TemplateBody=body)
    wait_for(cloudformation, "stack_update_complete", StackName="s")
    names = [
        each["logGroupName"] for each in logs.list_log_groups(logGroupNamePattern="^/aaa|kept|^/b/of")["logGroups"]
    ]
    assert names == ["/a/kept", "/b/of-stack"]
    chosen = logs.list_log_groups(logGroupTags=[{"key": "team", "values": ["shop", "x"]}], limit=1)
    assert [each["logGroupClass"] for each in chosen["logGroups"]] == ["STANDARD"]
    assert logs.list_log_groups(logGroupNamePattern="^kept")["logGroups"] == []
    logs.delete_log_group(logGroupName="/b/of-stack")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/a/kept", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/a/kept")
