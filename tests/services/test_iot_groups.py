"""Types and groups of things, and the policies that come with groups."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.conftest import Client
from tests.server import ServerThread
from tests.settling import wait_for
from tests.x509 import request


def policy(effect: str, action: str, resource: str = "*") -> str:
    return json.dumps({"Statement": [{"Effect": effect, "Action": action, "Resource": resource}]})


def names(groups: list[dict[str, str]]) -> list[str]:
    return [group["groupName"] for group in groups]


def test_types(aws: Client, account: str) -> None:
    iot = aws("iot")
    properties = {"thingTypeDescription": "shines", "searchableAttributes": ["watts"]}
    tags = [{"Key": "a", "Value": "b"}]
    made = iot.create_thing_type(thingTypeName="lamp", thingTypeProperties=properties, tags=tags)
    assert made["thingTypeArn"] == f"arn:aws:iot:us-east-1:{account}:thingtype/lamp"
    assert (
        iot.create_thing_type(thingTypeName="lamp", thingTypeProperties=properties)["thingTypeId"]
        == made["thingTypeId"]
    )
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_thing_type(thingTypeName="lamp")
    assert iot.list_tags_for_resource(resourceArn=made["thingTypeArn"])["tags"] == tags
    described = iot.describe_thing_type(thingTypeName="lamp")
    assert described["thingTypeProperties"] == properties
    assert described["thingTypeMetadata"]["deprecated"] is False
    iot.create_thing_type(thingTypeName="door")
    page = iot.list_thing_types(maxResults=1)
    assert [kind["thingTypeName"] for kind in page["thingTypes"]] == ["door"]
    rest = iot.list_thing_types(maxResults=1, nextToken=page["nextToken"])
    assert [kind["thingTypeName"] for kind in rest["thingTypes"]] == ["lamp"]
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_thing_type(thingTypeName="none")


def test_things_of_a_type(aws: Client) -> None:
    iot = aws("iot")
    iot.create_thing_type(thingTypeName="lamp")
    iot.create_thing(thingName="hall", thingTypeName="lamp", attributePayload={"attributes": {"room": "hall-1"}})
    iot.create_thing(thingName="attic", attributePayload={"attributes": {"room": "attic"}})
    assert iot.describe_thing(thingName="hall")["thingTypeName"] == "lamp"
    assert [thing["thingName"] for thing in iot.list_things(thingTypeName="lamp")["things"]] == ["hall"]
    asked = {"attributeName": "room", "attributeValue": "hall"}
    assert iot.list_things(**asked)["things"] == []
    assert [thing["thingName"] for thing in iot.list_things(**asked, usePrefixAttributeValue=True)["things"]] == [
        "hall"
    ]
    assert [thing["thingName"] for thing in iot.list_things(attributeName="room", maxResults=1)["things"]] == ["attic"]
    iot.update_thing(thingName="hall", removeThingType=True)
    assert "thingTypeName" not in iot.describe_thing(thingName="hall")
    iot.deprecate_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="deprecated"):
        iot.create_thing(thingName="new", thingTypeName="lamp")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.create_thing(thingName="new", thingTypeName="none")


def test_a_type_goes_five_minutes_after_its_deprecation(timed: ServerThread) -> None:
    iot = boto3.client(
        "iot",
        endpoint_url=timed.endpoint,
        region_name="us-east-1",
        aws_access_key_id="1",
        aws_secret_access_key="1",
        config=Config(retries={"max_attempts": 1, "mode": "standard"}),
    )
    iot.create_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="must be deprecated"):
        iot.delete_thing_type(thingTypeName="lamp")
    iot.deprecate_thing_type(thingTypeName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="wait for 5 minutes"):
        iot.delete_thing_type(thingTypeName="lamp")
    timed.advance(300_000)
    iot.delete_thing_type(thingTypeName="lamp")
    assert iot.list_thing_types()["thingTypes"] == []


def test_groups_in_a_tree(aws: Client, account: str) -> None:
    iot = aws("iot")
    properties = {"thingGroupDescription": "all", "attributePayload": {"attributes": {"a": "1", "b": "2"}}}
    iot.create_thing_group(thingGroupName="house", thingGroupProperties=properties)
    iot.create_thing_group(thingGroupName="floor", parentGroupName="house")
    iot.create_thing_group(thingGroupName="room", parentGroupName="floor")
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_thing_group(thingGroupName="room")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.create_thing_group(thingGroupName="lost", parentGroupName="none")
    assert names(iot.list_thing_groups()["thingGroups"]) == ["floor", "house", "room"]
    assert names(iot.list_thing_groups(recursive=False)["thingGroups"]) == ["house"]
    assert names(iot.list_thing_groups(parentGroup="house")["thingGroups"]) == ["floor", "room"]
    assert names(iot.list_thing_groups(namePrefixFilter="f")["thingGroups"]) == ["floor"]
    described = iot.describe_thing_group(thingGroupName="room")["thingGroupMetadata"]
    assert described["parentGroupName"] == "floor"
    assert names(described["rootToParentThingGroups"]) == ["house", "floor"]
    changed = {"attributePayload": {"attributes": {"b": "", "c": "3"}, "merge": True}}
    assert (
        iot.update_thing_group(thingGroupName="house", thingGroupProperties=changed, expectedVersion=1)["version"] == 2
    )
    with pytest.raises(iot.exceptions.VersionConflictException):
        iot.update_thing_group(thingGroupName="house", thingGroupProperties=changed, expectedVersion=1)
    house = iot.describe_thing_group(thingGroupName="house")
    assert house["thingGroupArn"] == f"arn:aws:iot:us-east-1:{account}:thinggroup/house"
    assert house["thingGroupProperties"] == {
        "thingGroupDescription": "all",
        "attributePayload": {"attributes": {"a": "1", "c": "3"}},
    }
    with pytest.raises(iot.exceptions.InvalidRequestException, match="still child groups"):
        iot.delete_thing_group(thingGroupName="floor")
    for name in ("room", "floor", "house", "house"):
        iot.delete_thing_group(thingGroupName=name)
    assert iot.list_thing_groups()["thingGroups"] == []


def test_members(aws: Client) -> None:
    iot = aws("iot")
    iot.create_thing_group(thingGroupName="house")
    iot.create_thing_group(thingGroupName="room", parentGroupName="house")
    iot.create_thing_group(thingGroupName="red")
    for name in ("lamp", "door"):
        iot.create_thing(thingName=name)
    iot.add_thing_to_thing_group(thingGroupName="room", thingName="lamp")
    iot.add_thing_to_thing_group(thingGroupName="red", thingName="lamp")
    with pytest.raises(iot.exceptions.InvalidRequestException, match="same hierarchy"):
        iot.add_thing_to_thing_group(thingGroupName="house", thingName="lamp")
    iot.add_thing_to_thing_group(thingGroupName="house", thingName="door")
    assert names(iot.list_thing_groups_for_thing(thingName="lamp")["thingGroups"]) == ["red", "room"]
    assert iot.list_things_in_thing_group(thingGroupName="house")["things"] == ["door"]
    page = iot.list_things_in_thing_group(thingGroupName="house", recursive=True, maxResults=1)
    rest = iot.list_things_in_thing_group(
        thingGroupName="house", recursive=True, maxResults=1, nextToken=page["nextToken"]
    )
    assert page["things"] + rest["things"] == ["door", "lamp"]
    iot.update_thing_groups_for_thing(thingName="lamp", thingGroupsToAdd=["house"], thingGroupsToRemove=["room"])
    assert names(iot.list_thing_groups_for_thing(thingName="lamp")["thingGroups"]) == ["house", "red"]
    iot.remove_thing_from_thing_group(thingGroupName="red", thingName="lamp")
    iot.delete_thing(thingName="lamp")
    assert iot.list_things_in_thing_group(thingGroupName="house")["things"] == ["door"]
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.add_thing_to_thing_group(thingGroupName="none", thingName="door")


def test_policies_of_groups(aws: Client, account: str) -> None:
    iot = aws("iot")
    arn = iot.create_certificate_from_csr(certificateSigningRequest=request("lamp")[0])["certificateArn"]
    prefix = f"arn:aws:iot:us-east-1:{account}:"
    iot.create_policy(policyName="own", policyDocument=policy("Allow", "iot:*", prefix + "client/${iot:ClientId}"))
    iot.create_policy(policyName="all", policyDocument=policy("Allow", "iot:*"))
    iot.create_policy(policyName="quiet", policyDocument=policy("Deny", "iot:Publish"))
    iot.attach_policy(policyName="own", target=arn)
    iot.create_thing_group(thingGroupName="house")
    iot.create_thing_group(thingGroupName="room", parentGroupName="house")
    iot.attach_policy(policyName="all", target=f"{prefix}thinggroup/house")
    iot.create_thing(thingName="lamp")
    iot.attach_thing_principal(thingName="lamp", principal=arn)

    def decisions(**more: Any) -> list[str]:
        infos = [
            {"actionType": "CONNECT", "resources": [f"{prefix}client/lamp"]},
            {"actionType": "PUBLISH", "resources": [f"{prefix}topic/a"]},
        ]
        results = iot.test_authorization(principal=arn, authInfos=infos, clientId="lamp", **more)["authResults"]
        return [result["authDecision"] for result in results]

    assert decisions() == ["ALLOWED", "IMPLICIT_DENY"]
    iot.add_thing_to_thing_group(thingGroupName="room", thingName="lamp")
    effective = iot.get_effective_policies(principal=arn, thingName="lamp")["effectivePolicies"]
    assert [item["policyName"] for item in effective] == ["own", "all"]
    assert decisions() == ["ALLOWED", "ALLOWED"]
    assert decisions(policyNamesToSkip=["own", "all"]) == ["IMPLICIT_DENY", "IMPLICIT_DENY"]
    assert decisions(policyNamesToAdd=["quiet"]) == ["ALLOWED", "EXPLICIT_DENY"]
    assert iot.list_targets_for_policy(policyName="all")["targets"] == [f"{prefix}thinggroup/house"]
    iot.delete_thing_group(thingGroupName="room")
    assert decisions() == ["ALLOWED", "IMPLICIT_DENY"]


def template(description: str, deprecated: bool) -> str:
    resources: dict[str, Any] = {
        "Type": {"Type": "AWS::IoT::ThingType", "Properties": {"DeprecateThingType": deprecated}},
        "House": {
            "Type": "AWS::IoT::ThingGroup",
            "Properties": {"ThingGroupProperties": {"ThingGroupDescription": description}},
        },
        "Room": {"Type": "AWS::IoT::ThingGroup", "Properties": {"ParentGroupName": {"Ref": "House"}}},
    }
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    outputs |= {f"{name}Id": {"Value": {"Fn::GetAtt": [name, "Id"]}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_stacks_with_groups(aws: Client) -> None:
    cloudformation, iot = aws("cloudformation"), aws("iot")

    def outputs() -> dict[str, str]:
        found = cloudformation.describe_stacks(StackName="groups")["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in found}

    cloudformation.create_stack(StackName="groups", TemplateBody=template("one", False))
    wait_for(cloudformation, "stack_create_complete", StackName="groups")
    made = outputs()
    room = iot.describe_thing_group(thingGroupName=made["Room"])
    assert (room["thingGroupMetadata"]["parentGroupName"], room["thingGroupId"]) == (made["House"], made["RoomId"])
    assert iot.describe_thing_type(thingTypeName=made["Type"])["thingTypeId"] == made["TypeId"]
    cloudformation.update_stack(StackName="groups", TemplateBody=template("two", True))
    wait_for(cloudformation, "stack_update_complete", StackName="groups")
    assert outputs() == made
    house = iot.describe_thing_group(thingGroupName=made["House"])
    assert house["thingGroupProperties"]["thingGroupDescription"] == "two"
    assert iot.describe_thing_type(thingTypeName=made["Type"])["thingTypeMetadata"]["deprecated"] is True
    cloudformation.delete_stack(StackName="groups")
    wait_for(cloudformation, "stack_delete_complete", StackName="groups")
    assert iot.list_thing_groups()["thingGroups"] == iot.list_thing_types()["thingTypes"] == []
