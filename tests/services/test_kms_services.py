"""Keys of KMS where services use them: named, shown, and refused when they cannot be used."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.test_kms import refusal
from tests.settling import wait_for

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def key(aws: Client) -> str:
    """The ARN of a key, also called ``alias/k``."""
    arn = str(aws("kms").create_key()["KeyMetadata"]["Arn"])
    aws("kms").create_alias(AliasName="alias/k", TargetKeyId=arn)
    return arn


def test_queues_and_topics(aws: Client, key: str) -> None:
    sqs, sns, kms = aws("sqs"), aws("sns"), aws("kms")
    url = sqs.create_queue(QueueName="q", Attributes={"KmsMasterKeyId": "alias/k"})["QueueUrl"]
    topic = sns.create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sns.publish(TopicArn=topic, Message="x")
    kms.disable_key(KeyId=key)
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x") == ("KMS.DisabledException", f"{key} is disabled.")
    assert refusal(sqs.receive_message, QueueUrl=url)[0] == "KMS.DisabledException"
    assert refusal(sns.publish, TopicArn=topic, Message="x")[0] == "KMSDisabled"
    kms.enable_key(KeyId=key)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/none"})
    assert refusal(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == "KMS.NotFoundException"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    sqs.send_message(QueueUrl=url, MessageBody="x")
    aliases = {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]}
    assert "TargetKeyId" in aliases["alias/aws/sqs"]


def test_tables(aws: Client, key: str) -> None:
    dynamodb = aws("dynamodb")
    table: dict[str, Any] = {
        "TableName": "ttt",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    missing = table | {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": NOBODY}}
    code, message = refusal(dynamodb.create_table, **missing)
    assert code == "ValidationException" and "does not exist" in message
    encrypted = {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/k"}}
    made = dynamodb.create_table(**table, **encrypted)["TableDescription"]
    assert made["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    dynamodb.update_table(TableName="ttt", SSESpecification={"Enabled": True})
    managed = aws("kms").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"]
    assert dynamodb.describe_table(TableName="ttt")["Table"]["SSEDescription"]["KMSMasterKeyArn"] == managed
    dynamodb.update_table(TableName="ttt", SSESpecification={"Enabled": False})
    assert "SSEDescription" not in dynamodb.describe_table(TableName="ttt")["Table"]


def test_secrets_and_parameters(aws: Client, key: str) -> None:
    secrets, ssm, kms = aws("secretsmanager"), aws("ssm"), aws("kms")
    assert refusal(secrets.create_secret, Name="x", SecretString="v", KmsKeyId=NOBODY) == (
        "EncryptionFailure",
        "Secrets Manager can't encrypt the protected secret text using the provided KMS key. "
        "Check that the KMS key is available, enabled, and not in an invalid state.",
    )
    secrets.create_secret(Name="s", SecretString="v", KmsKeyId="alias/k")
    assert secrets.describe_secret(SecretId="s")["KmsKeyId"] == "alias/k"
    assert refusal(ssm.put_parameter, Name="x", Value="v", Type="SecureString", KeyId=NOBODY)[0] == "InvalidKeyId"
    ssm.put_parameter(Name="p", Value="v", Type="SecureString", KeyId=key)
    assert ssm.get_parameter(Name="p", WithDecryption=True)["Parameter"]["Value"] == "v"
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "v"
    kms.disable_key(KeyId=key)
    assert refusal(ssm.get_parameter, Name="p", WithDecryption=True) == ("InvalidKeyId", f"{key} is disabled.")
    assert refusal(secrets.get_secret_value, SecretId="s")[0] == "DecryptionFailure"


def test_streams_and_log_groups(aws: Client, key: str) -> None:
    kinesis, logs = aws("kinesis"), aws("logs")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    wait_for(kinesis, "stream_exists", StreamName="s")
    named = {"StreamName": "s", "EncryptionType": "KMS"}
    assert refusal(kinesis.start_stream_encryption, **named, KeyId=NOBODY)[0] == "KMSNotFoundException"
    kinesis.start_stream_encryption(**named, KeyId="alias/k")
    logs.create_log_group(logGroupName="g")
    missing = key.replace(key.rpartition("/")[2], NOBODY)
    assert refusal(logs.associate_kms_key, logGroupName="g", kmsKeyId=missing) == (
        "InvalidParameterException",
        "The specified KMS Key Id could not be found.",
    )
    logs.associate_kms_key(logGroupName="g", kmsKeyId=key)
    assert logs.describe_log_groups(logGroupNamePrefix="g")["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="g")
    assert "kmsKeyId" not in logs.describe_log_groups(logGroupNamePrefix="g")["logGroups"][0]


def test_a_functions_key(aws: Client, key: str, account: str) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...")
    function = {
        "FunctionName": "f",
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": f"arn:aws:iam::{account}:role/r",
        "Code": {"ZipFile": package.getvalue()},
    }
    missing = key.replace(key.rpartition("/")[2], NOBODY)
    code, message = refusal(aws("lambda").create_function, **function, KMSKeyArn=missing)
    assert code == "InvalidParameterValueException"
    assert message.endswith(f"KMS Exception: NotFoundException KMS Message: Key '{missing}' does not exist")
    assert aws("lambda").create_function(**function, KMSKeyArn=key)["KMSKeyArn"] == key


def test_one_key_protects_a_whole_stack(aws: Client, account: str) -> None:
    arn = {"Fn::GetAtt": ["Key", "Arn"]}
    policy = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    resources: dict[str, Any] = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": [policy]}}},
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": {"Ref": "Key"}}},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": {"Ref": "Key"}}},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": arn}},
        "Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"KmsKeyId": arn, "SecretString": "v"}},
        "Machine": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "RoleArn": f"arn:aws:iam::{account}:role/r",
                "DefinitionString": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}),
                "EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": arn},
            },
        },
        "Bucket": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketEncryption": {
                    "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": encryption}]
                }
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": arn},
            },
        },
    }
    names = ("Bucket", "Key", "Logs", "Machine", "Queue", "Table")
    template = {"Resources": resources, "Outputs": {name: {"Value": {"Ref": name}} for name in names}}
    cloudformation = aws("cloudformation")
    cloudformation.create_stack(StackName="kept", TemplateBody=json.dumps(template))
    wait_for(cloudformation, "stack_create_complete", StackName="kept")
    (stack,) = cloudformation.describe_stacks(StackName="kept")["Stacks"]
    told = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    key = aws("kms").describe_key(KeyId=told["Key"])["KeyMetadata"]["Arn"]
    assert aws("s3").put_object(Bucket=told["Bucket"], Key="k", Body=b"x")["SSEKMSKeyId"] == key
    aws("sqs").send_message(QueueUrl=told["Queue"], MessageBody="x")
    table = aws("dynamodb").describe_table(TableName=told["Table"])["Table"]
    assert table["SSEDescription"]["KMSMasterKeyArn"] == key
    groups = aws("logs").describe_log_groups(logGroupNamePrefix=told["Logs"])["logGroups"]
    assert groups[0]["kmsKeyId"] == key
    machine = aws("stepfunctions").describe_state_machine(stateMachineArn=told["Machine"])
    assert machine["encryptionConfiguration"]["kmsKeyId"] == key
