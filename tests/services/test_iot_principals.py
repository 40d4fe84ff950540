"""What certificates are attached to: policies and things."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Client
from tests.settling import wait_for
from tests.x509 import made, request

NOBODY = "ab" * 32
AUTHORITY = made("Factory", ca=True)


def document(action: str) -> str:
    return '{"Statement": [{"Effect": "Allow", "Action": "%s", "Resource": "*"}]}' % action  # noqa: UP031


def certificate(iot: Any) -> str:
    """The ARN of a new one."""
    answer = iot.create_certificate_from_csr(certificateSigningRequest=request("lamp")[0], setAsActive=True)
    return str(answer["certificateArn"])


def test_policies_of_a_certificate(aws: Client, account: str) -> None:
    iot = aws("iot")
    arn = certificate(iot)
    for name in ("one", "two", "three"):
        iot.create_policy(policyName=name, policyDocument=document("iot:Connect"))
        iot.attach_policy(policyName=name, target=arn)
        iot.attach_policy(policyName=name, target=arn)
    page = iot.list_attached_policies(target=arn, pageSize=2)
    assert [item["policyName"] for item in page["policies"]] == ["one", "three"]
    assert page["policies"][0]["policyArn"] == f"arn:aws:iot:us-east-1:{account}:policy/one"
    rest = iot.list_attached_policies(target=arn, pageSize=2, marker=page["nextMarker"])
    assert [item["policyName"] for item in rest["policies"]] == ["two"]
    assert iot.list_targets_for_policy(policyName="two")["targets"] == [arn]
    iot.detach_policy(policyName="two", target=arn)
    iot.detach_policy(policyName="two", target=arn)
    assert iot.list_targets_for_policy(policyName="two")["targets"] == []
    effective = iot.get_effective_policies(principal=arn)["effectivePolicies"]
    assert {item["policyName"]: item["policyDocument"] for item in effective} == dict.fromkeys(
        ("one", "three"), document("iot:Connect")
    )


def test_the_operations_of_old(aws: Client) -> None:
    iot = aws("iot")
    arn = certificate(iot)
    iot.create_policy(policyName="old", policyDocument=document("iot:Connect"))
    iot.attach_principal_policy(policyName="old", principal=arn)
    assert [item["policyName"] for item in iot.list_principal_policies(principal=arn)["policies"]] == ["old"]
    assert iot.list_policy_principals(policyName="old")["principals"] == [arn]
    iot.detach_principal_policy(policyName="old", principal=arn)
    assert iot.list_principal_policies(principal=arn)["policies"] == []
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.detach_principal_policy(policyName="none", principal=arn)


def test_what_cannot_be_attached(aws: Client, account: str) -> None:
    iot = aws("iot")
    arn = certificate(iot)
    with pytest.raises(iot.exceptions.ResourceNotFoundException, match="Policy none"):
        iot.attach_policy(policyName="none", target=arn)
    iot.create_policy(policyName="some", policyDocument=document("iot:Connect"))
    with pytest.raises(iot.exceptions.ResourceNotFoundException, match="Certificate"):
        iot.attach_policy(policyName="some", target=f"arn:aws:iot:us-east-1:{account}:cert/{NOBODY}")
    with pytest.raises(iot.exceptions.InvalidRequestException):
        iot.attach_policy(policyName="some", target="nonsense")
    with pytest.raises(iot.exceptions.ClientError, match="Cognito"):
        iot.attach_policy(policyName="some", target="us-east-1:01234567-89ab-cdef-0123-456789abcdef")
    for number in range(10):
        iot.create_policy(policyName=f"p{number}", policyDocument=document("iot:Connect"))
        iot.attach_policy(policyName=f"p{number}", target=arn)
    with pytest.raises(iot.exceptions.LimitExceededException):
        iot.attach_policy(policyName="some", target=arn)


def test_things_of_a_certificate(aws: Client) -> None:
    iot = aws("iot")
    arn, other = certificate(iot), certificate(iot)
    for name in ("lamp", "door"):
        iot.create_thing(thingName=name)
        iot.attach_thing_principal(thingName=name, principal=arn)
    iot.attach_thing_principal(thingName="lamp", principal=other)
    assert iot.list_principal_things(principal=arn)["things"] == ["door", "lamp"]
    assert sorted(iot.list_thing_principals(thingName="lamp")["principals"]) == sorted([arn, other])
    page = iot.list_principal_things_v2(principal=arn, maxResults=1)
    assert page["principalThingObjects"] == [{"thingName": "door", "thingPrincipalType": "NON_EXCLUSIVE_THING"}]
    rest = iot.list_principal_things_v2(principal=arn, maxResults=1, nextToken=page["nextToken"])
    assert [item["thingName"] for item in rest["principalThingObjects"]] == ["lamp"]
    with pytest.raises(iot.exceptions.InvalidRequestException, match="another thing, door"):
        iot.attach_thing_principal(thingName="lamp", principal=arn, thingPrincipalType="EXCLUSIVE_THING")
    iot.detach_thing_principal(thingName="door", principal=arn)
    iot.attach_thing_principal(thingName="lamp", principal=arn, thingPrincipalType="EXCLUSIVE_THING")
    exclusive = iot.list_thing_principals_v2(thingName="lamp", thingPrincipalType="EXCLUSIVE_THING")
    assert exclusive["thingPrincipalObjects"] == [{"principal": arn, "thingPrincipalType": "EXCLUSIVE_THING"}]
    with pytest.raises(iot.exceptions.InvalidRequestException, match="another thing, lamp"):
        iot.attach_thing_principal(thingName="door", principal=arn)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.attach_thing_principal(thingName="none", principal=other)


def test_versions_of_a_policy(aws: Client) -> None:
    iot = aws("iot")
    iot.create_policy(policyName="some", policyDocument=document("iot:Connect"))
    iot.create_policy_version(policyName="some", policyDocument=document("iot:Publish"))
    version = iot.get_policy_version(policyName="some", policyVersionId="2")
    assert (version["policyDocument"], version["isDefaultVersion"]) == (document("iot:Publish"), False)
    iot.set_default_policy_version(policyName="some", policyVersionId="2")
    assert iot.get_policy(policyName="some")["policyDocument"] == document("iot:Publish")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.set_default_policy_version(policyName="some", policyVersionId="3")


def stack_template(status: str, asked: str, pem: str) -> str:
    properties: dict[str, Any] = {"Status": status}
    resources = {
        "Made": {"Type": "AWS::IoT::Certificate", "Properties": properties | {"CertificateSigningRequest": asked}},
        "Registered": {
            "Type": "AWS::IoT::Certificate",
            "Properties": properties | {"CertificateMode": "SNI_ONLY", "CertificatePem": pem},
        },
        "Authority": {
            "Type": "AWS::IoT::CACertificate",
            "Properties": properties | {"CACertificatePem": AUTHORITY.pem, "CertificateMode": "SNI_ONLY"},
        },
        "Thing": {"Type": "AWS::IoT::Thing", "Properties": {}},
        "Policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": document("iot:*")}},
        "Under": {
            "Type": "AWS::IoT::PolicyPrincipalAttachment",
            "Properties": {"PolicyName": {"Ref": "Policy"}, "Principal": {"Fn::GetAtt": ["Made", "Arn"]}},
        },
        "Of": {
            "Type": "AWS::IoT::ThingPrincipalAttachment",
            "Properties": {"ThingName": {"Ref": "Thing"}, "Principal": {"Fn::GetAtt": ["Made", "Arn"]}},
        },
    }
    outputs = {name: {"Value": {"Ref": name}} for name in resources}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def test_stacks_with_certificates(aws: Client, account: str) -> None:
    cloudformation, iot = aws("cloudformation"), aws("iot")
    asked, device = request("lamp")[0], made("door")
    cloudformation.create_stack(StackName="things", TemplateBody=stack_template("ACTIVE", asked, device.pem))
    wait_for(cloudformation, "stack_create_complete", StackName="things")
    found = cloudformation.describe_stacks(StackName="things")["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found}
    assert (outputs["Registered"], outputs["Authority"]) == (device.id, AUTHORITY.id)
    arn = f"arn:aws:iot:us-east-1:{account}:cert/{outputs['Made']}"
    assert iot.list_attached_policies(target=arn)["policies"][0]["policyName"] == outputs["Policy"]
    assert iot.list_principal_things(principal=arn)["things"] == [outputs["Thing"]]

    cloudformation.update_stack(StackName="things", TemplateBody=stack_template("INACTIVE", asked, device.pem))
    wait_for(cloudformation, "stack_update_complete", StackName="things")
    for identity in (outputs["Made"], outputs["Registered"]):
        assert iot.describe_certificate(certificateId=identity)["certificateDescription"]["status"] == "INACTIVE"
    described = iot.describe_ca_certificate(certificateId=AUTHORITY.id)["certificateDescription"]
    assert described["status"] == "INACTIVE"

    cloudformation.delete_stack(StackName="things")
    wait_for(cloudformation, "stack_delete_complete", StackName="things")
    for listed in (iot.list_certificates(), iot.list_ca_certificates()):
        assert listed["certificates"] == []
    assert iot.list_things()["things"] == []
