"""What a rule's error action is told of an action that failed.

https://docs.aws.amazon.com/iot/latest/developerguide/rule-error-handling.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

Parameters = Mapping[str, Any]

# The resource that failed.
_RESOURCES: Mapping[str, Callable[[Parameters], str]] = {
    "cloudwatchAlarm": lambda parameters: str(parameters["alarmName"]),
    "cloudwatchLogs": lambda parameters: str(parameters["logGroupName"]),
    "cloudwatchMetric": lambda parameters: str(parameters["metricName"]),
    "dynamoDB": lambda parameters: str(parameters["tableName"]),
    "dynamoDBv2": lambda parameters: str(parameters["putItem"]["tableName"]),
    "firehose": lambda parameters: str(parameters["deliveryStreamName"]),
    "http": lambda parameters: str(parameters["url"]),
    "kinesis": lambda parameters: str(parameters["streamName"]),
    "lambda": lambda parameters: str(parameters["functionArn"]),
    "republish": lambda parameters: str(parameters["topic"]),
    "s3": lambda parameters: str(parameters["bucketName"]),
    "sns": lambda parameters: str(parameters["targetArn"]),
    "sqs": lambda parameters: str(parameters["queueUrl"]),
    "stepFunctions": lambda parameters: str(parameters["stateMachineName"]),
}


def failure(action: Mapping[str, Any], message: str) -> dict[str, str]:
    """One of the ``failures`` of the message."""
    kind = action["kind"]
    return {
        "failedAction": f"{kind[0].upper()}{kind[1:]}Action",
        "failedResource": _RESOURCES[kind](action["parameters"]),
        "errorMessage": message,
    }


def described(call: Call, action: Mapping[str, Any], topic: str, error: AwsError) -> str:
    """The error of a service in the words that AWS has for it, where they are known: of S3 and of functions."""
    match action["kind"]:
        case "lambda":
            return (
                f"Failed to invoke lambda function. Received Server error from Lambda. The error code is {error.status}"
            )
        case "s3":
            return _of_bucket(call, action["parameters"], topic, error)
        case _:
            return f"{error.message} (Error Code: {error.code}; Status Code: {error.status})"


def _of_bucket(call: Call, parameters: Parameters, topic: str, error: AwsError) -> str:
    request, extended = call.ids.token(16).upper(), call.ids.token(76)
    return (
        f"Failed to put S3 object. The error received was {error.message} (Service: Amazon S3; "
        f"Status Code: {error.status}; Error Code: {error.code}; Request ID: {request}; "
        f"S3 Extended Request ID: {extended}). Message arrived on: {topic}, Action: s3, "
        f'Bucket: {parameters["bucketName"]}, Key: "{parameters["key"]}". Value of x-amz-id-2: {extended}'
    )
