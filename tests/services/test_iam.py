"""IAM and STS through boto3."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]})


def refused(call: Any, **request: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_role_from_birth_to_death(aws: Client, account: str) -> None:
    iam = aws("iam")
    role = iam.create_role(
        RoleName="worker",
        Path="/service/",
        AssumeRolePolicyDocument=TRUST,
        Description="works",
        Tags=[{"Key": "team", "Value": "orders"}],
    )["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/service/worker"
    assert role["RoleId"].startswith("AROA")
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    found = iam.get_role(RoleName="worker")["Role"]
    assert found["Tags"] == [{"Key": "team", "Value": "orders"}]
    assert found["MaxSessionDuration"] == 3600
    assert found["CreateDate"] == role["CreateDate"]
    assert refused(iam.create_role, RoleName="worker", AssumeRolePolicyDocument=TRUST) == (
        "EntityAlreadyExists",
        "Role with name worker already exists.",
        409,
    )
    iam.update_role(RoleName="worker", Description="rests", MaxSessionDuration=7200)
    assert iam.get_role(RoleName="worker")["Role"]["Description"] == "rests"
    iam.put_role_policy(RoleName="worker", PolicyName="inline", PolicyDocument=POLICY)
    assert iam.get_role_policy(RoleName="worker", PolicyName="inline")["PolicyDocument"] == json.loads(POLICY)
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName="worker", PolicyArn=managed)
    assert iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": managed}
    ]
    assert refused(iam.delete_role, RoleName="worker") == (
        "DeleteConflict",
        "Cannot delete entity, must detach all policies first.",
        409,
    )
    iam.detach_role_policy(RoleName="worker", PolicyArn=managed)
    assert refused(iam.delete_role, RoleName="worker")[1] == "Cannot delete entity, must delete policies first."
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["inline"]
    iam.delete_role_policy(RoleName="worker", PolicyName="inline")
    iam.delete_role(RoleName="worker")
    assert refused(iam.get_role, RoleName="worker") == (
        "NoSuchEntity",
        "The role with name worker cannot be found.",
        404,
    )


def test_listing_in_pages(aws: Client) -> None:
    iam = aws("iam")
    for number in range(7):
        iam.create_role(RoleName=f"r{number}", Path=f"/{number % 2}/", AssumeRolePolicyDocument=TRUST)
    pages = iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 3})
    assert [role["RoleName"] for page in pages for role in page["Roles"]] == [f"r{n}" for n in range(7)]
    assert [role["RoleName"] for role in iam.list_roles(PathPrefix="/1/")["Roles"]] == ["r1", "r3", "r5"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ("[]", "Syntax errors in policy."),
        ('{"Version": "2012-10-17"}', "Syntax errors in policy."),
        ('{"Statement": [{"Effect": "Allow", "Resource": "*"}]}', "Policy statement must contain actions."),
        ('{"Statement": {"Effect": "Allow", "Action": "*"}}', "Policy statement must contain resources."),
    ],
)
def test_malformed_policies(aws: Client, document: str, message: str) -> None:
    iam = aws("iam")
    assert refused(iam.create_policy, PolicyName="p", PolicyDocument=document) == (
        "MalformedPolicyDocument",
        message,
        400,
    )


def test_managed_policy_versions(aws: Client) -> None:
    iam = aws("iam")
    arn = iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]["Arn"]
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=POLICY, SetAsDefault=True)
    assert refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=POLICY)[0] == "LimitExceeded"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v5"
    assert refused(iam.delete_policy_version, PolicyArn=arn, VersionId="v5")[0] == "DeleteConflict"
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    assert [(v["VersionId"], v["IsDefaultVersion"]) for v in versions][:2] == [("v5", True), ("v4", False)]
    iam.create_user(UserName="ann")
    iam.attach_user_policy(UserName="ann", PolicyArn=arn)
    assert iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"][0]["UserName"] == "ann"
    assert refused(iam.delete_policy, PolicyArn=arn)[1] == "Cannot delete a policy attached to entities."
    assert refused(iam.get_policy, PolicyArn=arn + "x") == (
        "NoSuchEntity",
        f"Policy {arn}x was not found.",
        404,
    )


def test_users_keys_and_groups(aws: Client, endpoint: str, account: str) -> None:
    iam = aws("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    theirs = boto3.client(
        "sts",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert theirs.get_caller_identity()["Account"] == account
    iam.create_group(GroupName="staff")
    iam.add_user_to_group(GroupName="staff", UserName="ann")
    assert [user["UserName"] for user in iam.get_group(GroupName="staff")["Users"]] == ["ann"]
    assert refused(iam.delete_user, UserName="ann")[1] == "Cannot delete entity, must delete access keys first."
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    iam.remove_user_from_group(GroupName="staff", UserName="ann")
    iam.delete_user(UserName="ann")
    assert iam.list_users()["Users"] == []


def test_assuming_a_role_of_another_account(aws: Client, endpoint: str, account: str) -> None:
    sts = aws("sts")
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{account}:root"
    other = "333344445555"
    theirs = boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=other,
        aws_secret_access_key="x",
    )
    name = f"guest-{account}"
    arn = f"arn:aws:iam::{other}:role/{name}"
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="session") == (
        "AccessDenied",
        f"User: arn:aws:iam::{account}:root is not authorized to perform: sts:AssumeRole on resource: {arn}",
        403,
    )
    theirs.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    assumed = sts.assume_role(RoleArn=arn, RoleSessionName="session")
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{other}:assumed-role/{name}/session"
    key = assumed["Credentials"]["AccessKeyId"]
    assert key.startswith("ASIA")
    assert sts.get_access_key_info(AccessKeyId=key)["Account"] == other
    assert sts.get_session_token()["Credentials"]["SessionToken"]


def test_policies_of_awss_own_are_told_where_they_are_known(aws: Client) -> None:
    iam = aws("iam")
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["PolicyName"], policy["Path"]) == ("AWSLambdaBasicExecutionRole", "/service-role/")
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert "logs:PutLogEvents" in version["Document"]["Statement"][0]["Action"]
    assert arn in {each["Arn"] for each in iam.list_policies(Scope="AWS")["Policies"]}
    assert refused(iam.get_policy, PolicyArn="arn:aws:iam::aws:policy/Unheard")[0] == "NoSuchEntity"
    assert refused(iam.get_policy_version, PolicyArn=arn, VersionId="v99")[0] == "NoSuchEntity"


def test_a_policy_is_tagged_and_listed_among_awss(aws: Client) -> None:
    iam = aws("iam")
    arn = iam.create_policy(PolicyName="mine", PolicyDocument=POLICY, Tags=[{"Key": "a", "Value": "1"}])["Policy"][
        "Arn"
    ]
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    pages = iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 1})
    names = [policy["PolicyName"] for page in pages for policy in page["Policies"]]
    assert {"mine", "AdministratorAccess"} <= set(names)
    assert len(names) == len(set(names))
    assert [policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"]] == [arn]


def test_a_role_has_no_instance_profiles(aws: Client) -> None:
    iam = aws("iam")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    assert iam.list_instance_profiles_for_role(RoleName="worker")["InstanceProfiles"] == []
    assert refused(iam.list_instance_profiles_for_role, RoleName="other")[0] == "NoSuchEntity"
