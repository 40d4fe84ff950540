"""Something of everything, so that requests at random find what they speak of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.seeds import ACCOUNT, BY_NAME

Steps = Iterator[tuple[str, str, dict[str, Any]]]
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
_QUEUE, _TOPIC = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", f"arn:aws:sns:us-east-1:{ACCOUNT}:n"
_FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
_KEY = [{"AttributeName": "k", "KeyType": "HASH"}]


def steps(answers: Callable[[str], Any]) -> Steps:
    """(service, operation, request), one by one; ``answers(member)`` is what an answer had by that name last."""
    yield from _messages()
    yield from _data()
    yield from _compute(answers)
    yield from _gates(answers)
    yield from _things()


def _messages() -> Steps:
    yield "iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": BY_NAME["assumerolepolicydocument"][0]}
    yield "iam", "CreateUser", {"UserName": "n"}
    yield "iam", "CreateAccessKey", {"UserName": "n"}
    yield "iam", "CreateGroup", {"GroupName": "n"}
    for name in ("q", "q.fifo"):
        attributes = {"FifoQueue": "true"} if name.endswith("fifo") else {}
        yield "sqs", "CreateQueue", {"QueueName": name, "Attributes": attributes}
    yield "sns", "CreateTopic", {"Name": "n"}
    yield "sns", "Subscribe", {"TopicArn": _TOPIC, "Protocol": "sqs", "Endpoint": _QUEUE, "ReturnSubscriptionArn": True}
    yield "events", "CreateEventBus", {"Name": "n"}
    yield "events", "PutRule", {"Name": "n", "EventBusName": "n", "EventPattern": BY_NAME["eventpattern"][0]}
    yield "events", "PutTargets", {"Rule": "n", "EventBusName": "n", "Targets": [{"Id": "n", "Arn": _QUEUE}]}
    yield (
        "events",
        "CreateArchive",
        {"ArchiveName": "n", "EventSourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/n"},
    )
    key = {"ApiKeyName": "n", "ApiKeyValue": "v"}
    yield "events", "CreateConnection", {"Name": "n", "AuthorizationType": "API_KEY",
        "AuthParameters": {"ApiKeyAuthParameters": key}}  # fmt: skip
    yield "schemas", "CreateRegistry", {"RegistryName": "n"}
    yield "schemas", "CreateSchema", {"RegistryName": "n", "SchemaName": "n", "Type": "OpenApi3",
        "Content": BY_NAME["content"][0]}  # fmt: skip
    yield "scheduler", "CreateScheduleGroup", {"Name": "n"}
    yield "scheduler", "CreateSchedule", {"Name": "n", "ScheduleExpression": "rate(1 days)",
        "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": {"Arn": _QUEUE, "RoleArn": _ROLE}}  # fmt: skip
    yield "pipes", "CreatePipe", {"Name": "n", "Source": _QUEUE, "Target": _TOPIC, "RoleArn": _ROLE,
        "DesiredState": "STOPPED"}  # fmt: skip


def _data() -> Steps:
    yield "dynamodb", "CreateTable", {"TableName": "ttt", "KeySchema": _KEY, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}  # fmt: skip
    yield "dynamodb", "PutItem", {"TableName": "ttt", "Item": {"k": {"S": "a"}, "n": {"N": "1"}}}
    yield "dynamodbstreams", "ListStreams", {}
    yield "kinesis", "CreateStream", {"StreamName": "n", "ShardCount": 1}
    yield "s3", "CreateBucket", {"Bucket": "bucket-one"}
    yield "s3", "PutObject", {"Bucket": "bucket-one", "Key": "a/b", "Body": b"d"}
    yield "s3", "CreateMultipartUpload", {"Bucket": "bucket-one", "Key": "a/b"}
    yield "firehose", "CreateDeliveryStream", {"DeliveryStreamName": "n",
        "ExtendedS3DestinationConfiguration": {"RoleARN": _ROLE, "BucketARN": "arn:aws:s3:::bucket-one"}}  # fmt: skip
    yield "ssm", "PutParameter", {"Name": "n", "Value": "v", "Type": "String"}
    yield "secretsmanager", "CreateSecret", {"Name": "n", "SecretString": '{"a": "b"}'}
    yield "logs", "CreateLogGroup", {"logGroupName": "n"}
    yield "logs", "CreateLogStream", {"logGroupName": "n", "logStreamName": "n"}
    yield "ecr", "CreateRepository", {"repositoryName": "nn"}
    yield "monitoring", "PutMetricAlarm", {"AlarmName": "n", "MetricName": "m", "Namespace": "n", "Statistic": "Sum",
        "Period": 60, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "LessThanThreshold"}  # fmt: skip
    yield "monitoring", "PutDashboard", {"DashboardName": "n", "DashboardBody": BY_NAME["dashboardbody"][0]}
    yield "kms", "CreateKey", {}


def _compute(answers: Callable[[str], Any]) -> Steps:
    yield "lambda", "CreateFunction", {"FunctionName": "f", "Role": _ROLE, "Runtime": "python3.12",
        "Handler": "index.handler", "Code": {"ZipFile": BY_NAME["zipfile"][0]}}  # fmt: skip
    yield "lambda", "PublishVersion", {"FunctionName": "f"}
    yield "lambda", "CreateAlias", {"FunctionName": "f", "Name": "n", "FunctionVersion": "1"}
    yield "lambda", "CreateFunctionUrlConfig", {"FunctionName": "f", "AuthType": "NONE"}
    yield "lambda", "PublishLayerVersion", {"LayerName": "n", "Content": {"ZipFile": BY_NAME["zipfile"][0]}}
    yield "lambda", "CreateEventSourceMapping", {"FunctionName": "f", "EventSourceArn": _QUEUE, "Enabled": False}
    for position, text in enumerate(BY_NAME["definition"]):
        yield "states", "CreateStateMachine", {"name": f"n{position}", "roleArn": _ROLE, "definition": text}
        yield "states", "StartExecution", {"stateMachineArn": answers("stateMachineArn"), "input": '{"a": 1}'}
    yield "states", "CreateActivity", {"name": "n"}
    yield "cloudformation", "CreateStack", {"StackName": "n", "TemplateBody": BY_NAME["templatebody"][0]}
    yield "cloudformation", "CreateChangeSet", {"StackName": "n", "ChangeSetName": "c",
        "TemplateBody": json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}})}  # fmt: skip


def _gates(answers: Callable[[str], Any]) -> Steps:
    yield "apigateway", "CreateRestApi", {"name": "n"}
    api = {"restApiId": answers("id")}
    yield "apigateway", "GetResources", api
    resources = answers("items")
    method = {**api, "resourceId": resources[0]["id"] if isinstance(resources, list) else "none", "httpMethod": "GET"}
    yield "apigateway", "PutMethod", {**method, "authorizationType": "NONE"}
    templates = {"a/b": '{"statusCode": 200}'}
    yield "apigateway", "PutIntegration", {**method, "type": "MOCK", "requestTemplates": templates}
    yield "apigateway", "PutMethodResponse", {**method, "statusCode": "200"}
    yield "apigateway", "PutIntegrationResponse", {**method, "statusCode": "200"}
    yield "apigateway", "CreateDeployment", {**api, "stageName": "prod"}
    yield "apigateway", "CreateModel", {**api, "name": "n", "contentType": "application/json", "schema": "{}"}
    yield "apigateway", "CreateApiKey", {"name": "n", "enabled": True}
    yield "apigateway", "CreateUsagePlan", {"name": "n", "apiStages": [{"apiId": api["restApiId"], "stage": "prod"}]}
    yield "apigatewayv2", "CreateApi", {"Name": "n", "ProtocolType": "WEBSOCKET",
        "RouteSelectionExpression": "$request.body.action"}  # fmt: skip
    yield "apigatewayv2", "CreateApi", {"Name": "n", "ProtocolType": "HTTP"}
    api = {"ApiId": answers("ApiId")}
    yield "apigatewayv2", "CreateIntegration", {**api, "IntegrationType": "HTTP_PROXY", "IntegrationMethod": "GET",
        "IntegrationUri": "http://127.0.0.1:9/", "PayloadFormatVersion": "1.0"}  # fmt: skip
    target = f"integrations/{answers('IntegrationId')}"
    yield "apigatewayv2", "CreateRoute", {**api, "RouteKey": "GET /a", "Target": target}
    yield "apigatewayv2", "CreateStage", {**api, "StageName": "$default", "AutoDeploy": True}
    yield "apigatewayv2", "CreateDeployment", api


def _things() -> Steps:
    yield "iot", "CreateThing", {"thingName": "n"}
    yield "iot", "CreatePolicy", {"policyName": "n", "policyDocument": BY_NAME["policydocument"][0]}
    yield "iot", "CreateTopicRule", {"ruleName": "n", "topicRulePayload": {"sql": "SELECT * FROM 'a/b'",
        "actions": [{"sqs": {"roleArn": _ROLE, "queueUrl": f"http://127.0.0.1/{ACCOUNT}/q"}}]}}  # fmt: skip
    yield "iotdata", "Publish", {"topic": "a/b", "retain": True, "payload": b"{}"}
