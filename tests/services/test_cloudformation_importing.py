"""Resources that are there already, taken into stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle, wait_for

OLD = {"Type": "AWS::SNS::Topic"}


def template(**resources: dict[str, Any]) -> str:
    outputs = {name: {"Value": {"Fn::GetAtt": [name, "Arn"]}} for name in resources if name == "Queue"}
    return json.dumps({"Resources": resources, **({"Outputs": outputs} if outputs else {})})


def queue(**properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "Properties": {"QueueName": "q", **properties}}


def importing(cloudformation: Any, body: str, url: str, name: str = "shop") -> dict[str, Any]:
    """The change set, prepared."""
    wanted = [
        {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Queue", "ResourceIdentifier": {"QueueUrl": url}}
    ]
    request = {"StackName": name, "ChangeSetName": "import", "ChangeSetType": "IMPORT", "TemplateBody": body}
    identity = cloudformation.create_change_set(**request, ResourcesToImport=wanted)["Id"]
    settle(cloudformation)
    found: dict[str, Any] = cloudformation.describe_change_set(ChangeSetName=identity)
    return found


def test_a_queue_is_taken_into_a_stack(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "5"})["QueueUrl"]
    cloudformation.create_stack(StackName="shop", TemplateBody=template(Topic=OLD))
    wait_for(cloudformation, "stack_create_complete", StackName="shop")
    body = template(Topic=OLD, Queue=queue(DelaySeconds=9))
    (summary,) = [
        each
        for each in cloudformation.get_template_summary(TemplateBody=body)["ResourceIdentifierSummaries"]
        if each["ResourceType"] == "AWS::SQS::Queue"
    ]
    assert (summary["LogicalResourceIds"], summary["ResourceIdentifiers"]) == (["Queue"], ["QueueUrl"])
    change_set = importing(cloudformation, body, url)
    (change,) = [each["ResourceChange"] for each in change_set["Changes"]]
    assert (change["Action"], change["PhysicalResourceId"]) == ("Import", url)
    cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    wait_for(cloudformation, "stack_import_complete", StackName="shop")
    (stack,) = cloudformation.describe_stacks(StackName="shop")["Stacks"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert [each["OutputValue"] for each in stack["Outputs"]] == [arn]
    told = cloudformation.detect_stack_resource_drift(StackName="shop", LogicalResourceId="Queue")["StackResourceDrift"]
    assert told["StackResourceDriftStatus"] == "MODIFIED"  # an import changes nothing
    cloudformation.update_stack(StackName="shop", TemplateBody=template(Topic=OLD, Queue=queue(DelaySeconds=7)))
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert attributes["DelaySeconds"] == "7"


def test_a_stack_begins_with_what_is_there(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    lost = importing(cloudformation, template(Queue=queue()), url + "x")
    cloudformation.execute_change_set(ChangeSetName=lost["ChangeSetId"])
    settle(cloudformation)
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"] == "IMPORT_FAILED"]
    assert f"with identifier '{url}x' was not found" in failed[0]["ResourceStatusReason"]
    change_set = importing(cloudformation, template(Queue=queue()), url)
    cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    wait_for(cloudformation, "stack_import_complete", StackName="shop")
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert aws("sqs").list_queues()["QueueUrls"] == [url]


def test_what_an_import_may_not_do(aws: Client) -> None:
    cloudformation = aws("cloudformation")
    url = aws("sqs").create_queue(QueueName="q")["QueueUrl"]
    besides = importing(cloudformation, template(Queue=queue(), Topic=OLD), url)
    assert besides["Status"] == "FAILED"
    assert besides["StatusReason"] == "As part of the import operation, you cannot modify or add [Topic]"
    bare = importing(cloudformation, template(Queue={"Type": "AWS::SQS::Queue"}), url, "other")
    assert "[Queue] require a DeletionPolicy attribute" in bare["StatusReason"]
    request = {
        "StackName": "third",
        "ChangeSetName": "c",
        "ChangeSetType": "IMPORT",
        "TemplateBody": template(Topic=OLD),
    }
    with pytest.raises(ClientError, match="ResourcesToImport must be specified"):
        cloudformation.create_change_set(**request)
    wrong = {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Queue", "ResourceIdentifier": {"QueueName": "q"}}
    with pytest.raises(ClientError, match="must be \\[QueueUrl\\]"):
        cloudformation.create_change_set(**request, ResourcesToImport=[wrong])


def test_what_a_template_names_is_taken_in_where_that_is_asked_for(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"DelaySeconds": "5"})["QueueUrl"]
    wrong = {"Type": "AWS::Events::Rule", "DependsOn": "Queue", "Properties": {"EventPattern": {"source": "x"}}}
    request = {"StackName": "shop", "ChangeSetType": "CREATE", "ImportExistingResources": True}

    def deployed(name: str, **resources: dict[str, Any]) -> dict[str, str]:
        cloudformation.create_change_set(**request, ChangeSetName=name, TemplateBody=template(**resources))
        wait_for(cloudformation, "change_set_create_complete", StackName="shop", ChangeSetName=name)
        found = cloudformation.describe_change_set(StackName="shop", ChangeSetName=name)
        assert found["ImportExistingResources"]
        cloudformation.execute_change_set(StackName="shop", ChangeSetName=name)
        settle(cloudformation)
        changes = [each["ResourceChange"] for each in found["Changes"]]
        return {each["LogicalResourceId"]: each["Action"] for each in changes}

    def status() -> str:
        return str(cloudformation.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"])

    kept = {**queue(DelaySeconds=9), "DeletionPolicy": "RetainExceptOnCreate"}
    assert deployed("first", Queue=kept, Wrong=wrong) == {"Queue": "Import", "Wrong": "Add"}
    assert status() == "ROLLBACK_COMPLETE"
    assert sqs.list_queues()["QueueUrls"] == [url]  # it was there before
    cloudformation.delete_stack(StackName="shop")
    settle(cloudformation)
    assert deployed("second", Queue=kept, Topic=OLD) == {"Queue": "Import", "Topic": "Add"}
    assert status() == "CREATE_COMPLETE"
    statuses = {
        each["ResourceStatus"]
        for each in cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
        if each["LogicalResourceId"] == "Queue"
    }
    assert statuses == {"IMPORT_IN_PROGRESS", "IMPORT_COMPLETE"}


NAMED: dict[str, tuple[dict[str, Any], str, str, dict[str, Any]]] = {
    "AWS::SQS::Queue": ({"QueueName": "a"}, "sqs", "create_queue", {"QueueName": "a"}),
    "AWS::SNS::Topic": ({"TopicName": "a"}, "sns", "create_topic", {"Name": "a"}),
    "AWS::Events::Rule": (
        {"Name": "a", "EventPattern": {"source": ["x"]}}, "events", "put_rule",
        {"Name": "a", "EventPattern": '{"source": ["x"]}'},
    ),
    "AWS::IoT::Thing": ({"ThingName": "a"}, "iot", "create_thing", {"thingName": "a"}),
    "AWS::StepFunctions::Activity": ({"Name": "a"}, "stepfunctions", "create_activity", {"name": "a"}),
    "AWS::CloudWatch::Dashboard": (
        {"DashboardName": "a", "DashboardBody": '{"widgets": []}'}, "cloudwatch", "put_dashboard",
        {"DashboardName": "a", "DashboardBody": '{"widgets": []}'},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", list(NAMED))
def test_what_is_there_already_is_not_taken_over(aws: Client, kind: str) -> None:
    cloudformation = aws("cloudformation")
    properties, service, operation, request = NAMED[kind]
    getattr(aws(service), operation)(**request)
    body = json.dumps({"Resources": {"It": {"Type": kind, "Properties": properties}}})
    cloudformation.create_stack(StackName="shop", TemplateBody=body, DisableValidation=True)
    settle(cloudformation)
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    (reason,) = [each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED"]
    assert f"Resource of type '{kind}' with identifier" in reason
    assert "HandlerErrorCode: AlreadyExists" in reason
    getattr(aws(service), operation)(**request)  # it is still there, as it was
