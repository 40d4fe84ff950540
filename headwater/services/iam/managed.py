"""Statements of those of AWS's own managed policies that functions' roles usually have, and that are short.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import json

_LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_ALLOWED = {
    "AdministratorAccess": ("*",),
    "service-role/AWSLambdaBasicExecutionRole": _LOGS,
    "service-role/AWSLambdaSQSQueueExecutionRole": (
        *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
        *_LOGS,
    ),
    "service-role/AWSLambdaDynamoDBExecutionRole": (
        *("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
        *_LOGS,
    ),
    "service-role/AWSLambdaKinesisExecutionRole": (
        *("kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator"),
        *("kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard"),
        *_LOGS,
    ),
    "service-role/AWSLambdaRole": ("lambda:InvokeFunction",),
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": (
        *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams"),
        *("logs:PutLogEvents", "logs:GetLogEvents", "logs:FilterLogEvents"),
    ),
    "AWSXrayWriteOnlyAccess": (
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"),
        "xray:GetSamplingStatisticSummaries",
    ),
}
_ALLOWED["AWSXRayDaemonWriteAccess"] = _ALLOWED["AWSXrayWriteOnlyAccess"]


def managed_names() -> tuple[str, ...]:
    """Paths and names, as they end an ARN, of those of AWS's policies that are known here."""
    return tuple(_ALLOWED)


def managed_document(arn: str) -> str | None:
    """The JSON of one of AWS's policies; None where it is not known here."""
    actions = _ALLOWED.get(arn.partition(":policy/")[2])
    if actions is None:
        return None
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
