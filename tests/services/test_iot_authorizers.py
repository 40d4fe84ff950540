"""Custom authorizers: as records, and deciding about MQTT connections."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.conftest import Client
from tests.server import ServerThread
from tests.settling import wait_for
from tests.wire.mqtt_clients import V3, V5, WAIT, Bare, Device, unique

SOURCE = """
import json

def authorize(event, context):
    mqtt = event["protocolData"]["mqtt"]
    arn = context.invoked_function_arn.split(":")
    prefix = f"arn:aws:iot:{arn[3]}:{arn[4]}:"
    allow = lambda action, resource: {"Effect": "Allow", "Action": action, "Resource": prefix + resource}
    user = mqtt.get("username", "").partition("?")[0]
    if user == "crash":
        raise ValueError("no")
    return {
        "isAuthenticated": user != "nobody",
        "principalId": "someone",
        "disconnectAfterInSeconds": 3600,
        "refreshAfterInSeconds": 300,
        "policyDocuments": [json.dumps({"Version": "2012-10-17", "Statement": [
            allow("iot:Connect", "client/${iot:ClientId}" if user != "other" else "client/other"),
            allow("iot:Subscribe", "topicfilter/mine/*"),
            allow("iot:Receive", "topic/mine/*"),
            {"Effect": "Deny", "Action": "iot:Receive", "Resource": prefix + "topic/mine/secret"},
            allow("iot:Publish", "topic/mine/*"),
            allow("iot:Publish", "topic/echo/*"),
        ]})],
    }

def echo(event, context):
    return {"isAuthenticated": True, "principalId": "x", "policyDocuments": [event], "disconnectAfterInSeconds": 300,
            "refreshAfterInSeconds": 300}
"""


@pytest.fixture
def functions(aws: Client) -> dict[str, str]:
    """The handlers above as functions, by name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", SOURCE)
    arns = {}
    for name in ("authorize", "echo"):
        arns[name] = aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=f"app.{name}",
            Role="arn:aws:iam::000000000000:role/any",
            Code={"ZipFile": packed.getvalue()},
        )["FunctionArn"]
        wait_for(aws("lambda"), "function_active_v2", FunctionName=name)
    return arns


def create(aws: Client, function: str, **more: Any) -> str:
    name = unique("authorizer")
    settings = {"status": "ACTIVE", "signingDisabled": True} | more
    aws("iot").create_authorizer(authorizerName=name, authorizerFunctionArn=function, **settings)
    return name


@pytest.fixture
def authorizer(aws: Client, functions: dict[str, str]) -> str:
    return create(aws, functions["authorize"])


@pytest.fixture
def web_port(server: ServerThread) -> int:
    return int(server.endpoint.rpartition(":")[2])


@pytest.fixture
def mqtt_port(server: ServerThread) -> int:
    return server.cloud.mqtt.port


def test_an_authorizer_is_made_read_changed_and_deleted(aws: Client, account: str) -> None:
    iot, function = aws("iot"), "arn:aws:lambda:us-east-1:000000000000:function:f"
    arn = f"arn:aws:iot:us-east-1:{account}:authorizer/one"
    made = iot.create_authorizer(authorizerName="one", authorizerFunctionArn=function, signingDisabled=True)
    assert (made["authorizerName"], made["authorizerArn"]) == ("one", arn)
    description = iot.describe_authorizer(authorizerName="one")["authorizerDescription"]
    assert description.pop("creationDate") == description.pop("lastModifiedDate")
    assert description == {
        "authorizerName": "one",
        "authorizerArn": arn,
        "authorizerFunctionArn": function,
        "status": "INACTIVE",
        "signingDisabled": True,
        "enableCachingForHttp": False,
    }
    with pytest.raises(iot.exceptions.ResourceAlreadyExistsException):
        iot.create_authorizer(authorizerName="one", authorizerFunctionArn=function, signingDisabled=True)
    iot.update_authorizer(authorizerName="one", status="ACTIVE")
    with pytest.raises(iot.exceptions.DeleteConflictException):
        iot.delete_authorizer(authorizerName="one")
    iot.set_default_authorizer(authorizerName="one")
    assert iot.describe_default_authorizer()["authorizerDescription"]["status"] == "ACTIVE"
    iot.clear_default_authorizer()
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_default_authorizer()
    iot.update_authorizer(authorizerName="one", status="INACTIVE")
    iot.delete_authorizer(authorizerName="one")
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.describe_authorizer(authorizerName="one")


def test_authorizers_are_listed(aws: Client) -> None:
    iot, function = aws("iot"), "arn:aws:lambda:us-east-1:000000000000:function:f"
    for number in range(3):
        status = "ACTIVE" if number else "INACTIVE"
        iot.create_authorizer(
            authorizerName=f"a{number}", authorizerFunctionArn=function, signingDisabled=True, status=status
        )
    page = iot.list_authorizers(pageSize=2)
    assert [item["authorizerName"] for item in page["authorizers"]] == ["a0", "a1"]
    rest = iot.list_authorizers(pageSize=2, marker=page["nextMarker"])
    assert [item["authorizerName"] for item in rest["authorizers"]] == ["a2"]
    active = iot.list_authorizers(status="ACTIVE")["authorizers"]
    assert [item["authorizerName"] for item in active] == ["a1", "a2"]


def test_signing_needs_keys(aws: Client) -> None:
    with pytest.raises(aws("iot").exceptions.InvalidRequestException):
        aws("iot").create_authorizer(authorizerName="x", authorizerFunctionArn="arn:aws:lambda:a:b:function:f")


