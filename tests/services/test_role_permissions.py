"""What roles may do: told of where their policies do not allow it, refused where policies are enforced."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from headwater.client import Headwater
from headwater.spine.session_tokens import standing_token
from tests.conftest import Client
from tests.services.http import ask
from tests.services.lambda_lab import make
from tests.services.test_apigateway_rest import base, document
from tests.settling import settle

_SERVICES = [
    f"{name}.amazonaws.com" for name in ("apigateway", "events", "iot", "lambda", "pipes", "scheduler", "states")
]
_ASSUMED = {"Effect": "Allow", "Principal": {"Service": _SERVICES, "AWS": "*"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [_ASSUMED]})
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
Actor = Callable[[str], Any]


def _allow(*actions: str, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def _role(aws: Client, *statements: dict[str, Any], name: str = "actor", **more: Any) -> str:
    arn: str = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, **more)["Role"]["Arn"]
    if statements:
        _put(aws, *statements, name=name)
    return arn


def _put(aws: Client, *statements: dict[str, Any], name: str = "actor") -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    aws("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)


def _assume(aws: Client, endpoint: str, role: str) -> Actor:
    """Clients of a session of the role."""
    given = aws("sts").assume_role(RoleArn=role, RoleSessionName="me")["Credentials"]
    config = Config(inject_host_prefix=False, s3={"addressing_style": "path"}, retries={"max_attempts": 0})
    keys = ("aws_access_key_id", "AccessKeyId"), ("aws_secret_access_key", "SecretAccessKey")
    signed = {name: given[key] for name, key in (*keys, ("aws_session_token", "SessionToken"))}
    return lambda service: boto3.client(
        service, endpoint_url=endpoint, region_name="us-east-1", config=config, **signed
    )


def _refused(function: Callable[[], Any]) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        function()
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


def test_each_service_refuses_in_its_own_words(strictly: Client, strict: str, account: str) -> None:
    actor = _assume(strictly, strict, _role(strictly))
    queue = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    topic = strictly("sns").create_topic(Name="t")["TopicArn"]
    bucket = f"b-{account}"
    strictly("s3").create_bucket(Bucket=bucket)
    machine = f"arn:aws:states:us-east-1:{account}:stateMachine:m"
    event = {"Source": "s", "DetailType": "d", "Detail": "{}"}
    attempts: list[tuple[str, str, int, Callable[[], Any], str, str]] = [
        ("AccessDenied", "sqs:sendmessage", 403, lambda: actor("sqs").send_message(QueueUrl=queue, MessageBody="m"),
         f"arn:aws:sqs:us-east-1:{account}:q", "sqs:sendmessage"),
        ("AuthorizationError", "SNS:Publish", 403, lambda: actor("sns").publish(TopicArn=topic, Message="m"),
         topic, "SNS:Publish"),
        ("AccessDenied", "s3:PutObject", 403, lambda: actor("s3").put_object(Bucket=bucket, Key="k", Body=b""),
         f'"arn:aws:s3:::{bucket}/k"', "s3:PutObject"),
        ("AccessDeniedException", "dynamodb:Query", 400,
         lambda: actor("dynamodb").query(TableName="table", IndexName="index", KeyConditionExpression="a = :a",
                                         ExpressionAttributeValues={":a": {"S": "a"}}),
         f"arn:aws:dynamodb:us-east-1:{account}:table/table/index/index", "dynamodb:Query"),
        ("AccessDeniedException", "lambda:InvokeFunction", 403, lambda: actor("lambda").invoke(FunctionName="f"),
         f"arn:aws:lambda:us-east-1:{account}:function:f", "lambda:InvokeFunction"),
        ("AccessDeniedException", "states:StartExecution", 400,
         lambda: actor("stepfunctions").start_execution(stateMachineArn=machine), machine, "states:StartExecution"),
        ("AccessDeniedException", "events:PutEvents", 400, lambda: actor("events").put_events(Entries=[event]),
         f"arn:aws:events:us-east-1:{account}:event-bus/default", "events:PutEvents"),
        ("AccessDeniedException", "ssm:GetParameter", 400, lambda: actor("ssm").get_parameter(Name="/a/b"),
         f"arn:aws:ssm:us-east-1:{account}:parameter/a/b", "ssm:GetParameter"),
        ("AccessDeniedException", "kinesis:PutRecord", 400,
         lambda: actor("kinesis").put_record(StreamName="s", Data=b"", PartitionKey="k"),
         f"arn:aws:kinesis:us-east-1:{account}:stream/s", "kinesis:PutRecord"),
        ("AccessDeniedException", "logs:CreateLogGroup", 400,
         lambda: actor("logs").create_log_group(logGroupName="g"), "*", "logs:CreateLogGroup"),
    ]  # fmt: skip
    for code, action, status, attempt, resource, spelled in attempts:
        assert _refused(attempt) == (
            code,
            status,
            f"User: arn:aws:sts::{account}:assumed-role/actor/me is not authorized to perform: {action} on resource: "
            f"{resource} because no identity-based policy allows the {spelled} action",
        )
    data = actor("iot-data")
    assert _refused(lambda: data.publish(topic="t", payload=b"")) == ("ForbiddenException", 403, "Forbidden")


def test_policies_decide_and_changes_hold_at_once(strictly: Client, strict: str, account: str) -> None:
    role = _role(strictly)
    sqs = _assume(strictly, strict, role)("sqs")
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:q"

    def may() -> bool:
        try:
            sqs.send_message(QueueUrl=url, MessageBody="m")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied"
            return False
        return True

    iam = strictly("iam")
    assert not may()
    _put(strictly, _allow("sqs:Send*", resource=arn))
    assert may()
    _put(strictly, _allow("sqs:*", resource=f"{arn}-other"))
    assert not may()
    iam.delete_role_policy(RoleName="actor", PolicyName="p")
    document = json.dumps({"Version": "2012-10-17", "Statement": [_allow("sqs:SendMessage")]})
    policy = iam.create_policy(PolicyName="own", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="actor", PolicyArn=policy)
    assert may()
    version = json.dumps({"Version": "2012-10-17", "Statement": [_allow("sqs:ReceiveMessage")]})
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=version, SetAsDefault=True)
    assert not may()
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v1")
    assert may()
    iam.put_role_permissions_boundary(RoleName="actor", PermissionsBoundary=policy.replace("own", "gone"))
    assert may(), "a boundary of which nothing is known decides nothing"
    iam.put_role_permissions_boundary(
        RoleName="actor", PermissionsBoundary="arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess"
    )
    assert not may()
    iam.delete_role_permissions_boundary(RoleName="actor")
    tagged = _allow("sqs:*", resource="arn:aws:sqs:*:*:${aws:PrincipalTag/queue}")
    iam.detach_role_policy(RoleName="actor", PolicyArn=policy)
    _put(strictly, tagged)
    assert not may()
    iam.tag_role(RoleName="actor", Tags=[{"Key": "queue", "Value": "q"}])
    assert may()


def test_managed_policies_of_aws(strictly: Client, strict: str) -> None:
    actor = _assume(strictly, strict, _role(strictly))
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    iam = strictly("iam")
    prefix = "arn:aws:iam::aws:policy"
    iam.attach_role_policy(RoleName="actor", PolicyArn=f"{prefix}/service-role/AWSLambdaSQSQueueExecutionRole")
    actor("sqs").receive_message(QueueUrl=url)
    assert _refused(lambda: actor("sqs").purge_queue(QueueUrl=url))[0] == "AccessDenied"
    iam.attach_role_policy(RoleName="actor", PolicyArn=f"{prefix}/AmazonSQSFullAccess")
    actor("sqs").purge_queue(QueueUrl=url)  # its document is not known here


def test_a_resource_lets_a_role_in(strictly: Client, strict: str, account: str) -> None:
    role = _role(strictly)
    sqs, s3 = _assume(strictly, strict, role)("sqs"), _assume(strictly, strict, role)("s3")
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{account}:q"

    def let_in(principal: Any, **more: Any) -> None:
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sqs:SendMessage", "Resource": arn, **more}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        strictly("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})

    for principal in ({"AWS": f"arn:aws:iam::{account}:root"}, {"Service": "sns.amazonaws.com"}):
        let_in(principal)
        assert _refused(lambda: sqs.send_message(QueueUrl=url, MessageBody="m"))[0] == "AccessDenied"
    let_in("*", Condition={"ArnEquals": {"aws:SourceArn": "arn:aws:sns:us-east-1:000000000000:t"}})
    assert _refused(lambda: sqs.send_message(QueueUrl=url, MessageBody="m"))[0] == "AccessDenied"
    for principal in ("*", {"AWS": role}, {"AWS": f"arn:aws:sts::{account}:assumed-role/actor/me"}):
        let_in(principal)
        sqs.send_message(QueueUrl=url, MessageBody="m")
    bucket = f"let-in-{account}"
    strictly("s3").create_bucket(Bucket=bucket)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/in/*",
    }
    strictly("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": [statement]}))
    s3.put_object(Bucket=bucket, Key="in/k", Body=b"")
    assert _refused(lambda: s3.put_object(Bucket=bucket, Key="out/k", Body=b""))[0] == "AccessDenied"


def test_operations_on_many(strictly: Client, strict: str, account: str) -> None:
    tables = f"arn:aws:dynamodb:us-east-1:{account}:table"
    role = _role(strictly, _allow("dynamodb:PutItem", "dynamodb:BatchWriteItem", resource=f"{tables}/one"))
    db = _assume(strictly, strict, role)("dynamodb")
    for name in ("one", "two"):
        strictly("dynamodb").create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    item = {"pk": {"S": "a"}}
    put = {name: {"Put": {"TableName": name, "Item": item}} for name in ("one", "two")}
    db.transact_write_items(TransactItems=[put["one"]])
    assert f"{tables}/two" in _refused(lambda: db.transact_write_items(TransactItems=list(put.values())))[2]
    delete = {"Delete": {"TableName": "one", "Key": {"pk": {"S": "b"}}}}
    assert "dynamodb:DeleteItem" in _refused(lambda: db.transact_write_items(TransactItems=[put["one"], delete]))[2]
    write = {"PutRequest": {"Item": item}}
    db.batch_write_item(RequestItems={"one": [write]})
    assert f"{tables}/two" in _refused(lambda: db.batch_write_item(RequestItems={"one": [write], "two": [write]}))[2]
    assert strictly("dynamodb").scan(TableName="two")["Count"] == 0


def test_executions_schedules_and_rules_act_in_their_roles(strictly: Client, strict: str, account: str) -> None:
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    _role(strictly)
    arguments = {"QueueUrl": url, "MessageBody": "m"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": arguments, "End": True}
    sfn = strictly("stepfunctions", inject_host_prefix=False)
    role = f"arn:aws:iam::{account}:role/actor"
    machine = sfn.create_state_machine(
        name="m", roleArn=role, definition=json.dumps({"StartAt": "S", "States": {"S": task}}), type="EXPRESS"
    )["stateMachineArn"]
    failed = sfn.start_sync_execution(stateMachineArn=machine)
    assert (failed["status"], "is not authorized to perform: sqs:sendmessage" in failed["cause"]) == ("FAILED", True)
    target = {"Arn": f"arn:aws:states:us-east-1:{account}:stateMachine:m", "RoleArn": role}
    strictly("events").put_rule(Name="r", EventPattern='{"source": ["shop"]}')
    strictly("events").put_targets(Rule="r", Targets=[{"Id": "1", **target}])
    strictly("events").put_events(Entries=[{"Source": "shop", "DetailType": "d", "Detail": "{}"}])
    strictly("scheduler").create_schedule(
        Name="s",
        ScheduleExpression="at(2020-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": queue, "RoleArn": role},
    )
    settle(strictly("events"))
    lacking = Headwater(strict).permissions(role)
    assert {(each["action"], each["resource"], each["refused"]) for each in lacking} >= {
        ("sqs:SendMessage", queue, True),
        ("states:StartExecution", target["Arn"], True),
    }
    _put(strictly, _allow("sqs:SendMessage", resource=queue))
    assert sfn.start_sync_execution(stateMachineArn=machine)["status"] == "SUCCEEDED"


def test_apis_and_topic_rules_act_in_their_roles(strictly: Client, strict: str, account: str) -> None:
    role = _role(strictly)
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    integration = {
        "type": "aws",
        "httpMethod": "POST",
        "uri": f"arn:aws:apigateway:us-east-1:sqs:path/{account}/q",
        "credentials": role,
        "requestParameters": {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        "requestTemplates": {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
        "responses": {"default": {"statusCode": "200"}},
    }
    api = strictly("apigateway").import_rest_api(
        body=document(a={"post": {"x-amazon-apigateway-integration": integration}})
    )
    strictly("apigateway").create_deployment(restApiId=api["id"], stageName="prod")
    address = f"{base(strict, api, 'prod')}/a"
    http = strictly("apigatewayv2")
    other = http.create_api(Name="h", ProtocolType="HTTP")
    made = http.create_integration(
        ApiId=other["ApiId"],
        IntegrationType="AWS_PROXY",
        IntegrationSubtype="SQS-SendMessage",
        PayloadFormatVersion="1.0",
        CredentialsArn=role,
        RequestParameters={"QueueUrl": url, "MessageBody": "$request.body"},
    )
    http.create_route(ApiId=other["ApiId"], RouteKey="POST /a", Target=f"integrations/{made['IntegrationId']}")
    http.create_stage(ApiId=other["ApiId"], StageName="$default", AutoDeploy=True)
    action = {"sqs": {"roleArn": role, "queueUrl": url}}
    rule = {"sql": "SELECT * FROM 'a'", "actions": [action], "awsIotSqlVersion": "2016-03-23"}
    strictly("iot").create_topic_rule(ruleName="r", topicRulePayload=rule)

    def send() -> list[bool]:
        """What each of the three sent arrived."""
        answers = [ask("POST", address, b"1"), ask("POST", f"{other['ApiEndpoint']}/a", b"2")]
        assert all((b"is not authorized to perform" in answer.body) == (answer.status != 200) for answer in answers[1:])
        strictly("iot-data").publish(topic="a", payload=b"3")
        settle(strictly("sqs"))
        found = strictly("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [text in {message["Body"] for message in found} for text in ("1", "2", "3")]

    assert send() == [False, False, False]
    _put(strictly, _allow("sqs:SendMessage"))
    assert send() == [True, True, True]


def test_an_api_invokes_a_function_in_the_role_of_its_integration(strictly: Client, account: str) -> None:
    role = _role(strictly)
    http = strictly("apigatewayv2")
    function = make(strictly("lambda"), "f")
    api = http.create_api(Name="h", ProtocolType="HTTP")
    given = {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0", "CredentialsArn": role}
    made = http.create_integration(ApiId=api["ApiId"], IntegrationUri=function, **given)
    http.create_route(ApiId=api["ApiId"], RouteKey="POST /a", Target=f"integrations/{made['IntegrationId']}")
    http.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    assert ask("POST", f"{api['ApiEndpoint']}/a", b"1").status == 500
    _put(strictly, _allow("lambda:InvokeFunction", resource=function))
    assert ask("POST", f"{api['ApiEndpoint']}/a", b"1").status == 200


def test_a_mapping_reads_in_the_role_of_its_function(strictly: Client, account: str) -> None:
    queue = f"arn:aws:sqs:us-east-1:{account}:q"
    strictly("sqs").create_queue(QueueName="q")
    make(strictly("lambda"), "f", Role=_role(strictly, _allow("sqs:ReceiveMessage", resource=queue)))

    def add(source: str, **more: Any) -> Any:
        return strictly("lambda").create_event_source_mapping(FunctionName="f", EventSourceArn=source, **more)

    assert _refused(lambda: add(queue)) == (
        "InvalidParameterValueException",
        400,
        "The function execution role does not have permissions to call DeleteMessage on SQS",
    )
    strictly("kinesis").create_stream(StreamName="s", ShardCount=1)
    stream = f"arn:aws:kinesis:us-east-1:{account}:stream/s"
    assert _refused(lambda: add(stream, StartingPosition="LATEST"))[2] == (
        f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, GetShardIterator, "
        "DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
    )
    _put(strictly, _allow("sqs:*", resource=queue), _allow("kinesis:*"))
    assert add(queue)["State"] == "Creating"
    assert add(stream, StartingPosition="LATEST")["State"] == "Creating"


def test_a_pipe_reads_in_its_role(strictly: Client, strict: str, account: str) -> None:
    source, target = (f"arn:aws:sqs:us-east-1:{account}:{name}" for name in ("q", "out"))
    for name in ("q", "out"):
        strictly("sqs").create_queue(QueueName=name)
    role = _role(strictly, _allow("sqs:SendMessage", "sqs:ReceiveMessage"))
    strictly("pipes").create_pipe(Name="p", Source=source, Target=target, RoleArn=role)
    settle(strictly("pipes"))
    pipe = strictly("pipes").describe_pipe(Name="p")
    assert (pipe["CurrentState"], "perform: sqs:DeleteMessage" in pipe["StateReason"]) == ("CREATE_FAILED", True)
    _put(strictly, _allow("sqs:*"))
    strictly("pipes").start_pipe(Name="p")
    settle(strictly("pipes"))
    assert strictly("pipes").describe_pipe(Name="p")["CurrentState"] == "RUNNING"
    (lacking,) = Headwater(strict).permissions(role)
    assert (lacking["action"], lacking["sessions"]) == ("sqs:DeleteMessage", ["p"])


def test_what_is_no_arn_is_weighed_as_a_resource_of_nobody(strictly: Client, strict: str) -> None:
    actor = _assume(strictly, strict, _role(strictly))
    code, _, message = _refused(lambda: actor("sns").publish(TopicArn="a", Message="m"))
    assert (code, message.partition(" resource: ")[2].split()[0]) == ("AuthorizationError", "a")


def test_without_enforcement_it_is_told_and_done(aws: Client, account: str, endpoint: str) -> None:
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    role = _role(aws, _allow("s3:*"), Path="/service/")
    source = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["url"], MessageBody="m")
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
    make(aws("lambda"), "f", source, Role=role)
    for _ in range(2):
        answer = aws("lambda").invoke(FunctionName="f", Payload=json.dumps({"url": url}))
        assert json.loads(answer["Payload"].read()) == f"arn:aws:sts::{account}:assumed-role/actor/f"
    assert len(aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) >= 1
    headwater = Headwater(endpoint)
    (lacking,) = headwater.permissions(f"arn:aws:iam::{account}:role/actor")
    assert {name: lacking[name] for name in ("action", "sessions", "times", "refused")} == {  # type: ignore[literal-required]
        "action": "sqs:SendMessage",
        "sessions": ["f"],
        "times": 2,
        "refused": False,
    }
    told = [
        span["notes"]["AWS would refuse this"]
        for invoked in headwater.trace(lacking["trace"])["spans"]
        for span in invoked["children"]
        if "AWS would refuse this" in span["notes"]
    ]
    assert told == [
        f"arn:aws:sts::{account}:assumed-role/actor/f is not authorized to perform: sqs:SendMessage on resource: "
        f"arn:aws:sqs:us-east-1:{account}:q because no identity-based policy allows the sqs:SendMessage action"
    ]


@pytest.mark.parametrize(
    "principal", ["x:assumed-role/y", "arn:aws:sts::000000000000:assumed-role/actor", ":assumed-role/"]
)
def test_a_forged_principal_is_nobody(strictly: Client, strict: str, account: str, principal: str) -> None:
    _role(strictly)
    sqs = boto3.client(
        "sqs",
        endpoint_url=strict,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="k",
        aws_session_token=standing_token(principal),
    )
    assert sqs.create_queue(QueueName="q")["QueueUrl"]


def test_nobody_else_is_asked(strictly: Client, account: str) -> None:
    """Not a function whose role IAM does not have, and no client with keys of no role."""
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    source = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["url"], MessageBody="m")
"""
    make(strictly("lambda"), "f", source, Role=f"arn:aws:iam::{account}:role/none")
    assert "FunctionError" not in strictly("lambda").invoke(FunctionName="f", Payload=json.dumps({"url": url}))
    assert strictly("sqs").receive_message(QueueUrl=url)["Messages"]
