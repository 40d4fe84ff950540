"""Secrets Manager through boto3: values and their stages, deletion on the clock, listings, passwords, templates."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.spine.engine import SYSTEM
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import wait_for

DAY = 86_400_000


@pytest.fixture
def secrets(aws: Client) -> Any:
    return aws("secretsmanager")


def refusal(error: Any) -> tuple[str, str]:
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


def test_a_value_and_its_stages(secrets: Any, account: str) -> None:
    made = secrets.create_secret(Name="db/password", SecretString="one", Description="d", Tags=[])
    arn = made["ARN"]
    assert arn.startswith(f"arn:aws:secretsmanager:us-east-1:{account}:secret:db/password-")
    assert len(arn.rpartition("-")[2]) == 6
    first = made["VersionId"]
    second = secrets.put_secret_value(SecretId=arn, SecretString="two")
    assert second["VersionStages"] == ["AWSCURRENT"]
    for name in ("db/password", arn, arn.rpartition("-")[0]):
        got = secrets.get_secret_value(SecretId=name)
        assert (got["SecretString"], got["VersionId"], got["VersionStages"]) == (
            "two",
            second["VersionId"],
            ["AWSCURRENT"],
        )
    assert secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId=arn, VersionId=first)["SecretString"] == "one"
    secrets.put_secret_value(SecretId=arn, SecretBinary=b"\x00\x01", VersionStages=["AWSPENDING"])
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")["SecretBinary"] == b"\x00\x01"
    described = secrets.describe_secret(SecretId=arn)
    assert described["VersionIdsToStages"][first] == ["AWSPREVIOUS"]
    assert described["Description"] == "d"
    secrets.update_secret_version_stage(
        SecretId=arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=first,
        RemoveFromVersionId=second["VersionId"],
    )
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "one"
    assert secrets.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")["SecretString"] == "two"
    listed = secrets.list_secret_version_ids(SecretId=arn)["Versions"]
    assert [version.get("VersionStages") for version in listed] == [["AWSCURRENT"], ["AWSPREVIOUS"], ["AWSPENDING"]]


def test_the_same_token_is_the_same_version(secrets: Any) -> None:
    token = "a" * 32
    made = secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=token)
    assert made["VersionId"] == token
    assert secrets.create_secret(Name="s", SecretString="one", ClientRequestToken=token)["ARN"] == made["ARN"]
    assert secrets.put_secret_value(SecretId="s", SecretString="one", ClientRequestToken=token)["VersionId"] == token
    with pytest.raises(ClientError) as error:
        secrets.put_secret_value(SecretId="s", SecretString="two", ClientRequestToken=token)
    assert refusal(error) == (
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
        f"{made['ARN']}.",
    )
    with pytest.raises(ClientError) as error:
        secrets.create_secret(Name="s", SecretString="one")
    assert refusal(error) == (
        "ResourceExistsException",
        "The operation failed because the secret s already exists.",
    )


def test_refusals(secrets: Any) -> None:
    secrets.create_secret(Name="empty")
    cases: list[tuple[str, dict[str, Any], str, str]] = [
        ("get_secret_value", {"SecretId": "none"}, "ResourceNotFoundException", "can't find the specified secret."),
        ("get_secret_value", {"SecretId": "empty"}, "ResourceNotFoundException", "staging label: AWSCURRENT"),
        ("create_secret", {"Name": "Inv Name"}, "ValidationException", "Invalid name. Must be a valid name"),
        ("put_secret_value", {"SecretId": "empty"}, "InvalidRequestException", "either SecretString or SecretBinary"),
        ("delete_secret", {"SecretId": "empty", "RecoveryWindowInDays": 6}, "InvalidParameterException", "between 7"),
        ("get_random_password", {"PasswordLength": 3}, "InvalidParameterException", "too short"),
        ("put_resource_policy", {"SecretId": "empty", "ResourcePolicy": "{}"}, "MalformedPolicyDocument", "malformed"),
    ]
    for name, request, code, message in cases:
        with pytest.raises(ClientError) as error:
            getattr(secrets, name)(**request)
        found = refusal(error)
        assert found[0].startswith(code), name
        assert message in found[1], name


def test_deletion_leaves_time_to_restore(timed: ServerThread) -> None:
    secrets = client_factory(timed.endpoint, "444455556666")("secretsmanager")
    secrets.create_secret(Name="s", SecretString="one")
    secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    with pytest.raises(ClientError) as error:
        secrets.get_secret_value(SecretId="s")
    assert "marked for deletion" in refusal(error)[1]
    with pytest.raises(ClientError) as error:
        secrets.create_secret(Name="s")
    assert refusal(error)[1].startswith("You can't create this secret because")
    timed.advance(6 * DAY)
    secrets.restore_secret(SecretId="s")
    timed.advance(6 * DAY)
    assert secrets.get_secret_value(SecretId="s")["SecretString"] == "one"
    secrets.delete_secret(SecretId="s", RecoveryWindowInDays=7)
    timed.advance(7 * DAY)
    with pytest.raises(ClientError) as error:
        secrets.describe_secret(SecretId="s")
    assert refusal(error)[0] == "ResourceNotFoundException"
    secrets.create_secret(Name="s")
    secrets.delete_secret(SecretId="s", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="s")


def test_listing_batches_and_tags(secrets: Any) -> None:
    for name in ("prod/db", "prod/api", "test/db"):
        secrets.create_secret(Name=name, SecretString=name, Tags=[{"Key": "team", "Value": name[:4]}])
    names = [
        entry["Name"] for entry in secrets.list_secrets(Filters=[{"Key": "name", "Values": ["prod"]}])["SecretList"]
    ]
    assert names == ["prod/db", "prod/api"]
    pages = secrets.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 2})
    assert [entry["Name"] for each in pages for entry in each["SecretList"]] == ["prod/db", "prod/api", "test/db"]
    chosen = [{"Key": "tag-value", "Values": ["!prod"]}]
    assert [value["SecretString"] for value in secrets.batch_get_secret_value(Filters=chosen)["SecretValues"]] == [
        "test/db"
    ]
    batch = secrets.batch_get_secret_value(SecretIdList=["test/db", "none"])
    assert [value["Name"] for value in batch["SecretValues"]] == ["test/db"]
    assert [error["SecretId"] for error in batch["Errors"]] == ["none"]
    secrets.tag_resource(SecretId="test/db", Tags=[{"Key": "a", "Value": "b"}])
    secrets.untag_resource(SecretId="test/db", TagKeys=["team"])
    assert secrets.describe_secret(SecretId="test/db")["Tags"] == [{"Key": "a", "Value": "b"}]


def test_policies(secrets: Any) -> None:
    secrets.create_secret(Name="s")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    with pytest.raises(ClientError, match="PublicPolicyException"):
        secrets.put_resource_policy(SecretId="s", ResourcePolicy=policy, BlockPublicPolicy=True)
    secrets.put_resource_policy(SecretId="s", ResourcePolicy=policy)
    assert secrets.get_resource_policy(SecretId="s")["ResourcePolicy"] == policy
    secrets.delete_resource_policy(SecretId="s")
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="s")


@settings(max_examples=25)
@given(
    length=st.integers(4, 60),
    excluded=st.text(string.ascii_letters + string.digits, max_size=20),
    numbers=st.booleans(),
    punctuation=st.booleans(),
)
def test_passwords(server: ServerThread, length: int, excluded: str, numbers: bool, punctuation: bool) -> None:
    request = {
        "PasswordLength": length,
        "ExcludeCharacters": excluded,
        "ExcludeNumbers": numbers,
        "ExcludePunctuation": punctuation,
    }
    asked = server.cloud.engine.call("secretsmanager", "GetRandomPassword", request, SYSTEM, None)
    password = server.run(asked)["RandomPassword"]
    assert len(password) == length
    assert not set(password) & set(excluded)
    assert numbers != any(each in string.digits for each in password) or not set(string.digits) - set(excluded)
    assert punctuation != any(each in string.punctuation for each in password)


TEMPLATE = {
    "Resources": {
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "Description": "made",
                "GenerateSecretString": {
                    "SecretStringTemplate": '{"username": "admin"}',
                    "GenerateStringKey": "password",
                    "PasswordLength": "20",
                    "ExcludePunctuation": "true",
                },
            },
        },
        "Policy": {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {
                "SecretId": {"Ref": "Secret"},
                "ResourcePolicy": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:DeleteSecret", "Resource": "*"}
                    ],
                },
            },
        },
        "Name": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:username}}"},
            },
        },
    },
    "Outputs": {"Arn": {"Value": {"Ref": "Secret"}}, "Parameter": {"Value": {"Ref": "Name"}}},
}


def test_a_stack_makes_a_secret_and_resolves_it(aws: Client, secrets: Any) -> None:
    stacks = aws("cloudformation")
    stacks.create_stack(StackName="st", TemplateBody=json.dumps(TEMPLATE))
    wait_for(stacks, "stack_create_complete", StackName="st")
    (stack,) = stacks.describe_stacks(StackName="st")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    value = json.loads(secrets.get_secret_value(SecretId=outputs["Arn"])["SecretString"])
    assert value["username"] == "admin"
    assert len(value["password"]) == 20
    assert value["password"].isalnum()
    assert aws("ssm").get_parameter(Name=outputs["Parameter"])["Parameter"]["Value"] == "admin"
    assert "DeleteSecret" in secrets.get_resource_policy(SecretId=outputs["Arn"])["ResourcePolicy"]
    stacks.delete_stack(StackName="st")
    wait_for(stacks, "stack_delete_complete", StackName="st")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        secrets.describe_secret(SecretId=outputs["Arn"])


def test_all_fields_are_searched_by_words(secrets: Any) -> None:
    for name in ("prod/AppBeta/x", "uat/COMPANYthings/x", "a-b/AppBeta"):
        secrets.create_secret(Name=name, SecretString="s")

    def found(value: str) -> list[str]:
        listed = secrets.list_secrets(Filters=[{"Key": "all", "Values": [value]}])["SecretList"]
        return [entry["Name"] for entry in listed]

    assert found("beta") == found("prod App") == ["prod/AppBeta/x"]
    assert found("Ythings") == ["uat/COMPANYthings/x"]
    assert found("things") == found("/") == []
    assert found("a-b/app") == ["a-b/AppBeta"]
