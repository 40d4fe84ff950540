"""Users of IAM, whose access keys sign requests, and sessions with policies of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from headwater.client import Headwater
from tests.conftest import Client

Actor = Callable[[str], Any]
QUIET = Config(inject_host_prefix=False, s3={"addressing_style": "path"}, retries={"max_attempts": 0})


def _policy(*actions: str, resource: Any = "*", effect: str = "Allow", **more: Any) -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _acting(endpoint: str, key: str, secret: str, token: str | None = None) -> Actor:
    given = {"aws_access_key_id": key, "aws_secret_access_key": secret, "aws_session_token": token}
    return lambda service: boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", config=QUIET, **given)


def _user(aws: Client, endpoint: str, *, policy: str | None = None, name: str = "alice", **more: Any) -> Actor:
    aws("iam").create_user(UserName=name, **more)
    if policy:
        aws("iam").put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
    key = aws("iam").create_access_key(UserName=name)["AccessKey"]
    return _acting(endpoint, key["AccessKeyId"], key["SecretAccessKey"])


def _in_session(endpoint: str, answer: dict[str, Any]) -> Actor:
    given = answer["Credentials"]
    return _acting(endpoint, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def _outcome(function: Callable[[], Any]) -> str:
    """What AWS says at the end where it refuses; '' where it is done."""
    try:
        function()
    except ClientError as error:
        message = error.response["Error"]["Message"]
        return str(message[min(i for i in (message.find(" because"), message.find(" with"), len(message)) if i >= 0) :])
    return ""


def test_a_key_is_its_users(strictly: Client, strict: str, account: str) -> None:
    alice = _user(strictly, strict, Path="/staff/")
    arn = f"arn:aws:iam::{account}:user/staff/alice"
    who = alice("sts").get_caller_identity()
    assert (who["Arn"], who["Account"], who["UserId"][:4]) == (arn, account, "AIDA")
    strictly("iam").put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=_policy("iam:*"))
    iam = alice("iam")
    assert iam.get_user()["User"]["Arn"] == arn
    own = iam.create_access_key()["AccessKey"]
    assert own["UserName"] == "alice"
    assert {each["AccessKeyId"] for each in iam.list_access_keys()["AccessKeyMetadata"]} >= {own["AccessKeyId"]}
    second = _acting(strict, own["AccessKeyId"], "secret")
    strictly("iam").update_access_key(UserName="alice", AccessKeyId=own["AccessKeyId"], Status="Inactive")
    for service, call, code in (
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("dynamodb", "list_tables", "UnrecognizedClientException"),
        ("lambda", "list_functions", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
    ):
        with pytest.raises(ClientError) as caught:
            getattr(second(service), call)()
        assert caught.value.response["Error"]["Code"] == code
    strictly("iam").delete_access_key(UserName="alice", AccessKeyId=own["AccessKeyId"])
    assert second("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root", "nobody's any more"


def test_a_user_may_what_any_of_his_policies_allows(strictly: Client, strict: str, account: str) -> None:
    alice = _user(strictly, strict)
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    queue, iam = f"arn:aws:sqs:us-east-1:{account}:q", strictly("iam")

    def send() -> str:
        return _outcome(lambda: alice("sqs").send_message(QueueUrl=url, MessageBody="m"))

    nothing = " because no identity-based policy allows the sqs:sendmessage action"
    assert send() == nothing
    iam.create_group(GroupName="g")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=_policy("sqs:SendMessage", resource=queue))
    assert send() == nothing
    iam.add_user_to_group(GroupName="g", UserName="alice")
    assert send() == ""
    iam.put_user_policy(UserName="alice", PolicyName="no", PolicyDocument=_policy("sqs:*", effect="Deny"))
    assert send() == " with an explicit deny in an identity-based policy"
    iam.delete_user_policy(UserName="alice", PolicyName="no")
    narrow = iam.create_policy(PolicyName="narrow", PolicyDocument=_policy("s3:*"))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="alice", PermissionsBoundary=narrow)
    assert iam.get_user(UserName="alice")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == narrow
    assert send() == " because no permissions boundary allows the sqs:sendmessage action"
    iam.delete_user_permissions_boundary(UserName="alice")
    iam.remove_user_from_group(GroupName="g", UserName="alice")
    assert send() == nothing
    named = _policy("sqs:*", resource="arn:aws:sqs:*:*:${aws:username}-*")
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=named)
    assert send() == nothing
    own = strictly("sqs").create_queue(QueueName="alice-queue")["QueueUrl"]
    alice("sqs").send_message(QueueUrl=own, MessageBody="m")


@pytest.mark.parametrize("kind", ["queue", "topic", "bucket", "table", "bus", "secret"])
def test_a_resource_shuts_a_user_out(strictly: Client, strict: str, account: str, kind: str) -> None:
    alice = _user(strictly, strict, policy=_policy("*"))
    arn, put, use = _resource(strictly, alice, kind, account)
    use()
    user = f"arn:aws:iam::{account}:user/alice"
    deny = {"Sid": "no", "Effect": "Deny", "Principal": {"AWS": user}, "Action": f"{arn.split(':')[2]}:*"}
    put(json.dumps({"Version": "2012-10-17", "Statement": [{**deny, "Resource": [arn, *_below(arn)]}]}))
    assert _outcome(use) == " with an explicit deny in a resource-based policy"


def _below(arn: str) -> list[str]:
    return [f"{arn}/*"] if ":s3:" in arn else []


def _resource(
    aws: Client, alice: Actor, kind: str, account: str
) -> tuple[str, Callable[[str], Any], Callable[[], Any]]:
    """Its ARN, how it is given a policy, and how somebody uses it."""
    if kind == "queue":
        url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
        return (
            f"arn:aws:sqs:us-east-1:{account}:q",
            lambda policy: aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy}),
            lambda: alice("sqs").send_message(QueueUrl=url, MessageBody="m"),
        )
    if kind == "topic":
        topic = aws("sns").create_topic(Name="t")["TopicArn"]
        return (
            topic,
            lambda policy: aws("sns").set_topic_attributes(
                TopicArn=topic, AttributeName="Policy", AttributeValue=policy.replace("sns:*", "sns:Publish")
            ),
            lambda: alice("sns").publish(TopicArn=topic, Message="m"),
        )
    if kind == "bucket":
        name = f"shut-{account}"
        aws("s3").create_bucket(Bucket=name)
        return (
            f"arn:aws:s3:::{name}",
            lambda policy: aws("s3").put_bucket_policy(Bucket=name, Policy=policy),
            lambda: alice("s3").put_object(Bucket=name, Key="k", Body=b""),
        )
    if kind == "table":
        made = aws("dynamodb").create_table(
            TableName="items",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )["TableDescription"]["TableArn"]
        return (
            made,
            lambda policy: aws("dynamodb").put_resource_policy(
                ResourceArn=made, Policy=policy.replace("dynamodb:*", "dynamodb:PutItem")
            ),
            lambda: alice("dynamodb").put_item(TableName="items", Item={"pk": {"S": "a"}}),
        )
    if kind == "bus":
        bus = aws("events").create_event_bus(Name="b")["EventBusArn"]
        entry = {"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": "b"}
        return (
            bus,
            lambda policy: aws("events").put_permission(EventBusName="b", Policy=policy),
            lambda: alice("events").put_events(Entries=[entry]),
        )
    secret = aws("secretsmanager").create_secret(Name="s", SecretString="x")["ARN"]
    return (
        secret,
        lambda policy: aws("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=policy),
        lambda: alice("secretsmanager").get_secret_value(SecretId=secret),
    )


def test_a_user_takes_a_role_on(strictly: Client, strict: str, account: str) -> None:
    alice, iam = _user(strictly, strict)("sts"), strictly("iam")

    def trust(principal: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{account}:user/bob"))["Role"]

    def attempt() -> str:
        try:
            alice.assume_role(RoleArn=role["Arn"], RoleSessionName="me")
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return ""

    refused = f"User: arn:aws:iam::{account}:user/alice is not authorized to perform: sts:AssumeRole on resource: "
    assert attempt() == refused + role["Arn"], "he is not bob"
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(f"arn:aws:iam::{account}:root"))
    assert attempt() == refused + role["Arn"], "his account is trusted, he has no policy"
    may = _policy("sts:AssumeRole", resource=role["Arn"])
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=may)
    assert attempt() == ""
    iam.delete_user_policy(UserName="alice", PolicyName="own")
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust(f"arn:aws:iam::{account}:user/alice"))
    assert attempt() == "", "he is named himself"


def test_sessions_with_policies_of_their_own(strictly: Client, strict: str, account: str) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam, sts = strictly("iam"), strictly("sts")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=_policy("sqs:*", "s3:*"))
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    bought = iam.create_policy(PolicyName="send", PolicyDocument=_policy("sqs:SendMessage"))["Policy"]["Arn"]
    lacking = " because no session policy allows the sqs:receivemessage action"

    def attempts(answer: dict[str, Any]) -> tuple[str, str]:
        sqs = _in_session(strict, answer)("sqs")
        return (
            _outcome(lambda: sqs.send_message(QueueUrl=url, MessageBody="m")),
            _outcome(lambda: sqs.receive_message(QueueUrl=url)),
        )

    asked = {"RoleArn": role, "RoleSessionName": "me"}
    assert attempts(sts.assume_role(**asked)) == ("", "")
    assert attempts(sts.assume_role(**asked, Policy=_policy("sqs:SendMessage", "lambda:*"))) == ("", lacking)
    assert attempts(sts.assume_role(**asked, PolicyArns=[{"arn": bought}])) == ("", lacking)
    assert attempts(sts.assume_role(**asked, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/Unknown"}])) == ("", "")
    with pytest.raises(ClientError) as caught:
        sts.assume_role(**asked, Policy="{")
    assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"
    tagged = _policy("sqs:SendMessage", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=tagged)
    assert attempts(sts.assume_role(**asked))[0] != ""
    assert attempts(sts.assume_role(**asked, Tags=[{"Key": "team", "Value": "blue"}]))[0] == ""


def test_federated_users(strictly: Client, strict: str) -> None:
    alice = _user(strictly, strict, policy=_policy("sqs:*", "sts:GetFederationToken"))
    url = strictly("sqs").create_queue(QueueName="q")["QueueUrl"]
    guest = _in_session(strict, alice("sts").get_federation_token(Name="guest", Policy=_policy("sqs:Send*", "s3:*")))
    guest("sqs").send_message(QueueUrl=url, MessageBody="m")
    assert _outcome(lambda: guest("sqs").receive_message(QueueUrl=url)).startswith(" because no session policy")
    assert _outcome(lambda: guest("s3").list_buckets()).startswith(" because no identity-based policy")
    nobody = _in_session(strict, alice("sts").get_federation_token(Name="nobody"))
    assert _outcome(lambda: nobody("sqs").list_queues()).startswith(" because no session policy")
    again = _in_session(strict, alice("sts").get_session_token())
    assert again("sts").get_caller_identity()["Arn"].endswith(":user/alice")
    assert _outcome(lambda: again("s3").list_buckets()).startswith(" because no identity-based policy")


def test_without_enforcement_it_is_told(aws: Client, endpoint: str, account: str) -> None:
    alice = _user(aws, endpoint, policy=_policy("s3:*"))
    url = alice("sqs").create_queue(QueueName="q")["QueueUrl"]
    alice("sqs").send_message(QueueUrl=url, MessageBody="m")
    lacking = Headwater(endpoint).permissions(f"arn:aws:iam::{account}:user/alice")
    assert {each["action"] for each in lacking} == {"sqs:CreateQueue", "sqs:SendMessage"}
    assert {each["refused"] for each in lacking} == {False}
