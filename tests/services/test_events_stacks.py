"""EventBridge in templates: archives, connections, API destinations, a rule that uses them, and their changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.endpoints import endpoint
from tests.settling import wait_for

ROLE = "arn:aws:iam::123456789012:role/x"


def template(url: str, days: str = "7", method: str = "POST") -> str:
    resources: dict[str, Any] = {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "shop"}},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {
                "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "RetentionDays": days,
                "EventPattern": {"source": ["orders"]},
            },
        },
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"SecretString": '{"key": "from-the-secret"}'},
        },
        "Connection": {
            "Type": "AWS::Events::Connection",
            "Properties": {
                "AuthorizationType": "API_KEY",
                "AuthParameters": {
                    "ApiKeyAuthParameters": {
                        "ApiKeyName": "x-key",
                        "ApiKeyValue": {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:key}}"},
                    },
                    "InvocationHttpParameters": {
                        "HeaderParameters": [{"Key": "x-more", "Value": "v", "IsValueSecret": "false"}]
                    },
                },
            },
        },
        "Destination": {
            "Type": "AWS::Events::ApiDestination",
            "Properties": {
                "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
                "InvocationEndpoint": f"{url}/hook",
                "HttpMethod": method,
                "InvocationRateLimitPerSecond": "10",
            },
        },
        "Rule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": ["orders"]},
                "Targets": [{"Id": "t", "Arn": {"Fn::GetAtt": ["Destination", "Arn"]}, "RoleArn": ROLE}],
            },
        },
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Archive", "Connection", "Destination")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_a_stack_of_endpoints(aws: Client) -> None:
    events, stacks = aws("events"), aws("cloudformation")
    with endpoint() as site:
        stacks.create_stack(StackName="st", TemplateBody=template(site.url))
        wait_for(stacks, "stack_create_complete", StackName="st")
        (stack,) = stacks.describe_stacks(StackName="st")["Stacks"]
        names = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        entry = {"Source": "orders", "DetailType": "d", "Detail": "{}", "EventBusName": "shop"}
        events.put_events(Entries=[entry])
        asked = site.next()
        assert (asked.method, asked.headers["x-key"], asked.headers["x-more"]) == ("POST", "from-the-secret", "v")
        archive = events.describe_archive(ArchiveName=names["Archive"])
        assert (archive["RetentionDays"], archive["EventCount"]) == (7, 1)
        stacks.update_stack(StackName="st", TemplateBody=template(site.url, "9", "PUT"))
        wait_for(stacks, "stack_update_complete", StackName="st")
        assert events.describe_archive(ArchiveName=names["Archive"])["RetentionDays"] == 9
        events.put_events(Entries=[entry])
        assert site.next().method == "PUT"
        stacks.delete_stack(StackName="st")
        wait_for(stacks, "stack_delete_complete", StackName="st")
    for name, request in (
        ("describe_archive", {"ArchiveName": names["Archive"]}),
        ("describe_connection", {"Name": names["Connection"]}),
        ("describe_api_destination", {"Name": names["Destination"]}),
        ("describe_event_bus", {"Name": "shop"}),
    ):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            getattr(events, name)(**request)
    assert aws("secretsmanager").list_secrets()["SecretList"] == []
