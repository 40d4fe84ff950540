"""Small things that AWS was seen to do: which error comes first, what it says, what a page holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import wait_for

PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def refused(operation: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_bad_task_token_is_told_before_a_bad_output(aws: Client) -> None:
    states = aws("stepfunctions")
    told = ("InvalidToken", "Invalid Token: 'Invalid token'")
    assert refused(states.send_task_success, taskToken="bad", output="no JSON") == told
    assert refused(states.send_task_failure, taskToken="bad") == told


def test_an_alias_is_updated_in_something(aws: Client, account: str) -> None:
    states = aws("stepfunctions")
    role = f"arn:aws:iam::{account}:role/r"
    made = states.create_state_machine(name="m", definition=PASS, roleArn=role, publish=True)
    route = [{"stateMachineVersionArn": made["stateMachineVersionArn"], "weight": 100}]
    alias = states.create_state_machine_alias(name="a", routingConfiguration=route)["stateMachineAliasArn"]
    code, message = refused(states.update_state_machine_alias, stateMachineAliasArn=alias)
    assert code == "ValidationException"
    assert "at least one of" in message
    states.update_state_machine_alias(stateMachineAliasArn=alias, description="d")


def test_an_archives_rule_has_a_template_as_people_write_it(aws: Client, account: str) -> None:
    events = aws("events")
    bus = f"arn:aws:events:us-east-1:{account}:event-bus/default"
    events.create_archive(ArchiveName="kept", EventSourceArn=bus)
    template = events.list_targets_by_rule(Rule="Events-Archive-kept")["Targets"][0]["InputTransformer"]
    assert template["InputTemplate"].endswith(
        '"event": <aws.events.event.json>, "ingestion-time": <aws.events.event.ingestion-time>}'
    )


def test_tags_of_rules_and_buses_that_are_not_there(aws: Client, account: str) -> None:
    events = aws("events")
    prefix = f"arn:aws:events:us-east-1:{account}"
    for path, message in (
        ("rule/x", "Rule x does not exist on EventBus default."),
        ("rule/b/x", "Rule x does not exist on EventBus b."),
        ("event-bus/b", "Event bus b does not exist."),
    ):
        told = ("ResourceNotFoundException", message)
        assert refused(events.list_tags_for_resource, ResourceARN=f"{prefix}:{path}") == told
        assert refused(events.tag_resource, ResourceARN=f"{prefix}:{path}", Tags=[{"Key": "a", "Value": "b"}]) == told
        assert refused(events.untag_resource, ResourceARN=f"{prefix}:{path}", TagKeys=["a"]) == told


def test_a_bus_without_a_policy_has_no_statement_to_remove(aws: Client) -> None:
    events = aws("events")
    told = ("ResourceNotFoundException", "EventBus does not have a policy.")
    assert refused(events.remove_permission, StatementId="s") == told
    events.put_permission(Action="events:PutEvents", Principal="111122223333", StatementId="s")
    told = ("ResourceNotFoundException", "Statement with the provided id does not exist.")
    assert refused(events.remove_permission, StatementId="t") == told


def test_queue_permissions_and_tags(aws: Client) -> None:
    sqs = aws("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    asked = {"QueueUrl": url, "Label": "l", "AWSAccountIds": ["111122223333"]}
    assert refused(sqs.add_permission, **asked, Actions=["TagQueue"]) == (
        "InvalidParameterValue",
        "Value SQS:TagQueue for parameter ActionName is invalid. "
        "Reason: Only the queue owner is allowed to invoke this action.",
    )
    assert refused(sqs.tag_queue, QueueUrl=url, Tags={})[1] == "The request must contain the parameter Tags."
    message = "Tag keys must be between 1 and 128 characters in length."
    assert refused(sqs.untag_queue, QueueUrl=url, TagKeys=[])[1] == message


def test_topic_tags_and_devices(aws: Client) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="t", Tags=[{"Key": "k", "Value": "v"}])["TopicArn"]
    more = [{"Key": str(number), "Value": "v"} for number in range(50)]
    assert refused(sns.tag_resource, ResourceArn=topic, Tags=more) == (
        "TagLimitExceeded",
        "Could not complete request: tag quota of per resource exceeded",
    )
    assert len(sns.list_tags_for_resource(ResourceArn=topic)["Tags"]) == 1
    device = topic.replace(":t", ":endpoint/GCM/app/12345678-1234-1234-1234-123456789012")
    told = f"Invalid parameter: Endpoint Reason: Endpoint does not exist for endpoint arn{device}"
    assert refused(sns.subscribe, TopicArn=topic, Protocol="application", Endpoint=device)[1] == told


def test_exports_come_in_pages_of_a_hundred(aws: Client) -> None:
    formation = aws("cloudformation")
    outputs = {f"O{number:03}": {"Value": "v", "Export": {"Name": f"e{number:03}"}} for number in range(101)}
    resources = {"T": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    body = json.dumps({"Resources": resources, "Outputs": outputs})
    formation.create_stack(StackName="s", TemplateBody=body)
    wait_for(formation, "stack_create_complete", StackName="s")
    first = formation.list_exports()
    assert [each["Name"] for each in first["Exports"]] == [f"e{number:03}" for number in range(100)]
    rest = formation.list_exports(NextToken=first["NextToken"])
    assert [each["Name"] for each in rest["Exports"]] == ["e100"]
    assert "NextToken" not in rest


def test_a_parameter_is_given_or_as_before(aws: Client) -> None:
    formation = aws("cloudformation")
    body = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"T": {"Type": "AWS::SNS::Topic"}}}
    given = [{"ParameterKey": "P", "ParameterValue": "a"}]
    formation.create_stack(StackName="s", TemplateBody=json.dumps(body), Parameters=given)
    wait_for(formation, "stack_create_complete", StackName="s")
    both = [{"ParameterKey": "P", "ParameterValue": "b", "UsePreviousValue": True}]
    assert refused(formation.update_stack, StackName="s", UsePreviousTemplate=True, Parameters=both) == (
        "ValidationError",
        "Invalid input for parameter key P. Cannot specify usePreviousValue as true and non empty value for a "
        "parameter",
    )


def test_an_output_of_a_resource_whose_condition_is_false(aws: Client) -> None:
    body = {
        "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"T": {"Type": "AWS::SNS::Topic"}, "R": {"Type": "AWS::SQS::Queue", "Condition": "No"}},
        "Outputs": {"O": {"Value": {"Fn::GetAtt": ["R", "Arn"]}}},
    }
    assert refused(aws("cloudformation").create_stack, StackName="s", TemplateBody=json.dumps(body)) == (
        "ValidationError",
        "Unresolved resource dependencies [R] in the Outputs block of the template",
    )


def test_shadows_with_nothing_in_them(aws: Client) -> None:
    data = aws("iot-data")

    def update(state: Any) -> Any:
        payload = json.dumps({"state": state})
        return json.loads(data.update_thing_shadow(thingName="t", payload=payload)["payload"].read())

    def state() -> Any:
        return json.loads(data.get_thing_shadow(thingName="t")["payload"].read())

    accepted = update(None)
    assert (accepted["state"], accepted["version"]) == (None, 1)
    assert accepted["metadata"] == {"timestamp": accepted["timestamp"]}
    assert (state()["state"], state()["metadata"]) == ({}, {})
    update({"desired": {"a": 1, "b": {"c": 3}}})
    sent = {"a": 1, "b": {"c": {}}, "d": {}}
    update({"desired": sent})
    assert state()["state"] == {"desired": sent, "delta": sent}
    update(None)
    assert state()["state"] == {}


def test_principals_of_no_thing(aws: Client) -> None:
    told = "Failed to list principals for thing x because the thing does not exist in your account"
    assert refused(aws("iot").list_thing_principals, thingName="x") == ("ResourceNotFoundException", told)


def test_rest_apis_are_checked_and_changed(aws: Client) -> None:
    gateway = aws("apigateway")
    code, message = refused(gateway.create_rest_api, name="a", apiKeySource="COOKIE")
    assert (code, message) == (
        "ValidationException",
        "1 validation error detected: Value 'COOKIE' at 'createRestApiInput.apiKeySource' failed to satisfy "
        "constraint: Member must satisfy enum value set: [AUTHORIZER, HEADER]",
    )
    assert "types' failed" in refused(gateway.create_rest_api, name="a", endpointConfiguration={"types": ["X"]})[1]
    api = gateway.create_rest_api(name="a")["id"]
    policy = {"op": "replace", "path": "/policy", "value": "{}"}
    binary = {"op": "add", "path": "/binaryMediaTypes/image~1png"}
    changed = gateway.update_rest_api(restApiId=api, patchOperations=[policy, binary])
    assert (changed["policy"], changed["binaryMediaTypes"]) == ("{}", ["image/png"])
    nameless = [{"op": "add", "path": "/binaryMediaTypes", "value": "image/png"}]
    assert refused(gateway.update_rest_api, restApiId=api, patchOperations=nameless)[0] == "BadRequestException"
    features = {"path": "/features", "value": "UsagePlans"}
    assert gateway.update_account(patchOperations=[{"op": "add", **features}])["features"] == ["UsagePlans"]
    told = "Usage Plans cannot be disabled once enabled"
    assert refused(gateway.update_account, patchOperations=[{"op": "remove", **features}])[1] == told


def test_integrations_are_checked(aws: Client) -> None:
    gateway = aws("apigateway")
    api = gateway.create_rest_api(name="a")
    place = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    gateway.put_method(**place, authorizationType="NONE")
    queue = "arn:aws:apigateway:us-east-1:sqs:path/1/q"
    post = {"integrationHttpMethod": "POST"}
    for given, message in (
        ({"type": "HTTP", "uri": "http://a"}, "Enumeration value for HttpMethod must be non-empty"),
        ({"type": "HTTP", "uri": "a", **post}, "Invalid HTTP endpoint specified for URI"),
        ({"type": "AWS", "uri": queue, **post}, "Role ARN must be specified for AWS integrations"),
        (
            {"type": "AWS_PROXY", "uri": queue, **post},
            "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
        ),
        ({"type": "AWS", "uri": "arn:aws:sqs:::q", **post}, "AWS ARN for integration must contain path or action"),
    ):
        assert refused(gateway.put_integration, **place, **given) == ("BadRequestException", message)


@pytest.mark.parametrize("service", ["ec2", "rds", "route53"])
def test_a_service_that_is_lacking_is_told_in_its_protocol(aws: Client, service: str) -> None:
    client = aws(service)
    ask = {"ec2": "describe_vpcs", "rds": "describe_db_instances", "route53": "list_hosted_zones"}[service]
    told = ("NotImplemented", f"The service {service} is not implemented by Headwater.")
    assert refused(getattr(client, ask)) == told


def test_an_api_that_is_made_quickly_deploys_by_itself(aws: Client, account: str) -> None:
    gateway = aws("apigatewayv2")
    target = f"arn:aws:lambda:us-east-1:{account}:function:f"
    api = gateway.create_api(Name="a", ProtocolType="HTTP", Target=target)["ApiId"]
    stage = gateway.get_stage(ApiId=api, StageName="$default")
    assert stage["ApiGatewayManaged"] is True
    deployment = {"ApiId": api, "DeploymentId": stage["DeploymentId"]}
    told = gateway.get_deployment(**deployment)
    assert told["Description"] == "Automatic deployment triggered by changes to the Api configuration"
    assert gateway.update_deployment(**deployment, Description="mine")["Description"] == "mine"
    assert gateway.get_deployment(**deployment)["Description"] == "mine"
    assert refused(gateway.update_deployment, ApiId=api, DeploymentId="none")[0] == "NotFoundException"


def test_a_mocked_socket_integration_selects_by_the_status(aws: Client) -> None:
    gateway = aws("apigatewayv2")
    api = gateway.create_api(Name="a", ProtocolType="WEBSOCKET", RouteSelectionExpression="$request.body.a")["ApiId"]
    made = gateway.create_integration(ApiId=api, IntegrationType="MOCK")
    assert made["IntegrationResponseSelectionExpression"] == "${integration.response.statuscode}"
