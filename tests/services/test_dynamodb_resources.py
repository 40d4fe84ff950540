"""AWS::DynamoDB::Table in a stack: made, changed in place, replaced, removed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.settling import settle, wait_for

PROPERTIES: dict[str, Any] = {
    "TableName": "orders",
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "customer", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-customer",
            "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
    "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    "SSESpecification": {"SSEEnabled": True},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    "Tags": [{"Key": "team", "Value": "orders"}],
}


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


def template(**changes: Any) -> str:
    properties = {name: value for name, value in (PROPERTIES | changes).items() if value is not None}
    outputs = {
        "Name": {"Value": {"Ref": "Orders"}},
        "Arn": {"Value": {"Fn::GetAtt": ["Orders", "Arn"]}},
    }
    if "StreamSpecification" in properties:
        outputs["Stream"] = {"Value": {"Fn::GetAtt": ["Orders", "StreamArn"]}}
    resources = {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def deploy(aws: Client, body: str, update: bool = False) -> dict[str, str]:
    cloudformation = aws("cloudformation")
    name = "update" if update else "create"
    getattr(cloudformation, f"{name}_stack")(StackName="st", TemplateBody=body)
    wait_for(cloudformation, f"stack_{name}_complete", StackName="st")
    (stack,) = cloudformation.describe_stacks(StackName="st")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_a_table_in_a_stack(aws: Client, db: Any) -> None:
    outputs = deploy(aws, template())
    table = db.describe_table(TableName="orders")["Table"]
    assert outputs == {"Name": "orders", "Arn": table["TableArn"], "Stream": table["LatestStreamArn"]}
    assert table["SSEDescription"]["Status"] == "ENABLED"
    backups = db.describe_continuous_backups(TableName="orders")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    ttl = db.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    tags = {tag["Key"]: tag["Value"] for tag in db.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]}
    assert tags["team"] == "orders"

    db.put_item(TableName="orders", Item={"pk": {"S": "kept"}, "customer": {"S": "c"}})
    changed = deploy(
        aws,
        template(
            AttributeDefinitions=PROPERTIES["AttributeDefinitions"][:1],
            GlobalSecondaryIndexes=None,
            StreamSpecification=None,
            TimeToLiveSpecification={"AttributeName": "until", "Enabled": True},
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": "1", "WriteCapacityUnits": "2"},
            Tags=None,
        ),
        update=True,
    )
    assert changed["Arn"] == outputs["Arn"]
    table = db.describe_table(TableName="orders")["Table"]
    assert "GlobalSecondaryIndexes" not in table and "StreamSpecification" not in table
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 2 and table["ItemCount"] == 1
    ttl = db.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert ttl["AttributeName"] == "until"
    assert "team" not in [tag["Key"] for tag in db.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]]

    replaced = deploy(aws, template(TableName="other"), update=True)
    assert replaced["Name"] == "other" and db.list_tables()["TableNames"] == ["other"]
    cloudformation = aws("cloudformation")
    cloudformation.delete_stack(StackName="st")
    wait_for(cloudformation, "stack_delete_complete", StackName="st")
    assert db.list_tables()["TableNames"] == []


def test_a_name_is_made_up(aws: Client, db: Any) -> None:
    outputs = deploy(aws, template(TableName=None))
    assert outputs["Name"].startswith("st-Orders-") and db.list_tables()["TableNames"] == [outputs["Name"]]


def test_what_a_hotswap_has_done_already_is_no_obstacle(aws: Client, db: Any) -> None:
    """Indexes and a stream that somebody else made or removed, as the template says only afterwards."""
    index: dict[str, Any] = {"IndexName": "other", "KeySchema": [{"AttributeName": "customer", "KeyType": "HASH"}]}
    index["Projection"] = {"ProjectionType": "KEYS_ONLY"}
    plain = {"StreamSpecification": None}
    deploy(aws, template(**plain))
    update = {"TableName": "orders", "AttributeDefinitions": PROPERTIES["AttributeDefinitions"]}
    db.update_table(**update, GlobalSecondaryIndexUpdates=[{"Create": index}])
    settle(db)
    deploy(aws, template(**plain, GlobalSecondaryIndexes=[*PROPERTIES["GlobalSecondaryIndexes"], index]), update=True)
    db.update_table(TableName="orders", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "other"}}])
    settle(db)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    db.update_table(TableName="orders", StreamSpecification=stream)
    settle(db)
    deploy(aws, template(), update=True)
    table = db.describe_table(TableName="orders")["Table"]
    assert [each["IndexName"] for each in table["GlobalSecondaryIndexes"]] == ["by-customer"]
    assert table["StreamSpecification"] == stream
