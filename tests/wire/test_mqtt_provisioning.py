"""Fleet provisioning as devices use it: a claim, a certificate of one's own, and a template."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cbor2
import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.lambda_lab import make
from tests.wire.mqtt_clients import V5, Device, unique
from tests.x509 import request

CREATE = "$aws/certificates/create"
ROLE = "arn:aws:iam::000000000000:role/provisioning"
HOOK = """
def handler(event, context):
    assert event["certificateId"] and event["templateArn"].endswith(":provisioningtemplate/" + event["parameters"]["t"])
    allowed = event["parameters"]["Serial"] != "stolen"
    return {"allowProvisioning": allowed, "parameterOverrides": {"Place": "of " + event["clientId"]}}
"""


@pytest.fixture
def device(server: ServerThread) -> Iterator[Device]:
    with Device(server.cloud.mqtt.port, version=V5) as device:
        yield device


@pytest.fixture
def aws(endpoint: str) -> Client:
    """The account that plain TCP belongs to."""
    return client_factory(endpoint, "000000000000")


def template(iot: Any, **more: Any) -> str:
    resources = {
        "thing": {
            "Type": "AWS::IoT::Thing",
            "Properties": {"ThingName": {"Ref": "Serial"}, "AttributePayload": {"place": {"Ref": "Place"}}},
        },
        "certificate": {
            "Type": "AWS::IoT::Certificate",
            "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "Active"},
        },
    }
    parameters = {"Serial": {"Type": "String"}, "Place": {"Type": "String", "Default": "hall"}}
    text = json.dumps({"Parameters": parameters, "Resources": resources, "DeviceConfiguration": {"a": "b"}})
    settings = {"enabled": True, "provisioningRoleArn": ROLE} | more
    iot.create_provisioning_template(templateName=(name := unique("fleet")), templateBody=text, **settings)
    return name


def ask(device: Device, topic: str, payload: dict[str, Any] | None) -> tuple[str, Any]:
    """`accepted` or `rejected`, and what was said."""
    form = cbor2 if topic.endswith("cbor") else json
    device.subscribe(f"{topic}/+", 1)
    data = b"" if payload is None else form.dumps(payload)
    device.publish(topic, data)
    message = device.next()
    assert message.topic.startswith(f"{topic}/")
    return message.topic.rpartition("/")[2], form.loads(message.payload)


@pytest.mark.parametrize("form", ["json", "cbor"])
def test_a_device_is_provisioned(device: Device, aws: Client, form: str) -> None:
    iot = aws("iot")
    outcome, made = ask(device, f"{CREATE}/{form}", None)
    assert outcome == "accepted"
    assert set(made) == {"certificateId", "certificatePem", "privateKey", "certificateOwnershipToken"}
    identity = made["certificateId"]
    found = iot.describe_certificate(certificateId=identity)["certificateDescription"]
    assert (found["status"], found["certificatePem"]) == ("PENDING_ACTIVATION", made["certificatePem"])
    name, serial = template(iot), unique("serial")
    asked = {"certificateOwnershipToken": made["certificateOwnershipToken"], "parameters": {"Serial": serial}}
    topic = f"$aws/provisioning-templates/{name}/provision/{form}"
    assert ask(device, topic, asked) == ("accepted", {"deviceConfiguration": {"a": "b"}, "thingName": serial})
    assert iot.describe_thing(thingName=serial)["attributes"] == {"place": "hall"}
    assert iot.list_thing_principals(thingName=serial)["principals"] == [found["certificateArn"]]
    found = iot.describe_certificate(certificateId=identity)["certificateDescription"]
    assert found["status"] == "ACTIVE"
    outcome, told = ask(device, topic, asked)  # the token is used up
    assert (outcome, told["errorCode"]) == ("rejected", "InvalidCertificateOwnershipToken")


def test_a_certificate_for_a_key_of_the_device(device: Device, aws: Client) -> None:
    text, _ = request("device")
    topic = f"{CREATE}-from-csr/json"
    outcome, made = ask(device, topic, {"certificateSigningRequest": text})
    assert outcome == "accepted"
    assert set(made) == {"certificateId", "certificatePem", "certificateOwnershipToken"}
    outcome, told = ask(device, topic, {"certificateSigningRequest": "none"})
    assert (outcome, told["statusCode"], told["errorCode"]) == ("rejected", 400, "InvalidCertificateSigningRequest")


def test_a_hook_decides_and_puts_parameters_in(device: Device, aws: Client) -> None:
    iot = aws("iot")
    function = make(aws("lambda"), unique("hook"), HOOK)
    name = template(iot, preProvisioningHook={"targetArn": function})
    topic = f"$aws/provisioning-templates/{name}/provision/json"
    _, made = ask(device, f"{CREATE}/json", None)
    asked: dict[str, Any] = {"certificateOwnershipToken": made["certificateOwnershipToken"]}
    outcome, told = ask(device, topic, asked | {"parameters": {"Serial": "stolen", "t": name}})
    assert (outcome, told["statusCode"], told["errorCode"]) == ("rejected", 403, "AccessDenied")
    serial = unique("serial")
    outcome, told = ask(device, topic, asked | {"parameters": {"Serial": serial, "t": name}})
    assert (outcome, told["thingName"]) == ("accepted", serial)
    assert iot.describe_thing(thingName=serial)["attributes"] == {"place": f"of {device.id}"}


def test_what_is_rejected_leaves_nothing(device: Device, aws: Client) -> None:
    iot = aws("iot")
    name = template(iot)
    topic = f"$aws/provisioning-templates/{name}/provision/json"
    outcome, told = ask(device, topic, {"parameters": {}})
    assert outcome == "rejected"
    assert told == {
        "statusCode": 400,
        "errorCode": "InvalidCertificateOwnershipToken",
        "errorMessage": "Certificate ownership token cannot be empty.",
    }
    _, made = ask(device, f"{CREATE}/json", None)
    asked: dict[str, Any] = {"certificateOwnershipToken": made["certificateOwnershipToken"]}
    assert ask(device, topic, asked) == (
        "rejected",
        {"statusCode": 400, "errorCode": "InvalidParameters", "errorMessage": "Cannot resolve reference value: Serial"},
    )
    iot.update_provisioning_template(templateName=name, enabled=False)
    asked["parameters"] = {"Serial": (serial := unique("serial"))}
    outcome, told = ask(device, topic, asked)
    assert outcome == "rejected" and "not enabled" in told["errorMessage"]
    iot.update_provisioning_template(templateName=name, enabled=True)
    assert ask(device, topic, asked)[0] == "accepted"  # the token still holds
    assert iot.describe_thing(thingName=serial)["thingName"] == serial
    device.publish(topic, b"no JSON")
    assert json.loads(device.next().payload)["errorCode"] == "InvalidPayload"
