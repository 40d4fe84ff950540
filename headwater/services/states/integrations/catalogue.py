"""Which resource is which operation of ours, under AWS's names.

Optimised integrations: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
AWS SDK integrations: https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

WAIT_FOR_TASK_TOKEN = ".waitForTaskToken"


class Sdk(NamedTuple):
    """A service of the aws-sdk integrations: its name here, and the prefix of its errors."""

    service: str
    prefix: str


class Target(NamedTuple):
    """The operation that a resource calls. `prefix`: of error names; `pattern`: "", sync, sync:2 or waitForTaskToken;
    `optimised`: results carry the HTTP metadata of the call."""

    service: str
    operation: str
    prefix: str
    pattern: str
    optimised: bool


SDK_SERVICES: Mapping[str, Sdk] = MappingProxyType(
    {
        "apigateway": Sdk("apigateway", "ApiGateway"),
        "apigatewayv2": Sdk("apigatewayv2", "ApiGatewayV2"),
        "cloudformation": Sdk("cloudformation", "CloudFormation"),
        "cloudwatch": Sdk("monitoring", "CloudWatch"),
        "cloudwatchlogs": Sdk("logs", "CloudWatchLogs"),
        "dynamodb": Sdk("dynamodb", "DynamoDb"),
        "dynamodbstreams": Sdk("dynamodbstreams", "DynamoDbStreams"),
        "ecr": Sdk("ecr", "Ecr"),
        "eventbridge": Sdk("events", "EventBridge"),
        "firehose": Sdk("firehose", "Firehose"),
        "iam": Sdk("iam", "Iam"),
        "iot": Sdk("iot", "Iot"),
        "iotdataplane": Sdk("iotdata", "IotDataPlane"),
        "kinesis": Sdk("kinesis", "Kinesis"),
        "kms": Sdk("kms", "Kms"),
        "lambda": Sdk("lambda", "Lambda"),
        "pipes": Sdk("pipes", "Pipes"),
        "s3": Sdk("s3", "S3"),
        "scheduler": Sdk("scheduler", "Scheduler"),
        "schemas": Sdk("schemas", "Schemas"),
        "secretsmanager": Sdk("secretsmanager", "SecretsManager"),
        "sfn": Sdk("states", "Sfn"),
        "sns": Sdk("sns", "Sns"),
        "sqs": Sdk("sqs", "Sqs"),
        "ssm": Sdk("ssm", "Ssm"),
        "sts": Sdk("sts", "Sts"),
        "xray": Sdk("xray", "XRay"),
    }
)
# (service, action) of the optimised integrations, with the patterns that each supports beside request-response.
_TOKEN = frozenset({"waitForTaskToken"})
_OPTIMISED: Mapping[tuple[str, str], tuple[Sdk, frozenset[str]]] = MappingProxyType(
    {
        ("apigateway", "invoke"): (Sdk("execute-api", "ApiGateway"), _TOKEN),
        ("dynamodb", "getItem"): (Sdk("dynamodb", "DynamoDB"), frozenset()),
        ("dynamodb", "putItem"): (Sdk("dynamodb", "DynamoDB"), frozenset()),
        ("dynamodb", "updateItem"): (Sdk("dynamodb", "DynamoDB"), frozenset()),
        ("dynamodb", "deleteItem"): (Sdk("dynamodb", "DynamoDB"), frozenset()),
        ("events", "putEvents"): (Sdk("events", "EventBridge"), _TOKEN),
        ("http", "invoke"): (Sdk("http", "Http"), frozenset()),
        ("lambda", "invoke"): (Sdk("lambda", "Lambda"), _TOKEN),
        ("sns", "publish"): (Sdk("sns", "SNS"), _TOKEN),
        ("sqs", "sendMessage"): (Sdk("sqs", "SQS"), _TOKEN),
        ("states", "startExecution"): (Sdk("states", "StepFunctions"), _TOKEN | {"sync", "sync:2"}),
    }
)


def is_function(resource: str) -> bool:
    """Whether the resource is a Lambda function by its ARN."""
    return resource.split(":", 3)[2] == "lambda"


@lru_cache(1000)
def find_target(resource: str) -> Target | None:
    """The target of `arn:aws:states:::…`, None where there is none."""
    service, _, action = resource.split(":", 5)[5].partition(":")
    if service == "aws-sdk":
        name, _, action = action.partition(":")
        action, pattern = _split(action)
        sdk = SDK_SERVICES.get(name.lower())
        if sdk is None or pattern not in ("", "waitForTaskToken"):
            return None
        return Target(sdk.service, action[:1].upper() + action[1:], sdk.prefix, pattern, optimised=False)
    action, pattern = _split(action)
    known = _OPTIMISED.get((service, action))
    if known is None or (pattern and pattern not in known[1]):
        return None
    sdk = known[0]
    return Target(sdk.service, action[:1].upper() + action[1:], sdk.prefix, pattern, optimised=True)


def _split(action: str) -> tuple[str, str]:
    name, _, pattern = action.partition(".")
    return name, pattern
