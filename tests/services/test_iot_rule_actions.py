"""What actions of topic rules say of messages that they cannot take: each is told to the error action once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.settling import settle

ROLE = "arn:aws:iam::000000000000:role/rules"
LOGS = {"cloudwatchLogs": {"roleArn": ROLE, "logGroupName": "group", "batchMode": True}}
FIREHOSE = {"firehose": {"roleArn": ROLE, "deliveryStreamName": "none", "batchMode": True}}
METRIC = {
    "cloudwatchMetric": {
        "roleArn": ROLE,
        "metricNamespace": "Home",
        "metricName": "heat",
        "metricValue": "1",
        "metricUnit": "None",
        "metricTimestamp": "${at}",
    }
}


def create(aws: Client, action: dict[str, Any], error_action: dict[str, Any]) -> None:
    payload = {
        "sql": "SELECT VALUE * FROM 'in'",
        "awsIotSqlVersion": "2016-03-23",
        "actions": [action],
        "errorAction": error_action,
    }
    aws("iot").create_topic_rule(ruleName="picky", topicRulePayload=payload)


@pytest.mark.parametrize(
    ("action", "payload", "message"),
    [
        (LOGS, b'{"n": 1}', "With batchMode the message must be a JSON array of records."),
        (LOGS, b'[{"timestamp": "now", "message": "m"}]', "Each record of a batch of logs has a timestamp"),
        (LOGS, b"[1]", "Each record of a batch of logs has a timestamp"),
        (FIREHOSE, b"no JSON", "With batchMode the message must be a JSON array of records."),
        (FIREHOSE, b"[]", "With batchMode the message must be a JSON array of records."),
        (FIREHOSE, json.dumps([1] * 501).encode(), "A batch can have 500 records at most."),
        (METRIC, b'{"at": "inf"}', "metricTimestamp is not a number: inf"),
    ],
)
def test_messages_that_an_action_cannot_take(aws: Client, action: dict[str, Any], payload: bytes, message: str) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="errors")["QueueUrl"]
    aws("logs").create_log_group(logGroupName="group")
    create(aws, action, {"sqs": {"roleArn": ROLE, "queueUrl": url}})
    aws("iot-data").publish(topic="in", qos=1, payload=payload)
    settle(sqs)
    (told,) = sqs.receive_message(QueueUrl=url)["Messages"]
    (failure,) = json.loads(told["Body"])["failures"]
    assert failure["errorMessage"].startswith(message)


def test_batches_of_logs(aws: Client) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="group")
    create(aws, LOGS, {"cloudwatchLogs": {"roleArn": ROLE, "logGroupName": "group"}})
    aws("iot-data").publish(topic="in", qos=1, payload=b'[{"timestamp": 1795862400000, "message": "here"}]')
    settle(logs)
    (event,) = logs.get_log_events(logGroupName="group", logStreamName="picky", startFromHead=True)["events"]
    assert (event["timestamp"], event["message"]) == (1795862400000, "here")
