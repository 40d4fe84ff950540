"""The AWS services: one house each. This is the one place where they are listed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Listing(NamedTuple):
    """Where a service lives and which of botocore's models describes its wire format."""

    package: str
    model: str | None


def _house(package: str, model: str | None) -> Listing:
    return Listing(f"headwater.services.{package}", model)


# By the names of IAM's actions; internal services have no model.
SERVICES: Mapping[str, Listing] = MappingProxyType(
    {
        "sqs": _house("sqs", "sqs"),
        "sns": _house("sns", "sns"),
        "events": _house("events", "events"),
        "states": _house("states", "stepfunctions"),
        "lambda": _house("lambda_", "lambda"),
        "dynamodb": _house("dynamodb", "dynamodb"),
        "dynamodbstreams": _house("dynamodb", "dynamodbstreams"),
        "s3": _house("s3", "s3"),
        "apigateway": _house("apigateway", "apigateway"),
        "apigatewayv2": _house("apigateway", "apigatewayv2"),
        "execute-api": _house("apigateway", "apigatewaymanagementapi"),
        "iot": _house("iot", "iot"),
        "iotdata": _house("iot", "iot-data"),
        "iot-mqtt": _house("iot", None),
        "cloudformation": _house("cloudformation", "cloudformation"),
        "cloudcontrol": _house("cloudformation", "cloudcontrol"),
        "iam": _house("iam", "iam"),
        "sts": _house("sts", "sts"),
        "logs": _house("logs", "logs"),
        "monitoring": _house("monitoring", "cloudwatch"),
        "xray": _house("xray", "xray"),
        "ssm": _house("ssm", "ssm"),
        "secretsmanager": _house("secretsmanager", "secretsmanager"),
        "kms": _house("kms", "kms"),
        "ecr": _house("ecr", "ecr"),
        "scheduler": _house("scheduler", "scheduler"),
        "pipes": _house("pipes", "pipes"),
        "kinesis": _house("kinesis", "kinesis"),
        "firehose": _house("firehose", "firehose"),
        "schemas": _house("schemas", "schemas"),
    }
)

# The service that makes the resources of a CloudFormation namespace.
RESOURCE_NAMESPACES: Mapping[str, str] = MappingProxyType(
    {
        "AWS::SQS": "sqs",
        "AWS::SNS": "sns",
        "AWS::Events": "events",
        "AWS::StepFunctions": "states",
        "AWS::Lambda": "lambda",
        "AWS::DynamoDB": "dynamodb",
        "AWS::S3": "s3",
        "AWS::ApiGateway": "apigateway",
        "AWS::ApiGatewayV2": "apigatewayv2",
        "AWS::IoT": "iot",
        "AWS::IAM": "iam",
        "AWS::Logs": "logs",
        "AWS::CloudWatch": "monitoring",
        "AWS::SSM": "ssm",
        "AWS::SecretsManager": "secretsmanager",
        "AWS::KMS": "kms",
        "AWS::ECR": "ecr",
        "AWS::Scheduler": "scheduler",
        "AWS::Pipes": "pipes",
        "AWS::Kinesis": "kinesis",
        "AWS::KinesisFirehose": "firehose",
        "AWS::EventSchemas": "schemas",
        "AWS::CloudFormation": "cloudformation",
        "AWS::ApplicationAutoScaling": "cloudformation",
        "AWS::CodeDeploy": "cloudformation",
    }
)