@pytest.mark.parametrize("version", [V3, V5])
def test_over_websockets_the_query_names_the_authorizer(
    aws: Client, web_port: int, authorizer: str, version: int
) -> None:
    path = f"/mqtt?x-amz-customauthorizer-name={authorizer}"
    device = Device(web_port, version=version, websocket=True, path=path)
    _, reason, _ = device.connect()
    assert reason.value == 0
    assert device.subscribe("mine/#", 1) == [1]
    assert device.subscribe("theirs/#", 1) == [0x87 if version == V5 else 0x80]
    data = aws("iot-data")  # the authorizer's account: the client's request does not tell another
    for topic in ("mine/secret", "theirs/a", "mine/a"):
        data.publish(topic=topic, qos=1, payload=topic.encode())
    assert device.next().topic == "mine/a"
    device.disconnect()


def test_over_tcp_the_user_name_names_the_authorizer(mqtt_port: int, authorizer: str) -> None:
    device = Device(mqtt_port)
    device.paho.username_pw_set(f"user?x-amz-customauthorizer-name={authorizer}", "secret")
    assert device.connect()[1].value == 0
    device.publish("mine/a", "fine", 1)
    device.paho.publish("theirs/a", "not fine", 1)
    device.disconnections.get(timeout=WAIT)
    device.paho.loop_stop()


def test_version_5_is_told_what_it_may_not_publish(mqtt_port: int, authorizer: str) -> None:
    device = Device(mqtt_port, version=V5)
    device.paho.username_pw_set(f"?x-amz-customauthorizer-name={authorizer}")
    device.connect()
    assert device.publish("theirs/a", "no", 1).value == 0x87
    assert device.publish("mine/a", "yes", 1, retain=True).value == 0x87  # iot:RetainPublish is not allowed
    assert device.publish("mine/a", "yes", 1).value == 0x10
    device.disconnect()


@pytest.mark.parametrize("user", ["nobody", "crash", "other"])
@pytest.mark.parametrize(("version", "code"), [(4, 5), (5, 0x87)])
def test_refused_connections(mqtt_port: int, authorizer: str, user: str, version: int, code: int) -> None:
    with Bare(mqtt_port, version) as bare:
        answer = bare.connect(username=f"{user}?x-amz-customauthorizer-name={authorizer}", password=b"x")
        assert (answer.reason, answer.session_present) == (code, False)
        assert bare.next() is None


@pytest.mark.parametrize("name", ["missing", "inactive"])
def test_authorizers_that_cannot_be_asked_refuse(
    aws: Client, mqtt_port: int, functions: dict[str, str], name: str
) -> None:
    if name == "inactive":
        name = create(aws, functions["authorize"], status="INACTIVE")
    with Bare(mqtt_port) as bare:
        assert bare.connect(username=f"?x-amz-customauthorizer-name={name}").reason == 5


def test_what_the_function_is_given(aws: Client, functions: dict[str, str]) -> None:
    name = create(aws, functions["echo"])
    answer = aws("iot").test_invoke_authorizer(
        authorizerName=name,
        mqttContext={"username": "u", "password": b"secret", "clientId": "c"},
        httpContext={"headers": {"x": "1"}, "queryString": "?a=b"},
        tlsContext={"serverName": "host"},
    )
    assert (answer["isAuthenticated"], answer["principalId"], answer["refreshAfterInSeconds"]) == (True, "x", 300)
    event = json.loads(answer["policyDocuments"][0])
    assert event["protocols"] == ["tls", "http", "mqtt"]
    assert event["protocolData"] == {
        "tls": {"serverName": "host"},
        "http": {"headers": {"x": "1"}, "queryString": "?a=b"},
        "mqtt": {"username": "u", "password": base64.b64encode(b"secret").decode(), "clientId": "c"},
    }
    assert event["signatureVerified"] is False


def test_tokens_are_verified(aws: Client, web_port: int, functions: dict[str, str]) -> None:
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    name = create(
        aws,
        functions["authorize"],
        signingDisabled=False,
        tokenKeyName="token",
        tokenSigningPublicKeys={"first": public},
    )
    signature = base64.b64encode(key.sign(b"abc", PKCS1v15(), SHA256())).decode()

    def reason(token: str) -> int:
        query = (
            f"x-amz-customauthorizer-name={name}&token={token}&x-amz-customauthorizer-signature={quote(signature, '')}"
        )
        device = Device(web_port, version=V5, websocket=True, path=f"/mqtt?{query}")
        code: int = device.connect()[1].value
        device.disconnect()
        return code

    assert reason("abc") == 0
    assert reason("abd") == 0x87


def test_the_default_authorizer_is_asked_about_the_rest(aws: Client, web_port: int, functions: dict[str, str]) -> None:
    """Only unsigned connections: who signs with AWS credentials is known already."""
    name = create(aws, functions["authorize"])
    aws("iot").set_default_authorizer(authorizerName=name)
    account = aws("sts").get_caller_identity()["Account"]
    credential = quote(f"{account}/20260101/us-east-1/iotdevicegateway/aws4_request", "")
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Signature=0"
    device = Device(web_port, websocket=True, path=f"/mqtt?{query}")
    assert device.connect()[1].value == 0
    assert device.subscribe("anything/#", 1) == [1]
    aws("iot-data").publish(topic="anything/a", payload=b"of this account")
    assert device.next().payload == b"of this account"
    device.disconnect()


def test_an_authorized_session_goes_on_as_authorized(mqtt_port: int, authorizer: str) -> None:
    """A persistent session keeps to the policies of its newest connection."""
    name = unique("device")
    for _ in range(2):
        device = Device(mqtt_port, name)
        device.paho.username_pw_set(f"user?x-amz-customauthorizer-name={authorizer}", "x")
        device.connect(clean=False)
        assert device.subscribe("theirs/a", 1) == [0x80]
        device.disconnect()
