"""boto3 as it comes: resources, transfers, waiters and paginators; its own retries, the environment's endpoint."""

from __future__ import annotations

import io
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError, WaiterError

from headwater.services.cloudformation import patience
from tests.services.lambda_lab import make, package, receive

STACK = "Resources: {Queue: {Type: AWS::SQS::Queue}}\nOutputs: {Url: {Value: !Ref Queue}}"


@pytest.fixture
def session(endpoint: str, account: str, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """Nothing but the environment says where AWS is."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DISABLE_HOST_PREFIX_INJECTION", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return boto3.Session()


def test_sqs(session: boto3.Session) -> None:
    sqs = session.resource("sqs")
    queue = sqs.create_queue(QueueName="a", Attributes={"VisibilityTimeout": "30"})
    assert sqs.get_queue_by_name(QueueName="a").url == queue.url
    queue.send_message(MessageBody="one", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
    queue.send_messages(Entries=[{"Id": str(n), "MessageBody": f"m{n}"} for n in range(3)])
    assert queue.attributes["ApproximateNumberOfMessages"] == "4"
    found = {}
    while len(found) < 4:
        for message in queue.receive_messages(MaxNumberOfMessages=10, WaitTimeSeconds=5, MessageAttributeNames=["All"]):
            found[message.body] = message.message_attributes
            message.delete()
    assert found.keys() == {"one", "m0", "m1", "m2"}
    assert found["one"]["k"]["StringValue"] == "v"
    assert [each.url for each in sqs.queues.filter(QueueNamePrefix="a")] == [queue.url]
    queue.purge()
    queue.delete()
    with pytest.raises(sqs.meta.client.exceptions.QueueDoesNotExist):
        sqs.get_queue_by_name(QueueName="a")


def test_sns(session: boto3.Session) -> None:
    sns, sqs = session.resource("sns"), session.resource("sqs")
    queue = sqs.create_queue(QueueName="a")
    topic = sns.create_topic(Name="t")
    subscription = topic.subscribe(
        Protocol="sqs", Endpoint=queue.attributes["QueueArn"], Attributes={"RawMessageDelivery": "true"}
    )
    topic.publish(Message="hello")
    (message,) = receive(session.client("sqs"), queue.url)
    assert message["Body"] == "hello"
    assert [each.arn for each in sns.topics.all()] == [topic.arn]
    assert [each.arn for each in topic.subscriptions.all()] == [subscription.arn]
    subscription.delete()
    topic.delete()


def test_dynamodb(session: boto3.Session) -> None:
    dynamodb = session.resource("dynamodb")
    table = dynamodb.create_table(
        TableName="users",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "name", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    table.wait_until_exists()
    assert table.item_count == 0
    item = {"name": "a", "at": 1, "n": Decimal("1.5"), "s": {"x"}, "b": b"\x00", "l": [None, True, {"k": Decimal(1)}]}
    table.put_item(Item=item)
    got = table.get_item(Key={"name": "a", "at": 1})["Item"]
    assert got == item
    with table.batch_writer(overwrite_by_pkeys=["name", "at"]) as batch:
        for number in range(60):
            batch.put_item(Item={"name": "many", "at": number, "odd": number % 2 == 1})
    found = table.query(
        KeyConditionExpression=Key("name").eq("many") & Key("at").between(10, 19), FilterExpression=Attr("odd").eq(True)
    )
    assert [entry["at"] for entry in found["Items"]] == [11, 13, 15, 17, 19]
    pages = (
        session.client("dynamodb").get_paginator("scan").paginate(TableName="users", PaginationConfig={"PageSize": 25})
    )
    assert [len(page["Items"]) for page in pages] == [25, 25, 11]
    with pytest.raises(dynamodb.meta.client.exceptions.ConditionalCheckFailedException):
        table.put_item(Item=item, ConditionExpression=Attr("name").not_exists())
    assert [each.name for each in dynamodb.tables.all()] == ["users"]
    table.delete()
    table.wait_until_not_exists()


def test_s3(session: boto3.Session, account: str) -> None:
    s3 = session.resource("s3")
    bucket = s3.create_bucket(Bucket=f"bucket-{account}")
    bucket.wait_until_exists()
    made = bucket.put_object(Key="dir/a.txt", Body=b"hello", Metadata={"k": "v"})
    made.wait_until_exists()
    read = s3.Object(bucket.name, "dir/a.txt")
    assert (read.get()["Body"].read(), read.metadata, read.content_length) == (b"hello", {"k": "v"}, 5)
    s3.Object(bucket.name, "copy").copy({"Bucket": bucket.name, "Key": "dir/a.txt"})
    assert [each.key for each in bucket.objects.filter(Prefix="dir/")] == ["dir/a.txt"]
    for number in range(30):
        bucket.put_object(Key=f"page/{number:02}", Body=b"")
    paginator = session.client("s3").get_paginator("list_objects_v2")
    pages = paginator.paginate(Bucket=bucket.name, Prefix="page/", PaginationConfig={"PageSize": 12})
    assert [len(page["Contents"]) for page in pages] == [12, 12, 6]
    versioning = bucket.Versioning()
    versioning.enable()
    assert versioning.status == "Enabled"
    bucket.put_object(Key="copy", Body=b"newer")
    assert len(list(bucket.object_versions.filter(Prefix="copy"))) == 2
    with pytest.raises(ClientError, match=r"\(404\) when calling the HeadObject operation: Not Found"):
        s3.Object(bucket.name, "none").load()
    bucket.object_versions.delete()
    bucket.delete()
    bucket.wait_until_not_exists()


@pytest.mark.parametrize("threads", [True, False])
def test_transfers_of_30_mb(session: boto3.Session, account: str, tmp_path: Path, threads: bool) -> None:
    s3 = session.client("s3")
    name = f"bucket-{account}"
    s3.create_bucket(Bucket=name)
    content = os.urandom(1 << 20) * 30
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    moved: list[int] = []
    config = TransferConfig(use_threads=threads)
    s3.upload_file(str(source), name, "large", ExtraArgs={"ContentType": "x/y"}, Callback=moved.append, Config=config)
    assert sum(moved) == len(content)
    head = s3.head_object(Bucket=name, Key="large")
    assert (head["ContentType"], head["ContentLength"]) == ("x/y", len(content))
    assert head["ETag"].endswith('-4"')
    s3.download_file(name, "large", str(target), Config=config)
    assert target.read_bytes() == content
    buffer = io.BytesIO()
    s3.copy({"Bucket": name, "Key": "large"}, name, "copied", Config=config)
    s3.download_fileobj(name, "copied", buffer, Config=config)
    assert buffer.getvalue() == content


def test_cloudformation(session: boto3.Session) -> None:
    cloudformation = session.resource("cloudformation")
    stack = cloudformation.create_stack(StackName="s", TemplateBody=STACK)
    session.client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack.name)
    stack.reload()
    assert stack.stack_status == "CREATE_COMPLETE"
    assert [each.logical_resource_id for each in stack.resource_summaries.all()] == ["Queue"]
    assert stack.Resource("Queue").physical_resource_id == stack.outputs[0]["OutputValue"]
    assert next(iter(stack.events.all())).resource_status == "CREATE_COMPLETE"
    stack.delete()
    session.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=stack.name)
    assert [each.name for each in cloudformation.stacks.all()] == []


def test_a_stack_that_fails_ends_the_waiter(session: boto3.Session) -> None:
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody="Resources: {Thing: {Type: AWS::EC2::Instance}}")
    with pytest.raises(WaiterError, match="terminal failure state"):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="s")


def test_a_stack_that_takes_long_is_shown_as_it_is(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 0.05)
    silent = make(session.client("lambda"), "silent")
    thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": silent, "ServiceTimeout": 60}}
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"Thing": thing}}))
    (stack,) = cloudformation.describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_IN_PROGRESS"


def test_waiters_of_functions(session: boto3.Session) -> None:
    lambda_ = session.client("lambda")
    make(lambda_, "f")
    for waiter in ("function_exists", "function_active", "function_active_v2", "function_updated_v2"):
        lambda_.get_waiter(waiter).wait(FunctionName="f")
    lambda_.publish_version(FunctionName="f")
    lambda_.get_waiter("published_version_active").wait(FunctionName="f", Qualifier="1")
    lambda_.update_function_code(FunctionName="f", ZipFile=package("def handler(event, context):\n    return 2\n"))
    lambda_.get_waiter("function_updated").wait(FunctionName="f")
    assert lambda_.invoke(FunctionName="f")["Payload"].read() == b"2"
    assert len(list(lambda_.get_paginator("list_versions_by_function").paginate(FunctionName="f"))) == 1


def test_iam(session: boto3.Session, account: str) -> None:
    iam = session.resource("iam")
    trust = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}}
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))
    iam.meta.client.get_waiter("role_exists").wait(RoleName="r")
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    policy = iam.create_policy(PolicyName="p", PolicyDocument=json.dumps(allow))
    role.attach_policy(PolicyArn=policy.arn)
    assert [each.arn for each in role.attached_policies.all()] == [policy.arn]
    assert iam.Role("r").assume_role_policy_document == trust
    user = iam.create_user(UserName="u")
    assert user.create_access_key_pair().user_name == "u"
    assert [each.name for each in iam.users.all()] == ["u"]


def test_cloudwatch(session: boto3.Session) -> None:
    cloudwatch = session.resource("cloudwatch")
    alarm = cloudwatch.Metric("Shop", "Orders").put_alarm(
        AlarmName="few",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="LessThanThreshold",
    )
    alarm.set_state(StateValue="ALARM", StateReason="by hand")
    session.client("cloudwatch").get_waiter("alarm_exists").wait(AlarmNames=["few"])
    (found,) = cloudwatch.alarms.filter(StateValue="ALARM")
    assert (found.name, found.threshold) == ("few", 1.0)


def test_a_function_calls_start_sync_execution(session: boto3.Session, account: str) -> None:
    """Its host has a prefix, against which the environment of functions has a variable."""
    states = session.client("stepfunctions")
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 1, "End": True}}}
    machine = {"definition": json.dumps(definition), "roleArn": f"arn:aws:iam::{account}:role/r", "type": "EXPRESS"}
    arn = states.create_state_machine(name="m", **machine)["stateMachineArn"]
    assert states.start_sync_execution(stateMachineArn=arn)["output"] == "1"
    source = (
        "import boto3\nstates = boto3.client('stepfunctions')\n"
        "def handler(event, context):\n    return states.start_sync_execution(stateMachineArn=event)['output']\n"
    )
    lambda_ = session.client("lambda")
    make(lambda_, "f", source)
    answer = lambda_.invoke(FunctionName="f", Payload=json.dumps(arn))
    assert json.loads(answer["Payload"].read()) == "1"


def test_pages_of_everything(session: boto3.Session, account: str) -> None:
    ssm, events, logs = session.client("ssm"), session.client("events"), session.client("logs")
    states, sqs = session.client("stepfunctions"), session.client("sqs")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    for number in range(5):
        ssm.put_parameter(Name=f"/p/{number}", Value="v", Type="String")
        events.put_rule(Name=f"rule{number}", EventPattern='{"source": ["a"]}')
        logs.create_log_group(logGroupName=f"group{number}")
        sqs.create_queue(QueueName=f"queue{number}")
        role = f"arn:aws:iam::{account}:role/r"
        states.create_state_machine(name=f"m{number}", definition=definition, roleArn=role)

    def counted(client: Any, operation: str, member: str, **request: Any) -> list[int]:
        pages = client.get_paginator(operation).paginate(**request, PaginationConfig={"PageSize": 2})
        return [len(page[member]) for page in pages]

    assert counted(ssm, "get_parameters_by_path", "Parameters", Path="/p") == [2, 2, 1]
    assert counted(ssm, "describe_parameters", "Parameters") == [2, 2, 1]
    assert counted(events, "list_rules", "Rules") == [2, 2, 1]
    assert counted(logs, "describe_log_groups", "logGroups") == [2, 2, 1]
    assert counted(sqs, "list_queues", "QueueUrls") == [2, 2, 1]
    assert counted(states, "list_state_machines", "stateMachines") == [2, 2, 1]
