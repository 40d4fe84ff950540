"""Stacks within a stack, and what becomes of both where one fails."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client
from tests.settling import settle

CHILD = {
    "Parameters": {"Delay": {"Type": "String"}},
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": {"Ref": "Delay"}}}},
}


class Family:
    """A stack named `shop` with a nested one."""

    def __init__(self, aws: Client, account: str, endpoint: str) -> None:
        self.cloudformation, s3, bucket = aws("cloudformation"), aws("s3"), f"templates-{account}"
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="child", Body=json.dumps(CHILD))
        self.url = f"{endpoint}/{bucket}/child"

    def body(self, delay: str, **others: Any) -> str:
        properties = {"TemplateURL": self.url, "Parameters": {"Delay": delay}}
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
        return json.dumps({"Resources": {"Nested": nested, **others}})

    def stack(self, name: str = "shop") -> dict[str, Any]:
        settle(self.cloudformation)
        return dict(self.cloudformation.describe_stacks(StackName=name)["Stacks"][0])

    def nested(self) -> dict[str, Any]:
        settle(self.cloudformation)
        detail = self.cloudformation.describe_stack_resource(StackName="shop", LogicalResourceId="Nested")
        return self.stack(detail["StackResourceDetail"]["PhysicalResourceId"])


def test_a_nested_stack_that_cannot_be_updated(aws: Client, account: str, endpoint: str) -> None:
    family = Family(aws, account, endpoint)
    cloudformation = family.cloudformation
    tags = [{"Key": "team", "Value": "orders"}]
    cloudformation.create_stack(StackName="shop", TemplateBody=family.body("1"), Tags=tags)
    whole, nested = family.stack(), family.nested()
    assert whole["StackStatus"] == nested["StackStatus"] == "CREATE_COMPLETE"
    assert (nested["ParentId"], nested["RootId"], nested["Tags"]) == (whole["StackId"], whole["StackId"], tags)
    cloudformation.update_stack(StackName="shop", TemplateBody=family.body("99999"))
    assert family.stack()["StackStatus"] == family.nested()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert family.nested()["Tags"] == tags
    reasons = [
        each.get("ResourceStatusReason")
        for each in cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
        if each["ResourceStatus"] == "UPDATE_FAILED"
    ]
    assert reasons == [
        f"Embedded stack {nested['StackId']} was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS "
        "with reason: The following resource(s) failed to update: [Queue]. "
    ]
    another = {"Type": "AWS::SQS::Queue"}  # the nested stack itself is not touched
    cloudformation.update_stack(StackName="shop", TemplateBody=family.body("1", Another=another))
    assert family.stack()["StackStatus"] == "UPDATE_COMPLETE"


def test_a_nested_stack_goes_back_with_the_one_around_it(aws: Client, account: str, endpoint: str) -> None:
    family = Family(aws, account, endpoint)
    family.cloudformation.create_stack(StackName="shop", TemplateBody=family.body("1"))
    assert family.stack()["StackStatus"] == "CREATE_COMPLETE"
    wrong = {"Type": "AWS::Events::Rule", "DependsOn": "Nested", "Properties": {"EventPattern": {"source": "x"}}}
    family.cloudformation.update_stack(StackName="shop", TemplateBody=family.body("2", Wrong=wrong))
    assert family.stack()["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert family.nested()["Parameters"] == [{"ParameterKey": "Delay", "ParameterValue": "1"}]
