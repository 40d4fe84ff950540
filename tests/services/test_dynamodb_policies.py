"""Resource policies of tables and streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.dynamodb import invalid, make_table, refusal
from tests.services.test_dynamodb_resources import deploy, template

INVALID = "One or more parameter values were invalid: "
GONE = "Resource-based policy not found for the provided ResourceArn: "


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


def statement(account: str, *actions: str, **more: Any) -> dict[str, Any]:
    who = {"AWS": f"arn:aws:iam::{account}:root"}
    return {"Effect": "Allow", "Principal": who, "Action": list(actions), "Resource": "*", **more}


def policy(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


def test_a_policy_is_kept_by_its_revision(db: Any, account: str) -> None:
    make_table(db)
    table = db.describe_table(TableName="tab")["Table"]["TableArn"]
    assert refusal(db.get_resource_policy, ResourceArn=table) == ("PolicyNotFoundException", GONE + table)
    assert "RevisionId" not in db.delete_resource_policy(ResourceArn=table)
    put = {"ResourceArn": table, "Policy": policy(statement(account, "dynamodb:GetItem"))}
    assert refusal(db.put_resource_policy, **put, ExpectedRevisionId="1")[0] == "PolicyNotFoundException"
    first = db.put_resource_policy(**put, ExpectedRevisionId="NO_POLICY")["RevisionId"]
    told = db.get_resource_policy(ResourceArn=table)
    assert told["RevisionId"] == first
    assert json.loads(told["Policy"])["Statement"] == [
        {**statement(account), "Action": "dynamodb:GetItem"}  # one action is no list
    ]
    same = policy({**statement(account, "dynamodb:GetItem"), "Principal": {"AWS": [account]}})
    assert db.put_resource_policy(ResourceArn=table, Policy=same)["RevisionId"] == first
    other = policy(statement(account, "dynamodb:GetItem", "dynamodb:Query"))
    second = db.put_resource_policy(ResourceArn=table, Policy=other, ExpectedRevisionId=first)["RevisionId"]
    assert second != first
    assert refusal(db.put_resource_policy, **put, ExpectedRevisionId="NO_POLICY")[1] == GONE + (
        f"Requested policy update expecting none to be present for table tab, but a policy exists with revision id "
        f"{second}."
    )
    assert refusal(db.delete_resource_policy, ResourceArn=table, ExpectedRevisionId=first)[1] == GONE + (
        f"Requested update for policy with revision id {first}, but the policy associated to target table tab has "
        f"revision id {second}."
    )
    third = db.delete_resource_policy(ResourceArn=table, ExpectedRevisionId=second)["RevisionId"]
    assert db.delete_resource_policy(ResourceArn=table)["RevisionId"] == third != second
    assert refusal(db.get_resource_policy, ResourceArn=table)[0] == "PolicyNotFoundException"


def test_a_table_and_its_stream_have_policies_of_their_own(db: Any, account: str) -> None:
    text = policy(statement(account, "dynamodb:GetItem", Sid="one"))
    make_table(db, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}, ResourcePolicy=text)
    table = db.describe_table(TableName="tab")["Table"]
    arn, stream = table["TableArn"], table["LatestStreamArn"]
    assert json.loads(db.get_resource_policy(ResourceArn=arn)["Policy"])["Statement"][0]["Sid"] == "one"
    assert refusal(db.get_resource_policy, ResourceArn=stream) == ("PolicyNotFoundException", GONE + stream)
    of_stream = policy(statement(account, "dynamodb:GetRecords", Sid="two"))
    db.put_resource_policy(ResourceArn=stream, Policy=of_stream)
    assert json.loads(db.get_resource_policy(ResourceArn=stream)["Policy"])["Statement"][0]["Sid"] == "two"
    db.delete_table(TableName="tab")
    assert refusal(db.get_resource_policy, ResourceArn=arn)[1] == "Requested resource not found: Table: tab not found"
    make_table(db)
    assert refusal(db.get_resource_policy, ResourceArn=arn)[0] == "PolicyNotFoundException"


def test_what_is_no_policy_is_refused(db: Any, account: str) -> None:
    make_table(db)
    arn = db.describe_table(TableName="tab")["Table"]["TableArn"]

    def wrong(text: str) -> str:
        return invalid(db.put_resource_policy, ResourceArn=arn, Policy=text)

    allowed = statement(account, "dynamodb:GetItem")
    bare = {name: value for name, value in allowed.items() if name != "Resource"}
    document = INVALID + "Invalid policy document: "
    assert wrong("{") == document + "This policy contains invalid Json"
    assert wrong(policy()) == document + "Could not parse the policy: Statement is empty!"
    assert wrong(policy(bare)) == document + "Missing required field Resource"
    assert wrong(policy({**allowed, "Sid": "a"}, {**allowed, "Sid": "a"})).endswith("in the policy are not unique")
    assert wrong(policy({**allowed, "Principal": "*"})).startswith("Resource-based policy grants unbounded access")
    assert wrong(policy({**allowed, "Sid": "a" * 20480})) == INVALID + "Maximum policy size of 20480 bytes exceeded"
    conditional = {**allowed, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": account}}}
    db.put_resource_policy(ResourceArn=arn, Policy=policy(conditional))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"Principal": {"AWS": {"a": "b"}}}, "Invalid principal in policy document."),
        ({"Sid": []}, f"{INVALID}Invalid policy document: This policy contains invalid Json"),
        ({"Effect": None, "NotEffect": "Deny"}, f"{INVALID}Invalid policy document: Missing required field Effect"),
    ],
)
def test_members_of_another_kind_are_refused(db: Any, account: str, changed: dict[str, Any], told: str) -> None:
    make_table(db)
    table = db.describe_table(TableName="tab")["Table"]["TableArn"]
    given = {**statement(account, "dynamodb:GetItem"), **changed}
    text = policy({name: value for name, value in given.items() if value is not None})
    assert refusal(db.put_resource_policy, ResourceArn=table, Policy=text) == ("ValidationException", told)


def test_a_policy_belongs_to_a_table_or_stream_only(db: Any, account: str) -> None:
    make_table(db)
    arn = db.describe_table(TableName="tab")["Table"]["TableArn"]

    def wrong(resource: str) -> tuple[str, str]:
        return refusal(db.get_resource_policy, ResourceArn=resource)

    assert wrong("tab")[1] == INVALID + "ARNs must start with 'arn:': tab"
    assert wrong(arn + "/index/a")[1].startswith(INVALID + "Invalid resource arn provided, only table or stream")
    assert wrong(arn + "/backup/a")[1] == INVALID + f"Provided Arn is not a DynamoDB resource arn: {arn}/backup/a"
    assert wrong(arn.replace("us-east-1", "eu-west-1"))[1].startswith(INVALID + "Invalid resource Arn: ")
    assert wrong(arn.replace(account, "999999999999"))[1].startswith("This action is only supported by accounts")
    assert wrong(arn + "/stream/2000-01-01T00:00:00.000") == (
        "ResourceNotFoundException",
        "Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for Table: tab",
    )


def test_a_template_gives_a_table_and_its_stream_policies(aws: Client, db: Any, account: str) -> None:
    def properties(action: str) -> dict[str, Any]:
        document = {"Version": "2012-10-17", "Statement": [statement(account, action)]}
        return {
            "ResourcePolicy": {"PolicyDocument": document},
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE", "ResourcePolicy": {"PolicyDocument": document}},
        }

    def action_of(arn: str) -> str:
        action = json.loads(db.get_resource_policy(ResourceArn=arn)["Policy"])["Statement"][0]["Action"]
        return str(action)

    made = deploy(aws, template(**properties("dynamodb:GetItem")))
    assert action_of(made["Arn"]) == action_of(made["Stream"]) == "dynamodb:GetItem"
    changed = deploy(aws, template(**properties("dynamodb:Query")), update=True)
    assert changed == made and action_of(made["Arn"]) == action_of(made["Stream"]) == "dynamodb:Query"
    deploy(aws, template(), update=True)
    for arn in (made["Arn"], made["Stream"]):
        assert refusal(db.get_resource_policy, ResourceArn=arn)[0] == "PolicyNotFoundException"
