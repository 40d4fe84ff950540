"""IAM's policy simulator, through its API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client

DATED = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
    '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)


def _policy(*actions: str, effect: str = "Allow", resource: Any = "*", **more: Any) -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_documented_example(aws: Client) -> None:
    iam = aws("iam")

    def simulate(at: str) -> dict[str, Any]:
        entry = {"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [at], "ContextKeyType": "date"}
        answer = iam.simulate_custom_policy(
            PolicyInputList=[DATED], ActionNames=["dynamodb:CreateBackup"], ContextEntries=[entry]
        )
        (result,) = answer["EvaluationResults"]
        return dict(result)

    assert simulate("2019-04-25T11:00:00Z") == {
        "EvalActionName": "dynamodb:CreateBackup",
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "PolicyInputList.1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 38},
                "EndPosition": {"Line": 1, "Column": 167},
            }
        ],
        "MissingContextValues": [],
    }
    assert simulate("2014-04-25T11:00:00Z")["EvalDecision"] == "implicitDeny"
    assert iam.get_context_keys_for_custom_policy(PolicyInputList=[DATED])["ContextKeyNames"] == ["aws:CurrentTime"]


def test_a_users_policies_are_simulated(aws: Client, account: str) -> None:
    iam = aws("iam")
    alice = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.put_user_policy(
        UserName="alice", PolicyName="own", PolicyDocument=_policy("s3:GetObject", resource="arn:aws:s3:::b/*")
    )
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="alice")
    iam.put_group_policy(GroupName="g", PolicyName="of-group", PolicyDocument=_policy("s3:Put*", effect="Deny"))
    tagged = _policy("sqs:*", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
    made = iam.create_policy(PolicyName="bought", PolicyDocument=tagged)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="alice", PolicyArn=made)
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=alice)["ContextKeyNames"] == [
        "aws:PrincipalTag/team"
    ]
    objects = ["arn:aws:s3:::b/k", "arn:aws:s3:::c/k"]
    results = iam.simulate_principal_policy(
        PolicySourceArn=alice, ActionNames=["s3:GetObject", "s3:PutObject", "sqs:SendMessage"], ResourceArns=objects
    )["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["implicitDeny", "explicitDeny", "implicitDeny"]
    got, put, sent = (each["ResourceSpecificResults"] for each in results)
    assert [each["EvalResourceName"] for each in got] == objects
    assert [each["EvalResourceDecision"] for each in got] == ["allowed", "implicitDeny"]
    assert [each["SourcePolicyId"] for each in got[0]["MatchedStatements"]] == ["own"]
    assert {each["MatchedStatements"][0]["SourcePolicyId"] for each in put} == {"of-group"}
    assert sent[0]["MissingContextValues"] == ["aws:PrincipalTag/team"]
    one = iam.simulate_principal_policy(
        PolicySourceArn=alice, ActionNames=["s3:GetObject"], ResourceArns=objects[:1], PolicyInputList=[_policy("s3:*")]
    )["EvaluationResults"][0]
    assert (one["EvalResourceName"], one["EvalDecisionDetails"]) == (objects[0], {})
    assert [each["SourcePolicyId"] for each in one["MatchedStatements"]] == ["own", "PolicyInputList.1"]
    resource_policy = json.dumps(
        {"Statement": [{"Effect": "Allow", "Principal": {"AWS": alice}, "Action": "s3:*", "Resource": objects[1]}]}
    )
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=alice, ActionNames=["s3:GetObject"], ResourceArns=objects[1:], ResourcePolicy=resource_policy
    )["EvaluationResults"]
    (matched,) = result["MatchedStatements"]
    assert (result["EvalDecision"], matched["SourcePolicyId"], matched["SourcePolicyType"]) == (
        "allowed",
        "ResourcePolicy",
        "Resource Policy",
    )


def test_boundaries_of_roles_and_pages(aws: Client, account: str) -> None:
    iam = aws("iam")
    trust = json.dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ]
        }
    )
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=_policy("s3:*"))["Policy"]["Arn"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust, PermissionsBoundary=limit)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    asked = {"PolicySourceArn": role, "ActionNames": ["s3:GetObject", "sqs:SendMessage", "sns:Publish"]}
    results = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    assert [
        (each["EvalDecision"], each["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
        for each in results
    ] == [("allowed", True), ("implicitDeny", False), ("implicitDeny", False)]
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == "AdministratorAccess"
    other = iam.simulate_principal_policy(**asked, PermissionsBoundaryPolicyInputList=[_policy("sqs:*")])
    assert [each["EvalDecision"] for each in other["EvaluationResults"]] == ["implicitDeny", "allowed", "implicitDeny"]
    first = iam.simulate_principal_policy(**asked, MaxItems=2)
    assert (len(first["EvaluationResults"]), first["IsTruncated"]) == (2, True)
    rest = iam.simulate_principal_policy(**asked, Marker=first["Marker"])
    assert ([each["EvalActionName"] for each in rest["EvaluationResults"]], rest["IsTruncated"]) == (
        ["sns:Publish"],
        False,
    )
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/PowerUserAccess")
    assert _refused(iam.simulate_principal_policy, **asked)[0] == "NotImplemented"


def test_what_is_refused(aws: Client, account: str) -> None:
    iam = aws("iam")
    fine = {"PolicyInputList": [_policy("s3:*")], "ActionNames": ["s3:GetObject"]}
    simulate = iam.simulate_custom_policy
    assert _refused(simulate, **{**fine, "ActionNames": ["s3:*"]})[0] == "InvalidInput"
    assert _refused(simulate, **{**fine, "PolicyInputList": ["{"]})[0] == "InvalidInput"
    for malformed in ({"Condition": "x"}, {"Condition": {"Bool": {"a:b": None}}}, {"Action": {}}, {"Resource": [1]}):
        statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **malformed}
        listed = [json.dumps({"Statement": statement})]
        assert _refused(simulate, **{**fine, "PolicyInputList": listed}) == ("InvalidInput", "Syntax errors in policy.")
    assert _refused(simulate, **fine, ResourcePolicy=_policy("s3:*"))[0] == "InvalidInput"
    assert _refused(simulate, **fine, Marker="next")[0] == "InvalidInput"
    assert _refused(simulate, **fine, ResourceHandlingOption="EC2-VPC-InstanceStore")[0] == "NotImplemented"
    missing = {"PolicySourceArn": f"arn:aws:iam::{account}:user/none", "ActionNames": ["s3:GetObject"]}
    assert _refused(iam.simulate_principal_policy, **missing) == (
        "NoSuchEntity",
        "The user with name none cannot be found.",
    )
    session = f"arn:aws:sts::{account}:assumed-role/r/s"
    assert _refused(iam.simulate_principal_policy, **{**missing, "PolicySourceArn": session})[0] == "InvalidInput"
