"""Metric filters and subscription filters of log groups, and CloudFormation's types of what alarms need."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle, wait_for

TEMPLATE = """
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: shop}}
  Errors:
    Type: AWS::Logs::MetricFilter
    Properties:
      LogGroupName: !Ref Group
      FilterPattern: '{ $.level = "ERROR" }'
      MetricTransformations:
        - {MetricName: Errors, MetricNamespace: Shop, MetricValue: 1, DefaultValue: 0}
  TooMany:
    Type: AWS::CloudWatch::Alarm
    Properties: {Namespace: Shop, MetricName: Errors, Statistic: Sum, Period: 60, EvaluationPeriods: 1, Threshold: 0,
                 ComparisonOperator: GreaterThanThreshold}
  Any: {Type: AWS::CloudWatch::CompositeAlarm, Properties: {AlarmName: any, AlarmRule: !Sub 'ALARM("${TooMany}")'}}
  Board: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardName: board, DashboardBody: '{"widgets": []}'}}
Outputs:
  TooMany: {Value: !Ref TooMany}
"""


def _write(logs: Any, group: str, *messages: str) -> None:
    now = int(time.time() * 1000)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def _sum(client: Any, metric: str, **dimensions: str) -> tuple[float, float]:
    """Sum and number of the samples."""
    now = datetime.now(UTC)
    points = client.get_metric_statistics(
        Namespace="Shop", MetricName=metric, StartTime=now - timedelta(minutes=5), EndTime=now + timedelta(minutes=5),
        Period=3600, Statistics=["Sum", "SampleCount"],
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
    )["Datapoints"]  # fmt: skip
    return sum(point["Sum"] for point in points), sum(point["SampleCount"] for point in points)


def test_a_stack_of_filter_alarms_and_dashboard(aws: Client) -> None:
    cloudformation, client, logs = aws("cloudformation"), aws("cloudwatch"), aws("logs")
    cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE)
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    _write(logs, "shop", '{"level": "ERROR"}', '{"level": "INFO"}', "no JSON")
    assert _sum(client, "Errors") == (1.0, 3.0)
    alarms = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert len(alarms["MetricAlarms"]) == len(alarms["CompositeAlarms"]) == 1
    assert [each["DashboardName"] for each in client.list_dashboards()["DashboardEntries"]] == ["board"]
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    alarms = client.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert alarms["MetricAlarms"] == alarms["CompositeAlarms"] == client.list_dashboards()["DashboardEntries"] == []


def test_a_metric_filter_takes_values_and_dimensions(aws: Client) -> None:
    logs, client = aws("logs"), aws("cloudwatch")
    logs.create_log_group(logGroupName="g")
    told = {"metricName": "Latency", "metricNamespace": "Shop", "metricValue": "$.ms", "dimensions": {"path": "$.path"}}
    logs.put_metric_filter(logGroupName="g", filterName="f", filterPattern="{ $.ms > 5 }", metricTransformations=[told])
    _write(logs, "g", '{"ms": 10, "path": "/a"}', '{"ms": 30, "path": "/a"}', '{"ms": 1, "path": "/a"}', '{"ms": 9}')
    assert _sum(client, "Latency", path="/a") == (40.0, 2.0)
    (found,) = logs.describe_metric_filters(metricName="Latency", metricNamespace="Shop")["metricFilters"]
    assert (found["filterName"], found["metricTransformations"]) == ("f", [told])
    matches = logs.test_metric_filter(filterPattern="ERROR", logEventMessages=["ERROR a", "INFO"])["matches"]
    assert [match["eventNumber"] for match in matches] == [1]
    logs.delete_metric_filter(logGroupName="g", filterName="f")
    with pytest.raises(ClientError, match="does not exist"):
        logs.delete_metric_filter(logGroupName="g", filterName="f")
    with pytest.raises(ClientError, match="Invalid metric transformation"):
        logs.put_metric_filter(
            logGroupName="g", filterName="f", filterPattern="", metricTransformations=[told | {"metricValue": "many"}]
        )


def test_a_subscription_sends_what_matches_to_a_stream(aws: Client) -> None:
    logs, kinesis = aws("logs"), aws("kinesis")
    kinesis.create_stream(StreamName="lines", ShardCount=1)
    wait_for(kinesis, "stream_exists", StreamName="lines")
    arn = kinesis.describe_stream_summary(StreamName="lines")["StreamDescriptionSummary"]["StreamARN"]
    logs.create_log_group(logGroupName="g")
    settings = {"logGroupName": "g", "filterName": "f", "filterPattern": "ERROR", "destinationArn": arn}
    with pytest.raises(ClientError, match="must have a roleArn"):
        logs.put_subscription_filter(**settings)
    for service, resource, told in (
        ("kinesis", "stream/none", "Could not deliver test message to specified Kinesis stream. Check if the given "),
        ("firehose", "deliverystream/none", "Could not deliver test message to specified Firehose stream. Check if "),
        ("lambda", "function:none", "Could not execute the lambda function. Make sure you have given CloudWatch Logs "),
    ):
        nowhere = f"arn:aws:{service}:us-east-1:{arn.split(':')[4]}:{resource}"
        with pytest.raises(ClientError, match=told):
            logs.put_subscription_filter(**settings | {"destinationArn": nowhere}, roleArn="arn:aws:iam::0:role/r")
    logs.put_subscription_filter(**settings, roleArn="arn:aws:iam::000000000000:role/r")
    _write(logs, "g", "ERROR one", "INFO two", "ERROR three")
    settle(logs)
    shard = kinesis.get_shard_iterator(
        StreamName="lines", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = kinesis.get_records(ShardIterator=shard)["Records"]
    told = json.loads(gzip.decompress(record["Data"]))
    assert (told["messageType"], told["logGroup"], told["subscriptionFilters"]) == ("DATA_MESSAGE", "g", ["f"])
    assert [event["message"] for event in told["logEvents"]] == ["ERROR one", "ERROR three"]
    (found,) = logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
    assert found["distribution"] == "ByLogStream"
    with urlopen(f"{logs.meta.endpoint_url}/_headwater/map?spans=0&account={arn.split(':')[4]}") as answer:
        [link] = [each for each in json.load(answer)["links"] if each["kind"] == "subscription"]
    assert (link["from"].rpartition(":")[2], link["to"], link["only"]) == ("g", arn, "ERROR")
