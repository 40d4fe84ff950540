"""Endpoints, things and policies as records, and CloudFormation's types of IoT."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from tests.conftest import Client
from tests.services.http import ask
from tests.settling import wait_for
from tests.wire.mqtt_clients import unique

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]})


def test_the_endpoint_is_ours(aws: Client, endpoint: str) -> None:
    iot = aws("iot")
    assert iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"] == endpoint.partition("//")[2]
    assert iot.describe_endpoint()["endpointAddress"] == endpoint.partition("//")[2]
    with pytest.raises(iot.exceptions.InvalidRequestException):
        iot.describe_endpoint(endpointType="nonsense")
    with pytest.raises(iot.exceptions.ClientError, match="iot:Jobs"):
        iot.describe_endpoint(endpointType="iot:Jobs")


def test_things(aws: Client, account: str) -> None:
    iot = aws("iot")
    made = iot.create_thing(thingName="lamp", attributePayload={"attributes": {"room": "hall"}})
    arn = f"arn:aws:iot:us-east-1:{account}:thing/lamp"
    assert made["thingArn"] == arn
    assert iot.create_thing(thingName="lamp", attributePayload={"attributes": {"room": "hall"}})["thingId"]
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_thing(thingName="lamp")
    payload = {"attributes": {"watts": "5", "room": ""}, "merge": True}
    iot.update_thing(thingName="lamp", attributePayload=payload, expectedVersion=1)
    with pytest.raises(iot.exceptions.VersionConflictException):
        iot.update_thing(thingName="lamp", expectedVersion=1)
    described = iot.describe_thing(thingName="lamp")
    assert (described["attributes"], described["version"], described["thingId"]) == (
        {"watts": "5"},
        2,
        made["thingId"],
    )
    assert [thing["thingName"] for thing in iot.list_things()["things"]] == ["lamp"]
    iot.delete_thing(thingName="lamp")
    iot.delete_thing(thingName="lamp")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing(thingName="lamp")


def test_policies_and_their_versions(aws: Client) -> None:
    iot = aws("iot")
    assert iot.create_policy(policyName="all", policyDocument=POLICY)["policyVersionId"] == "1"
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_policy(policyName="all", policyDocument=POLICY)
    with pytest.raises(iot.exceptions.MalformedPolicyException):
        iot.create_policy(policyName="bad", policyDocument="{}")
    version = iot.create_policy_version(policyName="all", policyDocument=POLICY, setAsDefault=True)
    assert (version["policyVersionId"], version["isDefaultVersion"]) == ("2", True)
    assert iot.get_policy(policyName="all")["defaultVersionId"] == "2"
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_policy(policyName="all")
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_policy_version(policyName="all", policyVersionId="2")
    iot.delete_policy_version(policyName="all", policyVersionId="1")
    versions = iot.list_policy_versions(policyName="all")["policyVersions"]
    assert [item["versionId"] for item in versions] == ["2"]
    assert [policy["policyName"] for policy in iot.list_policies()["policies"]] == ["all"]
    iot.delete_policy(policyName="all")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.get_policy(policyName="all")


def test_tags(aws: Client, account: str) -> None:
    iot, arn = aws("iot"), f"arn:aws:iot:us-east-1:{account}:rule/tagged"
    payload = {"sql": "SELECT * FROM 'a'", "actions": []}
    iot.create_topic_rule(ruleName="tagged", topicRulePayload=payload, tags="a=1&b=2%203")

    def tags() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in iot.list_tags_for_resource(resourceArn=arn)["tags"]}

    assert tags() == {"a": "1", "b": "2 3"}
    iot.tag_resource(resourceArn=arn, tags=[{"Key": "c", "Value": "4"}])
    iot.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert tags() == {"b": "2 3", "c": "4"}
    iot.delete_topic_rule(ruleName="tagged")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        tags()
    with pytest.raises(iot.exceptions.InvalidRequestException):
        iot.tag_resource(resourceArn=arn.replace("rule/", "moon/"), tags=[])


def template(sql: str, url: str, tag: str = "one") -> str:
    action = {"Sqs": {"RoleArn": "arn:aws:iam::000000000000:role/r", "QueueUrl": url, "UseBase64": "false"}}
    resources: dict[str, Any] = {
        "Rule": {
            "Type": "AWS::IoT::TopicRule",
            "Properties": {
                "TopicRulePayload": {"Sql": sql, "AwsIotSqlVersion": "2016-03-23", "Actions": [action]},
                "Tags": [{"Key": tag, "Value": "1"}],
            },
        },
        "Authorizer": {
            "Type": "AWS::IoT::Authorizer",
            "Properties": {
                "AuthorizerFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f",
                "SigningDisabled": True,
                "Status": "ACTIVE",
            },
        },
        "Policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.loads(POLICY)}},
        "Thing": {
            "Type": "AWS::IoT::Thing",
            "Properties": {"AttributePayload": {"Attributes": {"room": "hall"}}},
        },
    }
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    outputs |= {f"{name}Arn": {"Value": {"Fn::GetAtt": [name, "Arn"]}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_stacks_with_iot(aws: Client, account: str) -> None:
    cloudformation, iot = aws("cloudformation"), aws("iot")
    url = aws("sqs").create_queue(QueueName="stack-queue")["QueueUrl"]
    stack = unique("iot-stack")

    def outputs() -> dict[str, str]:
        found = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    cloudformation.create_stack(StackName=stack, TemplateBody=template("SELECT n FROM 'stack'", url))
    wait_for(cloudformation, "stack_create_complete", StackName=stack)
    first = outputs()
    assert first["RuleArn"] == f"arn:aws:iot:us-east-1:{account}:rule/{first['Rule']}"
    assert first["AuthorizerArn"] == f"arn:aws:iot:us-east-1:{account}:authorizer/{first['Authorizer']}"
    assert iot.describe_thing(thingName=first["Thing"])["attributes"] == {"room": "hall"}
    aws("iot-data").publish(topic="stack", payload=b'{"n": 1, "m": 2}')
    messages = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert json.loads(messages[0]["Body"]) == {"n": 1}

    cloudformation.update_stack(StackName=stack, TemplateBody=template("SELECT m FROM 'stack'", url, "two"))
    wait_for(cloudformation, "stack_update_complete", StackName=stack)
    assert outputs() == first
    tags = iot.list_tags_for_resource(resourceArn=first["RuleArn"])["tags"]
    assert {"Key": "two", "Value": "1"} in tags and {"Key": "one", "Value": "1"} not in tags
    assert iot.get_topic_rule(ruleName=first["Rule"])["rule"]["sql"] == "SELECT m FROM 'stack'"

    cloudformation.delete_stack(StackName=stack)
    wait_for(cloudformation, "stack_delete_complete", StackName=stack)
    assert iot.list_topic_rules()["rules"] == []
    assert iot.list_authorizers()["authorizers"] == []
    assert iot.list_policies()["policies"] == []
    assert iot.list_things()["things"] == []


def test_requests_that_old_sdks_for_go_sign_for_execute_api_are_iots(endpoint: str, account: str) -> None:
    credential = f"Credential={account}/20261128/us-east-1/execute-api/aws4_request"
    signed = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host, Signature=0"
    found = ask("GET", f"{endpoint}/endpoint?endpointType=iot:Data-ATS", authorization=signed)
    assert (found.status, list(orjson.loads(found.body))) == (200, ["endpointAddress"])
    refused = ask("POST", f"{endpoint}/role-aliases/a", b"{}", authorization=signed)
    text = "The operation iot:CreateRoleAlias is not implemented by Headwater."
    assert (refused.status, refused.headers["x-amzn-errormessage"]) == (501, text)
