"""Keys of KMS and who may use them: by IAM's policies, the key's own, and grants; directly, and through a service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import make
from tests.services.test_role_permissions import Actor, _allow, _assume, _put, _refused, _role
from tests.services.test_user_permissions import _policy, _user
from tests.settling import settle


def _key(aws: Client) -> str:
    arn: str = aws("kms").create_key()["KeyMetadata"]["Arn"]
    return arn


def _why(function: Callable[[], Any]) -> tuple[str, int, str]:
    """Code, status, and what is said from the action on."""
    code, status, message = _refused(function)
    return code, status, message.partition(" perform: ")[2] or message


def _make_table(aws: Client | Actor, name: str, key: str) -> None:
    aws("dynamodb").create_table(
        TableName=name, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )  # fmt: skip


def _encrypted_stream(key: str) -> Callable[[Client], None]:
    def make_stream(aws: Client) -> None:
        aws("kinesis").create_stream(StreamName="s", ShardCount=1)
        settle(aws("kinesis"))
        aws("kinesis").start_stream_encryption(StreamName="s", EncryptionType="KMS", KeyId=key)
        settle(aws("kinesis"))

    return make_stream


def _uses(account: str, key: str) -> dict[str, tuple[Callable[[Actor], Any], Callable[[Client], Any], str, str]]:
    """By service: what is done in a role, what is made for it, what it takes, the code that it answers."""
    queue, topic = f"arn:aws:sqs:us-east-1:{account}:q", f"arn:aws:sns:us-east-1:{account}:t"
    iterator: list[str] = []
    url, bucket = f"http://localhost/{account}/q", f"keys-{account}"
    return {
        "sqs:SendMessage": (
            lambda me: me("sqs").send_message(QueueUrl=url, MessageBody="m"),
            lambda aws: aws("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key}),
            "kms:GenerateDataKey kms:Decrypt", "KMS.AccessDeniedException"),
        "sqs:ReceiveMessage": (
            lambda me: me("sqs").receive_message(QueueUrl=url), lambda aws: queue,
            "kms:Decrypt", "KMS.AccessDeniedException"),
        "sns:Publish": (
            lambda me: me("sns").publish(TopicArn=topic, Message="m"),
            lambda aws: aws("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key}),
            "kms:GenerateDataKey kms:Decrypt", "KMSAccessDenied"),
        "s3:PutObject": (
            lambda me: me("s3").put_object(
                Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key),
            lambda aws: aws("s3").create_bucket(Bucket=bucket), "kms:GenerateDataKey", "AccessDenied"),
        "s3:GetObject": (
            lambda me: me("s3").get_object(Bucket=bucket, Key="r"),
            lambda aws: aws("s3").put_object(
                Bucket=bucket, Key="r", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key),
            "kms:Decrypt", "AccessDenied"),
        "secretsmanager:GetSecretValue": (
            lambda me: me("secretsmanager").get_secret_value(SecretId="s"),
            lambda aws: aws("secretsmanager").create_secret(Name="s", SecretString="s", KmsKeyId=key),
            "kms:Decrypt", "AccessDeniedException"),
        "ssm:GetParameter": (
            lambda me: me("ssm").get_parameter(Name="p", WithDecryption=True),
            lambda aws: aws("ssm").put_parameter(Name="p", Value="v", Type="SecureString", KeyId=key),
            "kms:Decrypt", "AccessDeniedException"),
        "kinesis:PutRecord": (
            lambda me: me("kinesis").put_record(StreamName="s", PartitionKey="p", Data=b"d"),
            _encrypted_stream(key), "kms:GenerateDataKey", "KMSAccessDeniedException"),
        "kinesis:GetRecords": (
            lambda me: me("kinesis").get_records(ShardIterator=iterator[0]),
            lambda aws: iterator.append(aws("kinesis").get_shard_iterator(
                StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON")["ShardIterator"]),
            "kms:Decrypt", "KMSAccessDeniedException"),
        "dynamodb:GetItem": (
            lambda me: me("dynamodb").get_item(TableName="kept", Key={"pk": {"S": "a"}}),
            lambda aws: _make_table(aws, "kept", key), "kms:Decrypt", "AccessDeniedException"),
        "dynamodb:BatchWriteItem": (
            lambda me: me("dynamodb").batch_write_item(
                RequestItems={"kept": [{"PutRequest": {"Item": {"pk": {"S": "a"}}}}]}),
            lambda aws: None, "kms:Decrypt", "AccessDeniedException"),
        "dynamodb:CreateTable": (
            lambda me: _make_table(me, "table", key),
            lambda aws: None, "kms:DescribeKey kms:CreateGrant", "AccessDeniedException"),
    }  # fmt: skip


def test_what_is_encrypted_takes_its_key(strictly: Client, strict: str, account: str) -> None:
    key = _key(strictly)
    me = _assume(strictly, strict, _role(strictly))
    for name, (use, prepare, needed, code) in _uses(account, key).items():
        prepare(strictly)
        allowed = [_allow(name)]
        for action in needed.split():
            _put(strictly, *allowed)
            told = f"{action} on resource: {key} because no identity-based policy allows the {action} action"
            if name.startswith("secretsmanager"):
                told = "Access to KMS is not allowed"
            assert _why(lambda use=use: use(me)) == (code, 403 if code == "AccessDenied" else 400, told), name  # type: ignore[misc]
            service = f"{name.partition(':')[0]}.us-east-1.amazonaws.com"
            through = {"Condition": {"StringEquals": {"kms:ViaService": service}}}
            allowed.append(_allow(action, resource=key, **through))
        _put(strictly, *allowed)
        use(me)


def test_without_enforcement_it_is_told(aws: Client, endpoint: str, account: str) -> None:
    services = ("dynamodb", "kinesis", "s3", "secretsmanager", "sns", "sqs", "ssm")
    key, role = _key(aws), _role(aws, _allow(*(f"{service}:*" for service in services)))
    me = _assume(aws, endpoint, role)
    for use, prepare, *_ in _uses(account, key).values():
        prepare(aws)
        use(me)
    lacking = {each["action"]: (each["resource"], each["times"]) for each in Headwater(endpoint).permissions(role)}
    assert lacking == {
        "kms:GenerateDataKey": (key, 4), "kms:Decrypt": (key, 9),
        "kms:DescribeKey": (key, 1), "kms:CreateGrant": (key, 1),
    }  # fmt: skip


def test_direct_use_is_weighed_by_key(strictly: Client, strict: str, account: str) -> None:
    key, other = _key(strictly), _key(strictly)
    alice = _user(strictly, strict, policy=_policy("kms:Encrypt", "kms:CreateAlias", "kms:ReEncryptFrom", resource=key))
    kms = alice("kms")
    blob = kms.encrypt(KeyId=key, Plaintext=b"a")["CiphertextBlob"]
    none = "because no identity-based policy allows the kms:{0} action"

    def lacked(action: str, resource: str, attempt: Callable[[], Any]) -> None:
        told = f"kms:{action} on resource: {resource} {none.format(action)}"
        assert _why(attempt) == ("AccessDeniedException", 400, told)

    lacked("Encrypt", other, lambda: kms.encrypt(KeyId=other, Plaintext=b"a"))
    lacked("Decrypt", key, lambda: kms.decrypt(CiphertextBlob=blob))
    lacked("ReEncryptTo", other, lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=other))
    alias = f"arn:aws:kms:us-east-1:{account}:alias/a"
    lacked("CreateAlias", alias, lambda: kms.create_alias(AliasName="alias/a", TargetKeyId=key))
    strictly("kms").create_alias(AliasName="alias/a", TargetKeyId=key)
    assert kms.encrypt(KeyId="alias/a", Plaintext=b"a")["KeyId"] == key
    lacked("CreateKey", "*", kms.create_key)
    through = {"Condition": {"StringLike": {"kms:ViaService": "sqs.*"}}}
    may = _policy("kms:Decrypt", resource=key, **through)
    strictly("iam").put_user_policy(UserName="alice", PolicyName="through", PolicyDocument=may)
    lacked("Decrypt", key, lambda: kms.decrypt(CiphertextBlob=blob))
    context = {"Condition": {"StringEquals": {"kms:EncryptionContext:of": "nothing of which is known here"}}}
    may = _policy("kms:Decrypt", resource=key, **context)
    strictly("iam").put_user_policy(UserName="alice", PolicyName="through", PolicyDocument=may)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"a"


def test_the_policy_of_a_key_and_its_grants(strictly: Client, strict: str, account: str) -> None:
    key, kms = _key(strictly), strictly("kms")
    role = _role(strictly)
    me = _assume(strictly, strict, role)("kms")

    def encrypt() -> Any:
        return me.encrypt(KeyId=key, Plaintext=b"a")["KeyId"]

    def set_policy(*statements: dict[str, Any]) -> None:
        root = f"arn:aws:iam::{account}:root"
        may_change = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:Put*", "Resource": "*"}
        listed = [may_change, *({"Resource": "*", "Effect": "Allow", **each} for each in statements)]
        kms.put_key_policy(KeyId=key, Policy=json.dumps({"Version": "2012-10-17", "Statement": listed}))

    set_policy({"Principal": {"AWS": role}, "Action": "kms:Encrypt"})
    assert encrypt() == key, "named by the key, it needs no policy of its own"
    _put(strictly, _allow("kms:*"))
    set_policy()
    by_nobody = f"kms:Encrypt on resource: {key} because no resource-based policy allows the kms:Encrypt action"
    assert _why(encrypt) == ("AccessDeniedException", 400, by_nobody), "the key does not let IAM decide"
    given = {"KeyId": key, "GranteePrincipal": role, "Operations": ["Encrypt"]}
    grant = kms.create_grant(**given)["GrantId"]
    assert encrypt() == key
    kms.revoke_grant(KeyId=key, GrantId=grant)
    assert _why(encrypt)[2] == by_nobody
    deny = {"Principal": "*", "Action": "kms:Encrypt", "Effect": "Deny"}
    set_policy({"Principal": {"AWS": account}, "Action": "kms:*"}, deny)
    assert _why(encrypt)[2].endswith("with an explicit deny in a resource-based policy")


@pytest.mark.parametrize("alias", ["alias/aws/sqs", ""])
def test_keys_of_aws_are_anybodys_of_the_account(strictly: Client, strict: str, alias: str) -> None:
    url = strictly("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": alias})["QueueUrl"]
    me = _assume(strictly, strict, _role(strictly, _allow("sqs:*")))
    assert me("sqs").send_message(QueueUrl=url, MessageBody="m")["MessageId"]


def test_a_mapping_takes_the_key_of_its_queue(strictly: Client, account: str) -> None:
    key, role = _key(strictly), _role(strictly, _allow("sqs:*"))
    strictly("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})
    make(strictly("lambda"), "f", Role=role)

    def add() -> Any:
        queue = f"arn:aws:sqs:us-east-1:{account}:q"
        return strictly("lambda").create_event_source_mapping(FunctionName="f", EventSourceArn=queue)

    code, _, message = _refused(add)
    assert (code, "kms:Decrypt on resource: " + key in message) == ("InvalidParameterValueException", True)
    _put(strictly, _allow("sqs:*"), _allow("kms:Decrypt", resource=key))
    assert add()["State"] == "Creating"


def test_a_function_that_may_send_needs_the_key_too(aws: Client, endpoint: str, account: str) -> None:
    key, role = _key(aws), _role(aws, _allow("sqs:SendMessage"))
    url = aws("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    source = """
import boto3
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=event, MessageBody="m")
"""
    make(aws("lambda"), "f", source, Role=role)
    answer = aws("lambda").invoke(FunctionName="f", Payload=json.dumps(url))
    assert "FunctionError" not in answer
    lacking = {each["action"]: (each["resource"], each["sessions"]) for each in Headwater(endpoint).permissions(role)}
    assert lacking == {"kms:GenerateDataKey": (key, ["f"]), "kms:Decrypt": (key, ["f"])}
