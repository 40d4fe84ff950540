"""TLS with real clients: HTTPS, and MQTT with the certificates of devices."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.conftest import client_factory
from tests.server import ServerThread
from tests.wire.mqtt_clients import V3, V5, WAIT, Device, unique
from tests.x509 import Made, made

PREFIX = "arn:aws:iot:us-east-1:"
# a client that is refused by TLS 1.3 learns it after the handshake, as an alert or as a connection that is gone
REFUSED = (ssl.SSLError, ConnectionError)


@pytest.fixture(scope="module")
def secure() -> Iterator[ServerThread]:
    with ServerThread(tls=True) as running:
        yield running


@pytest.fixture
def authority(secure: ServerThread, tmp_path: Path) -> str:
    """A file of the certificate that clients are to trust, as they get it."""
    with urllib.request.urlopen(f"{secure.endpoint}/_headwater/ca.pem") as answer:
        (tmp_path / "ca.pem").write_bytes(answer.read())
    return str(tmp_path / "ca.pem")


@pytest.fixture
def iot(secure: ServerThread, account: str) -> Any:
    return client_factory(secure.endpoint, account)("iot")


@pytest.fixture
def context(authority: str, tmp_path: Path) -> Callable[..., ssl.SSLContext]:
    """``context(certificate, key)``: what a device connects with."""

    def make(certificate: str | None = None, key: str = "", protocol: str | None = None) -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=authority)
        if certificate is not None:
            pair = tmp_path / f"{unique('device')}.pem"
            pair.write_text(key + certificate)
            made.load_cert_chain(pair)
        if protocol is not None:
            made.set_alpn_protocols([protocol])
        return made

    return make


def tls(secure: ServerThread) -> Any:
    assert secure.cloud.tls is not None
    return secure.cloud.tls


def register(iot: Any, device: Made, **statements: list[str]) -> str:
    """The ARN of a certificate that is ACTIVE, under a policy of its own: actions with resources."""
    arn = str(iot.register_certificate_without_ca(certificatePem=device.pem, status="ACTIVE")["certificateArn"])
    name = unique("policy")
    iot.create_policy(policyName=name, policyDocument=policy(**statements))
    iot.attach_policy(policyName=name, target=arn)
    return arn


def policy(**statements: list[str]) -> str:
    return json.dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Action": f"iot:{action}", "Resource": resources}
                for action, resources in statements.items()
            ]
        }
    )


def test_aws_clients_by_https(secure: ServerThread, authority: str, account: str) -> None:
    queues = boto3.client(
        "sqs",
        endpoint_url=f"https://localhost:{tls(secure).https_port}",
        verify=authority,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="x",
    )
    url = queues.create_queue(QueueName="secure")["QueueUrl"]
    queues.send_message(QueueUrl=url, MessageBody="hello")
    assert queues.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_the_certificate_of_sns_is_got_by_https(secure: ServerThread, authority: str, account: str) -> None:
    """Libraries that verify messages take no other address."""
    aws = client_factory(secure.endpoint, account)
    topic = aws("sns").create_topic(Name="signed")["TopicArn"]
    url = aws("sqs").create_queue(QueueName="signed")["QueueUrl"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=topic.replace(":sns:", ":sqs:"))
    aws("sns").publish(TopicArn=topic, Message="hello")
    (message,) = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    address = json.loads(message["Body"])["SigningCertURL"]
    assert address.startswith("https://")
    with urllib.request.urlopen(address, context=ssl.create_default_context(cafile=authority)) as answer:
        assert answer.read().startswith(b"-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "bucket.s3.localhost", "sqs.us-east-1.amazonaws.com"])
def test_the_server_is_vouched_for_by_each_of_its_names(
    secure: ServerThread, context: Callable[..., ssl.SSLContext], name: str
) -> None:
    with (
        socket.create_connection(("127.0.0.1", tls(secure).https_port), timeout=WAIT) as plain,
        context().wrap_socket(plain, server_hostname=name) as client,
    ):
        client.sendall(b"GET /_headwater/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")


def test_who_does_not_trust_the_authority_is_told(secure: ServerThread) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        HTTPSConnection("localhost", tls(secure).https_port, timeout=WAIT).request("GET", "/")


def test_without_tls_there_is_no_authority(endpoint: str) -> None:
    with pytest.raises(urllib.request.HTTPError, match="404") as refused:
        urllib.request.urlopen(f"{endpoint}/_headwater/ca.pem")
    refused.value.close()


def test_the_endpoint_is_that_of_tls(secure: ServerThread, iot: Any) -> None:
    address = iot.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    assert address == f"127.0.0.1:{tls(secure).https_port}"


@pytest.mark.parametrize("version", [V3, V5])
def test_a_device_with_keys_of_ours(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext], account: str, version: int
) -> None:
    answer = iot.create_keys_and_certificate(setAsActive=True)
    name = unique("policy")
    iot.create_policy(policyName=name, policyDocument=policy(**{"*": ["*"]}))
    iot.attach_policy(policyName=name, target=answer["certificateArn"])
    trusting = context(answer["certificatePem"], answer["keyPair"]["PrivateKey"])
    watcher = Device(tls(secure).mqtts_port, version=version, tls=trusting)
    device = Device(tls(secure).mqtts_port, version=version, tls=trusting)
    with watcher:
        watcher.subscribe(f"$aws/events/presence/connected/{device.id}", 1)
        watcher.subscribe("lamps/#", 1)
        with device:
            told = json.loads(watcher.next().payload)
            assert (told["clientId"], told["principalIdentifier"]) == (device.id, answer["certificateId"])
            device.publish("lamps/1", "on")
            assert watcher.next().payload == b"on"


def test_a_certificate_decides_what_its_device_may(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext], account: str
) -> None:
    device, thing = made("lamp"), unique("lamp")
    mine = "${iot:Connection.Thing.ThingName}"
    arn = register(
        iot,
        device,
        Connect=[f"{PREFIX}{account}:client/{mine}"],
        Publish=[f"{PREFIX}{account}:topic/${{iot:Certificate.Subject.CommonName}}/{mine}"],
        Subscribe=[f"{PREFIX}{account}:topicfilter/{mine}"],
    )
    trusting = context(device.pem, device.key_pem)
    port = tls(secure).mqtts_port
    refused = Device(port, thing, tls=trusting)
    assert refused.connect()[1].is_failure  # the certificate is not the thing's yet
    refused.paho.loop_stop()
    iot.create_thing(thingName=thing)
    iot.attach_thing_principal(thingName=thing, principal=arn)
    with Device(port, thing, tls=trusting) as client:
        assert client.subscribe(thing) == [0]
        assert client.subscribe("others") == [128]
        client.publish(f"lamp/{thing}", "on")
        client.paho.publish("others", "on", 1)
        client.disconnections.get(timeout=WAIT)


def test_a_claim_gets_its_device_a_certificate_of_its_own(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext], account: str
) -> None:
    port, own, role = tls(secure).mqtts_port, unique("own"), "arn:aws:iam::000000000000:role/fleet"
    create, provision = "$aws/certificates/create/json", "$aws/provisioning-templates/fleet/provision/json"
    claim = iot.create_keys_and_certificate(setAsActive=True)
    iot.create_policy(
        policyName=(name := unique("claim")),
        policyDocument=policy(
            Connect=["*"],
            Publish=[f"{PREFIX}{account}:topic/{create}", f"{PREFIX}{account}:topic/{provision}"],
            Receive=[f"{PREFIX}{account}:topic/{create}/*", f"{PREFIX}{account}:topic/{provision}/*"],
            Subscribe=[f"{PREFIX}{account}:topicfilter/{create}/*", f"{PREFIX}{account}:topicfilter/{provision}/*"],
        ),
    )
    iot.attach_policy(policyName=name, target=claim["certificateArn"])
    iot.create_policy(policyName=own, policyDocument=policy(**{"*": ["*"]}))
    resources = {
        "thing": {"Type": "AWS::IoT::Thing", "Properties": {"ThingName": {"Ref": "Serial"}}},
        "certificate": {
            "Type": "AWS::IoT::Certificate",
            "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}},
        },
        "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": own}},
    }
    iot.create_provisioning_template(
        templateName="fleet",
        templateBody=json.dumps({"Resources": resources}),
        provisioningRoleArn=role,
        enabled=True,
    )
    with Device(port, tls=context(claim["certificatePem"], claim["keyPair"]["PrivateKey"])) as device:
        for topic in (create, provision):
            assert device.subscribe(f"{topic}/+", 1) == [1]
        device.publish(create, b"")
        made = json.loads(device.next().payload)
        trusting = context(made["certificatePem"], made["privateKey"])
        refused = Device(port, tls=trusting)
        assert refused.connect()[1].is_failure  # it is not ACTIVE yet
        refused.paho.loop_stop()
        asked = {"certificateOwnershipToken": made["certificateOwnershipToken"], "parameters": {"Serial": "lamp"}}
        device.publish(provision, json.dumps(asked))
        assert json.loads(device.next().payload) == {"deviceConfiguration": {}, "thingName": "lamp"}
    with Device(port, tls=trusting) as device:
        assert device.subscribe("lamps", 1) == [1]


def test_a_policy_that_changes_holds_at_once(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext]
) -> None:
    device = made("lamp")
    arn = register(iot, device, Connect=["*"])
    with Device(tls(secure).mqtts_port, version=V5, tls=context(device.pem, device.key_pem)) as client:
        assert client.publish("a", "1").value == 135
        name = iot.list_attached_policies(target=arn)["policies"][0]["policyName"]
        document = policy(Connect=["*"], Publish=["*"])
        iot.create_policy_version(policyName=name, policyDocument=document, setAsDefault=True)
        assert not client.publish("a", "2").is_failure
        iot.detach_policy(policyName=name, target=arn)
        assert client.publish("a", "3").value == 135
        iot.create_thing(thingName=client.id)
        iot.attach_thing_principal(thingName=client.id, principal=arn)
        group = iot.create_thing_group(thingGroupName=unique("group"))
        iot.attach_policy(policyName=name, target=group["thingGroupArn"])
        assert client.publish("a", "4").value == 135
        iot.add_thing_to_thing_group(thingGroupName=group["thingGroupName"], thingName=client.id)
        assert not client.publish("a", "5").is_failure


def test_a_certificate_that_is_revoked_disconnects(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext]
) -> None:
    device = made("lamp")
    register(iot, device, **{"*": ["*"]})
    port, trusting = tls(secure).mqtts_port, context(device.pem, device.key_pem)
    client = Device(port, tls=trusting)
    client.connect()
    client.paho.reconnect_delay_set(3600)
    iot.update_certificate(certificateId=device.id, newStatus="REVOKED")
    client.disconnections.get(timeout=WAIT)
    client.paho.loop_stop()
    again = Device(port, tls=trusting)
    assert again.connect()[1].is_failure
    again.paho.loop_stop()


def refuses(secure: ServerThread, context: ssl.SSLContext) -> bool:
    """Whether the port of MQTT lets a client not come so far as to be heard."""
    try:
        with (
            socket.create_connection(("127.0.0.1", tls(secure).mqtts_port), timeout=WAIT) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            return client.recv(1) == b""
    except REFUSED:
        return True


def test_nobody_comes_without_a_certificate(secure: ServerThread, context: Callable[..., ssl.SSLContext]) -> None:
    stranger = made("stranger")
    assert refuses(secure, context())
    assert refuses(secure, context(stranger.pem, stranger.key_pem))


def test_an_authority_registers_its_devices(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext], account: str
) -> None:
    factory, watching = made("Factory", ca=True), made("watcher")
    iot.register_ca_certificate(
        caCertificate=factory.pem, certificateMode="SNI_ONLY", setAsActive=True, allowAutoRegistration=True
    )
    register(iot, watching, **{"*": ["*"]})
    device = made("lamp", factory)
    port, trusting = tls(secure).mqtts_port, context(device.pem, device.key_pem)
    with Device(port, tls=context(watching.pem, watching.key_pem)) as watcher:
        watcher.subscribe(f"$aws/events/certificates/registered/{factory.id}")
        first = Device(port, tls=trusting)
        assert first.connect()[1].is_failure
        first.paho.loop_stop()
        told = json.loads(watcher.next().payload)
    assert (told["certificateId"], told["certificateStatus"]) == (device.id, "PENDING_ACTIVATION")
    described = iot.describe_certificate(certificateId=device.id)["certificateDescription"]
    assert (described["status"], described["caCertificateId"]) == ("PENDING_ACTIVATION", factory.id)
    iot.create_policy(policyName=unique("policy"), policyDocument=policy(**{"*": ["*"]}))
    iot.attach_policy(
        policyName=iot.list_policies()["policies"][-1]["policyName"],
        target=f"{PREFIX}{account}:cert/{device.id}",
    )
    iot.update_certificate(certificateId=device.id, newStatus="ACTIVE")
    with Device(port, tls=trusting) as client:
        client.publish("a", "b")


def test_an_authority_provisions_its_devices(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext]
) -> None:
    factory, name = made("Works", ca=True), unique("own")
    iot.create_policy(policyName=name, policyDocument=policy(**{"*": ["*"]}))

    def body(thing: str) -> str:
        resources = {
            "thing": {
                "Type": "AWS::IoT::Thing",
                "Properties": {"ThingName": {"Ref": f"AWS::IoT::Certificate::{thing}"}},
            },
            "certificate": {
                "Type": "AWS::IoT::Certificate",
                "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}, "Status": "ACTIVE"},
            },
            "policy": {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": name}},
        }
        return json.dumps({"Resources": resources})

    role = "arn:aws:iam::000000000000:role/jitp"
    iot.register_ca_certificate(
        caCertificate=factory.pem,
        certificateMode="SNI_ONLY",
        setAsActive=True,
        allowAutoRegistration=True,
        registrationConfig={"templateBody": body("Country"), "roleArn": role},
    )

    def come(device: Made) -> str:
        """Connect for the first time, which is refused; then the certificate's status."""
        first = Device(tls(secure).mqtts_port, tls=context(device.pem, device.key_pem))
        assert first.connect()[1].is_failure
        first.paho.loop_stop()
        return str(iot.describe_certificate(certificateId=device.id)["certificateDescription"]["status"])

    assert come(made("lamp", factory)) == "PENDING_ACTIVATION"  # it tells no country
    assert iot.list_things()["things"] == []
    iot.create_provisioning_template(
        templateName="just", templateBody=body("CommonName"), provisioningRoleArn=role, enabled=True, type="JITP"
    )
    iot.update_ca_certificate(certificateId=factory.id, registrationConfig={"templateName": "just"})
    assert iot.describe_ca_certificate(certificateId=factory.id)["registrationConfig"] == {"templateName": "just"}
    device = made("lamp", factory)
    assert come(device) == "ACTIVE"
    (thing,) = iot.list_things()["things"]
    assert thing["thingName"] == "lamp"
    with Device(tls(secure).mqtts_port, tls=context(device.pem, device.key_pem)) as client:
        assert client.subscribe("lamps", 1) == [1]
    with pytest.raises(iot.exceptions.ResourceNotFoundException):
        iot.update_ca_certificate(certificateId=factory.id, registrationConfig={"templateName": "none"})
    iot.update_ca_certificate(certificateId=factory.id, removeAutoRegistration=True)
    assert "registrationConfig" not in iot.describe_ca_certificate(certificateId=factory.id)


