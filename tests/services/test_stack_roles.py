"""Roles that are handed to CloudFormation, API Gateway, IoT, CloudWatch Logs and SNS, and what a stack may do in its
role."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import ROLE
from tests.services.test_role_passing import _role
from tests.services.test_role_permissions import _refused
from tests.services.test_user_permissions import Actor, _policy, _user
from tests.settling import settle, wait_for

_SERVICES = ("apigateway", "cloudformation", "iot", "logs", "sns")
QUEUE = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}}})


def _may(aws: Client, *actions: str, resource: Any = "*", name: str = "p") -> None:
    document = _policy(*actions, resource=resource)
    aws("iam").put_role_policy(RoleName="passed", PolicyName=name, PolicyDocument=document)


def _attempts(aws: Client, alice: Actor, role: str, account: str) -> dict[str, Callable[[], Any]]:
    api = aws("apigateway").create_rest_api(name="a")["id"]
    root = aws("apigateway").get_resources(restApiId=api)["items"][0]["id"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    aws("apigateway").put_method(**where, authorizationType="NONE")
    http = aws("apigatewayv2").create_api(Name="h", ProtocolType="HTTP")["ApiId"]
    stream = f"arn:aws:firehose:us-east-1:{account}:deliverystream/d"
    bucket = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::b"}
    aws("firehose").create_delivery_stream(DeliveryStreamName="d", ExtendedS3DestinationConfiguration=bucket)
    aws("logs").create_log_group(logGroupName="g")
    topic = aws("sns").create_topic(Name="t")["TopicArn"]
    settle(aws("sqs"))
    rule = {"sql": "SELECT * FROM 'a'", "actions": [{"sqs": {"roleArn": role, "queueUrl": "http://q"}}]}
    return {
        "PutIntegration": lambda: alice("apigateway").put_integration(
            **where, type="AWS", integrationHttpMethod="POST", credentials=role,
            uri="arn:aws:apigateway:us-east-1:sqs:path/q"),
        "CreateIntegration": lambda: alice("apigatewayv2").create_integration(
            ApiId=http, IntegrationType="AWS_PROXY", IntegrationSubtype="SQS-SendMessage", CredentialsArn=role,
            PayloadFormatVersion="1.0", RequestParameters={"QueueUrl": "http://q", "MessageBody": "m"}),
        "CreateTopicRule": lambda: alice("iot").create_topic_rule(ruleName="r", topicRulePayload=rule),
        "PutSubscriptionFilter": lambda: alice("logs").put_subscription_filter(
            logGroupName="g", filterName="f", filterPattern="", destinationArn=stream, roleArn=role),
        "Subscribe": lambda: alice("sns").subscribe(
            TopicArn=topic, Protocol="firehose", Endpoint=stream, Attributes={"SubscriptionRoleArn": role}),
        "SetTopicAttributes": lambda: alice("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="SQSFailureFeedbackRoleArn", AttributeValue=role),
        "CreateAuthorizer": lambda: alice("apigateway").create_authorizer(
            restApiId=api, name="a", type="TOKEN", identitySource="method.request.header.A", authorizerCredentials=role,
            authorizerUri="arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
            f"arn:aws:lambda:us-east-1:{account}:function:f/invocations"),
        "CreateStack": lambda: alice("cloudformation").create_stack(
            StackName="s", TemplateBody=QUEUE, RoleARN=role),
    }  # fmt: skip


def test_a_role_is_passed_by_those_who_may(strictly: Client, strict: str, account: str) -> None:
    alice = _user(strictly, strict, policy=_policy(*(f"{name}:*" for name in _SERVICES)))
    role = _role(strictly, *_SERVICES, policy=_policy("sqs:*"))
    attempts = _attempts(strictly, alice, role, account)
    lacking = f"is not authorized to perform: iam:PassRole on resource: {role} because no identity-based policy"
    codes = {
        "CreateStack": "AccessDenied",
        "Subscribe": "AuthorizationError",
        "SetTopicAttributes": "AuthorizationError",
    }
    for name, attempt in attempts.items():
        code, _, message = _refused(attempt)
        assert (code, lacking in message) == (codes.get(name, "AccessDeniedException"), True), name
    passed = {"Condition": {"StringEquals": {"iam:PassedToService": [f"{name}.amazonaws.com" for name in _SERVICES]}}}
    may = _policy("iam:PassRole", resource=role, **passed)
    strictly("iam").put_user_policy(UserName="alice", PolicyName="pass", PolicyDocument=may)
    for attempt in attempts.values():
        attempt()
    settle(strictly("sqs"))


def test_a_stack_is_made_in_its_role(strictly: Client, account: str) -> None:
    role, stacks = _role(strictly, "cloudformation", policy=_policy("sns:*")), strictly("cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=QUEUE, RoleARN=role, OnFailure="DO_NOTHING")
    with pytest.raises(WaiterError):
        wait_for(stacks, "stack_create_complete", StackName="s")
    (failed,) = [
        each["ResourceStatusReason"]
        for each in stacks.describe_stack_events(StackName="s")["StackEvents"]
        if each["ResourceStatus"] == "CREATE_FAILED" and each["LogicalResourceId"] == "Q"
    ]
    assert failed.startswith(
        f'Resource handler returned message: "User: arn:aws:sts::{account}:assumed-role/passed/AWSCloudFormation is '
        f"not authorized to perform: sqs:createqueue on resource: arn:aws:sqs:us-east-1:{account}:q because"
    )
    assert failed.endswith("HandlerErrorCode: AccessDenied)")
    stacks.delete_stack(StackName="s")
    wait_for(stacks, "stack_delete_complete", StackName="s")
    _may(strictly, "sqs:CreateQueue", resource=f"arn:aws:sqs:us-east-1:{account}:q")
    stacks.create_stack(StackName="s", TemplateBody=QUEUE, RoleARN=role)
    wait_for(stacks, "stack_create_complete", StackName="s")
    stacks.delete_stack(StackName="s")
    with pytest.raises(WaiterError):
        wait_for(stacks, "stack_delete_complete", StackName="s")
    _may(strictly, "sqs:DeleteQueue", name="delete")
    stacks.delete_stack(StackName="s")
    wait_for(stacks, "stack_delete_complete", StackName="s")


def test_a_stack_passes_on_what_it_may(strictly: Client, account: str) -> None:
    """Its functions' roles are passed in its own."""
    role, other = _role(strictly, "cloudformation", policy=_policy("lambda:*")), f"arn:aws:iam::{account}:role/own"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    strictly("iam").create_role(RoleName="own", AssumeRolePolicyDocument=document)
    function = {
        "Runtime": "python3.11", "Handler": "index.handler", "Role": other,
        "Code": {"ZipFile": "def handler(event, context): pass"},
    }  # fmt: skip
    template = json.dumps({"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": function}}})
    stacks = strictly("cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=template, RoleARN=role, OnFailure="DELETE")
    settle(stacks)
    (gone,) = [each for each in stacks.list_stacks()["StackSummaries"] if each["StackName"] == "s"]
    reasons = [each.get("ResourceStatusReason", "") for each in stacks.describe_stack_events(
        StackName=gone["StackId"])["StackEvents"]]  # fmt: skip
    assert any("iam:PassRole" in each and other in each for each in reasons)
    _may(strictly, "iam:PassRole", resource=other, name="pass")
    stacks.create_stack(StackName="t", TemplateBody=template, RoleARN=role)
    wait_for(stacks, "stack_create_complete", StackName="t")


def test_a_custom_resource_is_asked_in_it(strictly: Client, account: str) -> None:
    role = _role(strictly, "cloudformation", policy=_policy("sqs:*"))
    topic = strictly("sns").create_topic(Name="t")["TopicArn"]
    custom = {"C": {"Type": "Custom::C", "Properties": {"ServiceToken": topic}}}
    stacks = strictly("cloudformation")
    stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": custom}), RoleARN=role)
    settle(stacks)
    reasons = [
        each.get("ResourceStatusReason", "") for each in stacks.describe_stack_events(StackName="s")["StackEvents"]
    ]
    lacking = f"assumed-role/passed/AWSCloudFormation is not authorized to perform: SNS:Publish on resource: {topic}"
    assert any(lacking in each for each in reasons)


def test_a_role_has_to_let_cloudformation_in(strictly: Client) -> None:
    role = _role(strictly, "lambda", policy=_policy("*"))
    with pytest.raises(ClientError, match=f"Role {role} is invalid or cannot be assumed"):
        strictly("cloudformation").create_stack(StackName="s", TemplateBody=QUEUE, RoleARN=role)


def test_without_enforcement_it_is_done_and_told(aws: Client, endpoint: str, account: str) -> None:
    role = _role(aws, "cloudformation", policy=_policy("sns:*"))
    aws("cloudformation").create_stack(StackName="s", TemplateBody=QUEUE, RoleARN=role)
    wait_for(aws("cloudformation"), "stack_create_complete", StackName="s")
    (lacking,) = Headwater(endpoint).permissions(role)
    assert (lacking["action"], lacking["resource"], lacking["sessions"], lacking["refused"]) == (
        "sqs:CreateQueue", f"arn:aws:sqs:us-east-1:{account}:q", ["AWSCloudFormation"], False,
    )  # fmt: skip
