"""Drift of stacks: what others have changed since."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import wait_for

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}],
}
TEMPLATE = {
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "q", "DelaySeconds": "5", "Tags": [{"Key": "a", "Value": "1"}]},
        },
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t", "DisplayName": "d"}},
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {"EventPattern": {"source": ["a", {"prefix": "b"}]}, "State": "ENABLED"},
        },
        "Policy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Properties": {"Queues": [{"Ref": "Queue"}], "PolicyDocument": POLICY},
        },
    }
}


def drifts(cloudformation: Any, **request: Any) -> dict[str, dict[str, Any]]:
    found = cloudformation.describe_stack_resource_drifts(StackName="shop", **request)["StackResourceDrifts"]
    return {each["LogicalResourceId"]: each for each in found}


def detected(cloudformation: Any) -> tuple[str, int]:
    identity = cloudformation.detect_stack_drift(StackName="shop")["StackDriftDetectionId"]
    told = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=identity)
    assert told["DetectionStatus"] == "DETECTION_COMPLETE"
    return told["StackDriftStatus"], told["DriftedStackResourceCount"]


def test_drift(aws: Client) -> None:
    cloudformation, sqs, sns = aws("cloudformation"), aws("sqs"), aws("sns")
    tags = [{"Key": "of", "Value": "the stack"}]
    cloudformation.create_stack(StackName="shop", TemplateBody=json.dumps(TEMPLATE), Tags=tags)
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    assert detected(cloudformation) == ("IN_SYNC", 0)
    assert {each: drift["StackResourceDriftStatus"] for each, drift in drifts(cloudformation).items()} == {
        "Queue": "IN_SYNC", "Rule": "IN_SYNC", "Topic": "IN_SYNC",
    }  # fmt: skip
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7", "VisibilityTimeout": "99"})
    sqs.tag_queue(QueueUrl=url, Tags={"b": "2"})
    (topic,) = sns.list_topics()["Topics"]
    sns.delete_topic(**topic)
    assert detected(cloudformation) == ("DRIFTED", 2)
    changed = drifts(cloudformation, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"])
    assert {each: drift["StackResourceDriftStatus"] for each, drift in changed.items()} == {
        "Queue": "MODIFIED", "Topic": "DELETED",
    }  # fmt: skip
    added = '{"Key":"b","Value":"2"}'
    assert changed["Queue"]["PropertyDifferences"] == [
        {"PropertyPath": "/DelaySeconds", "ExpectedValue": "5", "ActualValue": "7", "DifferenceType": "NOT_EQUAL"},
        {"PropertyPath": "/Tags/1", "ExpectedValue": "null", "ActualValue": added, "DifferenceType": "ADD"},
    ]
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    assert stack["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    listed = cloudformation.list_stack_resources(StackName="shop")["StackResourceSummaries"]
    statuses = {each["LogicalResourceId"]: each["DriftInformation"]["StackResourceDriftStatus"] for each in listed}
    assert statuses == {"Policy": "NOT_CHECKED", "Queue": "MODIFIED", "Rule": "IN_SYNC", "Topic": "DELETED"}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "5"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["b"])
    one = cloudformation.detect_stack_resource_drift(StackName="shop", LogicalResourceId="Queue")
    assert one["StackResourceDrift"]["StackResourceDriftStatus"] == "IN_SYNC"
    with pytest.raises(ClientError, match="not supported for resource type AWS::SQS::QueuePolicy"):
        cloudformation.detect_stack_resource_drift(StackName="shop", LogicalResourceId="Policy")
    with pytest.raises(ClientError, match="Stack \\[other\\] does not exist"):
        cloudformation.detect_stack_drift(StackName="other")
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
