"""What templates of real projects ask for beside the usual: tables by replica, policies of logs, ready functions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle

TEMPLATE = """
Resources:
  Orders:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: g, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      StreamSpecification: {StreamViewType: NEW_IMAGE}
      GlobalSecondaryIndexes:
        - {IndexName: by-g, KeySchema: [{AttributeName: g, KeyType: HASH}], Projection: {ProjectionType: ALL}}
      TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}
      Replicas:
        - Region: !Ref AWS::Region
          GlobalSecondaryIndexes: [{IndexName: by-g}]
          PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
          Tags: [{Key: team, Value: shop}]
  Policy:
    Type: AWS::Logs::ResourcePolicy
    Properties:
      PolicyName: events-may-write
      PolicyDocument: !Sub >-
        {"Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
        "Action": "logs:PutLogEvents", "Resource": "${AWS::AccountId}"}]}
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.11
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/any
      Code: {ZipFile: "def handler(event, context): return 1"}
  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Function}}
  Alias:
    Type: AWS::Lambda::Alias
    Properties:
      Name: live
      FunctionName: !Ref Function
      FunctionVersion: !GetAtt Version.Version
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: PROVISIONED}
Outputs:
  Table: {Value: !Ref Orders}
  Arn: {Value: !GetAtt Orders.Arn}
  Stream: {Value: !GetAtt Orders.StreamArn}
  Function: {Value: !Ref Function}
"""


def _deployed(aws: Client, body: str, operation: str = "create_stack") -> dict[str, str]:
    stacks = aws("cloudformation")
    getattr(stacks, operation)(StackName="users", TemplateBody=body)
    settle(stacks)
    stack = stacks.describe_stacks(StackName="users")["Stacks"][0]
    events = stacks.describe_stack_events(StackName="users")["StackEvents"]
    assert stack["StackStatus"].endswith("E_COMPLETE"), [
        reason for each in events if (reason := each.get("ResourceStatusReason"))
    ]
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}


def test_a_template_and_what_it_makes(aws: Client) -> None:
    outputs = _deployed(aws, TEMPLATE.replace("PROVISIONED", '"2"'))
    db, lambda_, logs = aws("dynamodb"), aws("lambda"), aws("logs")
    table = db.describe_table(TableName=outputs["Table"])["Table"]
    assert (table["TableArn"], table["LatestStreamArn"]) == (outputs["Arn"], outputs["Stream"])
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["by-g"]
    assert db.describe_time_to_live(TableName=outputs["Table"])["TimeToLiveDescription"]["AttributeName"] == "ttl"
    backups = db.describe_continuous_backups(TableName=outputs["Table"])["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    policies = logs.describe_resource_policies()["resourcePolicies"]
    assert [policy["policyName"] for policy in policies] == ["events-may-write"]
    assert aws("sts").get_caller_identity()["Account"] in policies[0]["policyDocument"]
    key = {"FunctionName": outputs["Function"], "Qualifier": "live"}
    found = lambda_.get_provisioned_concurrency_config(**key)
    assert (found["Status"], found["AllocatedProvisionedConcurrentExecutions"]) == ("READY", 2)
    _deployed(aws, TEMPLATE.replace("PROVISIONED", "3"), "update_stack")
    listed = lambda_.list_provisioned_concurrency_configs(FunctionName=outputs["Function"])
    assert [each["RequestedProvisionedConcurrentExecutions"] for each in listed["ProvisionedConcurrencyConfigs"]] == [3]
    aws("cloudformation").delete_stack(StackName="users")
    settle(lambda_)
    assert (db.list_tables()["TableNames"], logs.describe_resource_policies()["resourcePolicies"]) == ([], [])


def test_replicas_elsewhere_are_refused(aws: Client) -> None:
    body = TEMPLATE.replace("      Replicas:\n", "      Replicas:\n        - {Region: eu-west-1}\n")
    stacks = aws("cloudformation")
    stacks.create_stack(StackName="users", TemplateBody=body.replace("PROVISIONED", "1"))
    settle(stacks)
    events: list[Any] = stacks.describe_stack_events(StackName="users")["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert any("Replicas in other regions of AWS::DynamoDB::GlobalTable" in reason for reason in reasons)


def test_only_published_code_is_provisioned(aws: Client) -> None:
    lambda_ = aws("lambda")
    _deployed(aws, TEMPLATE.replace("PROVISIONED", "1"))
    name = lambda_.list_functions()["Functions"][0]["FunctionName"]
    with pytest.raises(ClientError, match="cannot be applied to unpublished function versions"):
        lambda_.put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="$LATEST", ProvisionedConcurrentExecutions=1
        )
    lambda_.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    with pytest.raises(lambda_.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        lambda_.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
