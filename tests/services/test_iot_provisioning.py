"""Provisioning templates, and things that are registered by one."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from headwater.services.iot.provisioning.body import BodyProblem, plan
from tests.conftest import Client
from tests.settling import wait_for

ROLE = "arn:aws:iam::000000000000:role/provisioning"
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}


def body(thing: dict[str, Any] | None = None, **more: Any) -> str:
    resources = {
        "thing": {
            "Type": "AWS::IoT::Thing",
            "Properties": {
                "ThingName": {"Fn::Join": ["", ["device-", {"Ref": "SerialNumber"}]]},
                "AttributePayload": {"place": {"Ref": "Place"}},
            },
            **(thing or {}),
        },
        "certificate": {
            "Type": "AWS::IoT::Certificate",
            "Properties": {"CertificateSigningRequest": {"Ref": "CSR"}, "Status": "Active"},
        },
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyDocument": json.dumps(POLICY)}},
    }
    parameters = {"SerialNumber": {"Type": "String"}, "Place": {"Type": "String", "Default": "hall"}}
    return json.dumps({"Parameters": parameters, "Resources": resources, **more})


def signing_request() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "device")])
    return x509.CertificateSigningRequestBuilder(name).sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def test_a_thing_is_registered_by_a_template(aws: Client, account: str) -> None:
    iot = aws("iot")
    given = {"SerialNumber": "7", "CSR": signing_request()}
    made = iot.register_thing(templateBody=body(), parameters=given)
    arns = made["resourceArns"]
    assert set(arns) == {"thing", "certificate", "policy"}
    assert arns["thing"] == f"arn:aws:iot:us-east-1:{account}:thing/device-7"
    assert iot.describe_thing(thingName="device-7")["attributes"] == {"place": "hall"}
    identity = arns["certificate"].rpartition("/")[2]
    described = iot.describe_certificate(certificateId=identity)["certificateDescription"]
    assert (described["status"], described["certificatePem"]) == ("ACTIVE", made["certificatePem"])
    assert iot.list_thing_principals(thingName="device-7")["principals"] == [arns["certificate"]]
    (policy,) = iot.list_attached_policies(target=arns["certificate"])["policies"]
    assert policy["policyArn"] == arns["policy"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"AttributePayload": "DO_NOTHING"}, {"old": "1"}),
        ({"AttributePayload": "REPLACE"}, {"place": "hall"}),
        ({"AttributePayload": "MERGE"}, {"old": "1", "place": "hall"}),
        ({"AttributePayload": "FAIL"}, None),
    ],
)
def test_a_thing_that_is_there(aws: Client, settings: dict[str, str], expected: dict[str, str] | None) -> None:
    iot = aws("iot")
    iot.create_thing(thingName="device-7", attributePayload={"attributes": {"old": "1"}})
    request = {
        "templateBody": body({"OverrideSettings": settings}),
        "parameters": {"SerialNumber": "7", "CSR": signing_request()},
    }
    if expected is None:
        with pytest.raises(iot.exceptions.ResourceRegistrationFailureException, match="another AttributePayload"):
            iot.register_thing(**request)
        assert iot.list_certificates()["certificates"] == []  # all or nothing
    else:
        iot.register_thing(**request)
        assert iot.describe_thing(thingName="device-7")["attributes"] == expected


@pytest.mark.parametrize(("setting", "groups"), [("DO_NOTHING", ["a"]), ("MERGE", ["a", "b"]), ("REPLACE", ["b"])])
def test_groups_of_a_thing_that_is_there(aws: Client, setting: str, groups: list[str]) -> None:
    iot = aws("iot")
    for name in ("a", "b"):
        iot.create_thing_group(thingGroupName=name)
    iot.create_thing(thingName="device-7")
    iot.add_thing_to_thing_group(thingName="device-7", thingGroupName="a")
    thing = {
        "Properties": {"ThingName": "device-7", "ThingGroups": ["b"]},
        "OverrideSettings": {"ThingGroups": setting},
    }
    iot.register_thing(templateBody=body(thing), parameters={"CSR": signing_request()})
    listed = iot.list_thing_groups_for_thing(thingName="device-7")["thingGroups"]
    assert sorted(group["groupName"] for group in listed) == groups


@pytest.mark.parametrize(
    ("text", "given", "problem"),
    [
        ("no JSON", {}, "The template body must be a JSON object with Resources."),
        ('{"Resources": {"a": {"Type": "AWS::S3::Bucket"}}}', {}, "The resource a must have Properties"),
        (body({"OverrideSettings": {"ThingName": "FAIL"}}), {}, "cannot have the OverrideSettings ThingName"),
        (body(), {"CSR": "c"}, "Cannot resolve reference value: SerialNumber"),
        (body({"Properties": {"ThingName": {"Fn::Cidr": []}}}), {}, "The function Fn::Cidr is not supported."),
        (body({"Properties": {"ThingName": {"Fn::Join": "x"}}}), {"CSR": "c"}, "Fn::Join"),
    ],
)
def test_bodies_that_cannot_be_used(text: str, given: dict[str, str], problem: str) -> None:
    with pytest.raises(BodyProblem, match=problem):
        plan(text, given)


def test_functions_mappings_and_the_device_configuration() -> None:
    text = json.dumps(
        {
            "Mappings": {"Places": {"hall": {"url": "https://hall.example"}}},
            "Resources": {
                "thing": {
                    "Type": "AWS::IoT::Thing",
                    "Properties": {"ThingName": {"Fn::Sub": ["d-${n}", {"n": {"Fn::Select": [1, ["a", "b"]]}}]}},
                }
            },
            "DeviceConfiguration": {"url": {"Fn::FindInMap": ["Places", {"Ref": "Place"}, "url"]}},
        }
    )
    made = plan(text, {"Place": "hall"})
    assert made.thing is not None and made.thing.properties == {"ThingName": "d-b"}
    assert made.configuration == {"url": "https://hall.example"}


_SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text("abD", max_size=3)
_NAMES = st.sampled_from(["Ref", "Fn::Join", "Fn::Sub", "Fn::Split", "Fn::Select", "Fn::FindInMap", "Default", "a"])
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=2), max_leaves=6
)
_RESOURCES = st.fixed_dictionaries(
    {"Type": st.sampled_from(["AWS::IoT::Thing", "AWS::IoT::Certificate", "AWS::IoT::Policy"]) | _VALUES},
    optional={"Properties": st.dictionaries(_NAMES, _VALUES, max_size=3) | _VALUES, "OverrideSettings": _VALUES},
)


@given(
    st.fixed_dictionaries(
        {"Resources": st.dictionaries(st.text("ab", min_size=1), _RESOURCES, max_size=2)},
        optional={
            "Parameters": st.dictionaries(st.text("ab"), _VALUES, max_size=2),
            "Mappings": st.dictionaries(st.text("ab"), _VALUES, max_size=2),
            "DeviceConfiguration": _VALUES,
        },
    )
)
def test_a_body_of_whatever_form_is_understood_or_refused(document: Any) -> None:
    with suppress(BodyProblem):
        plan(json.dumps(document), {"a": "1"})


def test_templates_and_their_versions(aws: Client, account: str) -> None:
    iot = aws("iot")
    hook = {"payloadVersion": "2020-04-01", "targetArn": "arn:aws:lambda:us-east-1:000000000000:function:hook"}
    made = iot.create_provisioning_template(
        templateName="fleet", templateBody=body(), provisioningRoleArn=ROLE, preProvisioningHook=hook, description="d"
    )
    arn = f"arn:aws:iot:us-east-1:{account}:provisioningtemplate/fleet"
    assert (made["templateArn"], made["defaultVersionId"]) == (arn, 1)
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_provisioning_template(templateName="fleet", templateBody=body(), provisioningRoleArn=ROLE)
    with pytest.raises(iot.exceptions.InvalidRequestException):
        iot.create_provisioning_template(templateName="other", templateBody="{}", provisioningRoleArn=ROLE)
    newer = body(DeviceConfiguration={"a": "b"})
    version = iot.create_provisioning_template_version(templateName="fleet", templateBody=newer)
    assert (version["versionId"], version["isDefaultVersion"]) == (2, False)
    assert iot.describe_provisioning_template(templateName="fleet")["templateBody"] == body()
    iot.update_provisioning_template(
        templateName="fleet", enabled=True, defaultVersionId=2, removePreProvisioningHook=True
    )
    found = iot.describe_provisioning_template(templateName="fleet")
    assert (found["templateBody"], found["enabled"], found["type"]) == (newer, True, "FLEET_PROVISIONING")
    assert "preProvisioningHook" not in found and found["description"] == "d"
    (listed,) = iot.list_provisioning_templates()["templates"]
    assert (listed["templateName"], listed["enabled"]) == ("fleet", True)
    page = iot.list_provisioning_template_versions(templateName="fleet", maxResults=1)
    rest = iot.list_provisioning_template_versions(templateName="fleet", nextToken=page["nextToken"])
    versions = page["versions"] + rest["versions"]
    assert [(one["versionId"], one["isDefaultVersion"]) for one in versions] == [(1, False), (2, True)]
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_provisioning_template_version(templateName="fleet", versionId=2)
    iot.delete_provisioning_template_version(templateName="fleet", versionId=1)
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_provisioning_template_version(templateName="fleet", versionId=1)
    for _ in range(4):
        iot.create_provisioning_template_version(templateName="fleet", templateBody=newer)
    with pytest.raises(iot.exceptions.VersionsLimitExceededException):
        iot.create_provisioning_template_version(templateName="fleet", templateBody=newer)
    iot.tag_resource(resourceArn=arn, tags=[{"Key": "k", "Value": "v"}])
    iot.delete_provisioning_template(templateName="fleet")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_provisioning_template(templateName="fleet")


def test_a_stack_with_a_template(aws: Client, account: str) -> None:
    cloudformation, iot = aws("cloudformation"), aws("iot")

    def template(place: str) -> str:
        text = body(DeviceConfiguration={"place": place})
        properties = {"ProvisioningRoleArn": ROLE, "TemplateBody": text, "Enabled": "true", "TemplateName": "fleet"}
        resource = {"Type": "AWS::IoT::ProvisioningTemplate", "Properties": properties}
        output = {"Arn": {"Value": {"Fn::GetAtt": ["Fleet", "TemplateArn"]}}}
        return json.dumps({"Resources": {"Fleet": resource}, "Outputs": output})

    cloudformation.create_stack(StackName="fleet", TemplateBody=template("hall"))
    wait_for(cloudformation, "stack_create_complete", StackName="fleet")
    (output,) = cloudformation.describe_stacks(StackName="fleet")["Stacks"][0]["Outputs"]
    assert output["OutputValue"] == f"arn:aws:iot:us-east-1:{account}:provisioningtemplate/fleet"
    cloudformation.update_stack(StackName="fleet", TemplateBody=template("attic"))
    wait_for(cloudformation, "stack_update_complete", StackName="fleet")
    found = iot.describe_provisioning_template(templateName="fleet")
    assert (found["defaultVersionId"], found["enabled"]) == (2, True) and "attic" in found["templateBody"]
    cloudformation.delete_stack(StackName="fleet")
    wait_for(cloudformation, "stack_delete_complete", StackName="fleet")
    assert iot.list_provisioning_templates()["templates"] == []
