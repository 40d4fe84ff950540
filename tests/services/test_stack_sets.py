"""Stack sets: one template in several regions and accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import client_factory
from tests.settling import settle

TEMPLATE = json.dumps(
    {
        "Parameters": {"Delay": {"Type": "String", "Default": "1"}, "Name": {"Type": "String", "Default": "q"}},
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": {"Ref": "Name"}, "DelaySeconds": {"Ref": "Delay"}},
            }
        },
    }
)
REGIONS = ["eu-west-1", "us-east-1", "ap-south-1"]


class StackSet:
    """The set `shop` with its operations awaited."""

    def __init__(self, endpoint: str, account: str) -> None:
        self.account = account
        self.there = {region: client_factory(endpoint, account, region) for region in REGIONS}
        self.client = self.there["us-east-1"]("cloudformation")
        self.client.create_stack_set(StackSetName="shop", TemplateBody=TEMPLATE, Description="queues")

    def do(self, verb: str, regions: list[str] | None = None, **more: Any) -> dict[str, Any]:
        """The operation, once it is over."""
        where = {"Accounts": [self.account], "Regions": regions} if regions else {}
        identity = getattr(self.client, verb)(StackSetName="shop", **where, **more)["OperationId"]
        settle(self.client)
        found = self.client.describe_stack_set_operation(StackSetName="shop", OperationId=identity)
        return dict(found["StackSetOperation"])

    def results(self, operation: dict[str, Any]) -> list[tuple[str, str]]:
        request = {"StackSetName": "shop", "OperationId": operation["OperationId"]}
        found = self.client.list_stack_set_operation_results(**request)["Summaries"]
        return [(each["Region"], each["Status"]) for each in found]

    def instances(self) -> dict[str, tuple[str, str]]:
        found = self.client.list_stack_instances(StackSetName="shop")["Summaries"]
        return {each["Region"]: (each["Status"], each["StackInstanceStatus"]["DetailedStatus"]) for each in found}

    def delays(self) -> dict[str, str]:
        found = {}
        for region in REGIONS:
            sqs = self.there[region]("sqs")
            for url in sqs.list_queues().get("QueueUrls", ()):
                attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
                found[region] = attributes["DelaySeconds"]
        return found


@pytest.fixture
def stack_set(endpoint: str, account: str) -> StackSet:
    return StackSet(endpoint, account)


def test_a_set_is_deployed_to_three_regions(stack_set: StackSet) -> None:
    client = stack_set.client
    made = stack_set.do("create_stack_instances", REGIONS)
    assert (made["Action"], made["Status"]) == ("CREATE", "SUCCEEDED")
    assert stack_set.results(made) == [(region, "SUCCEEDED") for region in REGIONS]
    assert stack_set.delays() == dict.fromkeys(REGIONS, "1")
    overrides = [{"ParameterKey": "Delay", "ParameterValue": "7"}]
    assert stack_set.do("update_stack_instances", REGIONS[:1], ParameterOverrides=overrides)["Status"] == "SUCCEEDED"
    updated = [{"ParameterKey": "Delay", "ParameterValue": "3"}]
    assert stack_set.do("update_stack_set", UsePreviousTemplate=True, Parameters=updated)["Status"] == "SUCCEEDED"
    assert stack_set.delays() == {REGIONS[0]: "7", REGIONS[1]: "3", REGIONS[2]: "3"}
    described = client.describe_stack_set(StackSetName="shop")["StackSet"]
    assert (described["Status"], described["Regions"], described["Description"]) == (
        "ACTIVE",
        sorted(REGIONS),
        "queues",
    )
    place = {"StackInstanceAccount": stack_set.account, "StackInstanceRegion": REGIONS[0]}
    one = client.describe_stack_instance(StackSetName="shop", **place)["StackInstance"]
    assert one["ParameterOverrides"] == overrides
    with pytest.raises(ClientError, match="StackSetNotEmptyException"):
        client.delete_stack_set(StackSetName="shop")
    stack_set.do("delete_stack_instances", REGIONS[:1], RetainStacks=True)
    gone = stack_set.do("delete_stack_instances", REGIONS, RetainStacks=False)
    assert stack_set.results(gone) == [(region, "SUCCEEDED") for region in REGIONS[1:]]
    assert stack_set.delays() == {REGIONS[0]: "7"}
    actions = [each["Action"] for each in client.list_stack_set_operations(StackSetName="shop")["Summaries"]]
    assert actions == ["DELETE", "DELETE", "UPDATE", "UPDATE", "CREATE"]
    client.delete_stack_set(StackSetName="shop")
    with pytest.raises(ClientError, match="StackSetNotFoundException"):
        client.describe_stack_set(StackSetName="shop")


def test_a_failure_ends_an_operation_unless_it_is_tolerated(stack_set: StackSet) -> None:
    stack_set.there[REGIONS[1]]("sqs").create_queue(QueueName="q")  # in the way
    order = {"RegionOrder": [REGIONS[0], REGIONS[1], REGIONS[2]]}
    made = stack_set.do("create_stack_instances", REGIONS[::-1], OperationPreferences=order)
    assert made["Status"] == "FAILED"
    assert stack_set.results(made) == list(zip(REGIONS, ("SUCCEEDED", "FAILED", "CANCELLED"), strict=True))
    found = stack_set.client.list_stack_instances(StackSetName="shop", StackInstanceRegion=REGIONS[1])["Summaries"]
    assert found[0]["StatusReason"].startswith("ResourceLogicalId:Queue, ResourceType:AWS::SQS::Queue, ")
    tolerant = {**order, "FailureToleranceCount": 1}
    again = stack_set.do("create_stack_instances", REGIONS, OperationPreferences=tolerant)
    assert again["Status"] == "SUCCEEDED"
    assert again["StatusDetails"]["FailedStackInstancesCount"] == 1
    assert stack_set.instances() == {
        REGIONS[0]: ("CURRENT", "SUCCEEDED"),
        REGIONS[1]: ("OUTDATED", "FAILED"),
        REGIONS[2]: ("CURRENT", "SUCCEEDED"),
    }
    another = [{"ParameterKey": "Name", "ParameterValue": "r"}]
    made = stack_set.do("create_stack_instances", REGIONS[1:2], ParameterOverrides=another)
    assert made["Status"] == "SUCCEEDED"
    parallel = {"RegionConcurrencyType": "PARALLEL"}
    assert (
        stack_set.do("update_stack_set", TemplateBody=TEMPLATE, OperationPreferences=parallel)["Status"] == "SUCCEEDED"
    )
    assert set(stack_set.instances().values()) == {("CURRENT", "SUCCEEDED")}


def test_one_operation_at_a_time_which_can_be_stopped(stack_set: StackSet) -> None:
    client = stack_set.client
    wait = {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": {"ResourceSignal": {}}}
    client.update_stack_set(StackSetName="shop", TemplateBody=json.dumps({"Resources": {"Wait": wait}}))
    settle(client)
    where = {"StackSetName": "shop", "Accounts": [stack_set.account], "Regions": REGIONS[:2]}
    identity = client.create_stack_instances(**where)["OperationId"]
    settle(client)
    with pytest.raises(ClientError, match=r"Another Operation on StackSet arn:.*:stackset/shop:.* is in progress"):
        client.update_stack_instances(**where)
    client.stop_stack_set_operation(StackSetName="shop", OperationId=identity)
    here = stack_set.there[REGIONS[0]]("cloudformation")
    (stack,) = here.list_stacks()["StackSummaries"]
    signal = {"LogicalResourceId": "Wait", "UniqueId": "a", "Status": "SUCCESS"}
    here.signal_resource(StackName=stack["StackName"], **signal)
    settle(client)
    request = {"StackSetName": "shop", "OperationId": identity}
    assert client.describe_stack_set_operation(**request)["StackSetOperation"]["Status"] == "STOPPED"
    assert stack_set.results({"OperationId": identity}) == [(REGIONS[0], "SUCCEEDED"), (REGIONS[1], "CANCELLED")]


def test_what_stack_sets_refuse(stack_set: StackSet) -> None:
    client = stack_set.client
    with pytest.raises(ClientError, match="NameAlreadyExistsException"):
        client.create_stack_set(StackSetName="shop", TemplateBody=TEMPLATE)
    with pytest.raises(ClientError, match="AWS Organizations"):
        client.create_stack_set(StackSetName="other", TemplateBody=TEMPLATE, PermissionModel="SERVICE_MANAGED")
    unknown = [{"ParameterKey": "Nope", "ParameterValue": "1"}]
    with pytest.raises(ClientError, match=r"Parameters: \[Nope\] do not exist in the template"):
        client.create_stack_set(StackSetName="other", TemplateBody=TEMPLATE, Parameters=unknown)
    with pytest.raises(ClientError, match="StackInstanceNotFoundException"):
        client.update_stack_instances(StackSetName="shop", Accounts=[stack_set.account], Regions=REGIONS[:1])
    with pytest.raises(ClientError, match="StackSetNotFoundException"):
        stack_set.there["eu-west-1"]("cloudformation").describe_stack_set(StackSetName="shop")