def test_one_port_for_all_by_alpn(secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext]) -> None:
    device = made("lamp")
    register(iot, device, **{"*": ["*"]})
    port = tls(secure).https_port
    with Device(port, tls=context(device.pem, device.key_pem, "x-amzn-mqtt-ca")) as client:
        client.publish("a", "b")
    with Device(port, tls=context(device.pem, device.key_pem)) as client:  # as SDKs do on a port other than 443
        client.publish("a", "b")
    with Device(port, tls=context(protocol="mqtt")) as client:  # whom an authorizer would be asked about
        client.publish("a", "b")
    with Device(port, tls=context(), websocket=True) as client:
        client.publish("a", "b")


def test_requests_of_devices(
    secure: ServerThread, iot: Any, context: Callable[..., ssl.SSLContext], account: str
) -> None:
    device, queues = made("lamp"), client_factory(secure.endpoint, account)("sqs")
    register(iot, device, Publish=[f"{PREFIX}{account}:topic/lamps/*"])
    url = queues.create_queue(QueueName="of-devices")["QueueUrl"]
    action = {"sqs": {"queueUrl": url, "roleArn": "arn:aws:iam::000000000000:role/r"}}
    payload = {
        "sql": "SELECT *, principal() AS who FROM 'lamps/#'",
        "actions": [action],
        "awsIotSqlVersion": "2016-03-23",
    }
    iot.create_topic_rule(ruleName="lamps", topicRulePayload=payload)
    trusting = context(device.pem, device.key_pem)
    client = HTTPSConnection("localhost", tls(secure).https_port, timeout=WAIT, context=trusting)

    def post(path: str) -> tuple[int, Any]:
        client.request("POST", path, b'{"on": true}')
        answer = client.getresponse()
        return answer.status, json.loads(answer.read() or b"null")

    assert post("/topics/lamps/1?qos=1")[0] == 200
    assert post("/topics/others?qos=1") == (403, {"message": "Forbidden"})
    assert post("/things/lamp/shadow") == (403, {"message": "Forbidden"})
    message = queues.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
    assert json.loads(message["Body"]) == {"on": True, "who": device.id}
    iot.update_certificate(certificateId=device.id, newStatus="INACTIVE")
    assert post("/topics/lamps/1")[0] == 403
    client.close()


def test_a_reset_forgets_who_was_trusted(tmp_path: Path, account: str) -> None:
    """And what was kept is trusted again after a start."""
    device = made("lamp")
    with ServerThread(tmp_path, tls=True) as running:
        iot = client_factory(running.endpoint, account)("iot")
        register(iot, device, **{"*": ["*"]})
        first = tls(running).authority.pem
    with ServerThread(tmp_path, tls=True) as running:
        assert tls(running).authority.pem == first
        trusting = ssl.create_default_context(cafile=str(tls(running).authority.path))
        (tmp_path / "pair.pem").write_text(device.key_pem + device.pem)
        trusting.load_cert_chain(tmp_path / "pair.pem")
        with Device(tls(running).mqtts_port, tls=trusting) as client:
            client.publish("a", "b")
        urllib.request.urlopen(urllib.request.Request(f"{running.endpoint}/_headwater/reset", method="POST"))
        assert refuses(running, trusting)
