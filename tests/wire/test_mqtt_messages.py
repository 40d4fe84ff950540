"""Messages through the broker with paho-mqtt: both versions, both transports."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.wire.mqtt_clients import V3, V5, WAIT, Device, unique

DEFAULT_ACCOUNT = "000000000000"


@pytest.fixture
def mqtt_port(server: ServerThread) -> int:
    return server.cloud.mqtt.port


@pytest.fixture
def data(endpoint: str) -> Any:
    """The data plane of the account that plain TCP belongs to."""
    return client_factory(endpoint, DEFAULT_ACCOUNT)("iot-data")


@pytest.fixture(params=["3-tcp", "5-tcp", "3-ws", "5-ws"])
def device(request: pytest.FixtureRequest, server: ServerThread) -> Iterator[Device]:
    version, transport = request.param.split("-")
    websocket = transport == "ws"
    port = int(server.endpoint.rpartition(":")[2]) if websocket else server.cloud.mqtt.port
    with Device(port, version=V5 if version == "5" else V3, websocket=websocket) as made:
        yield made


def test_messages_come_back(device: Device) -> None:
    topic = unique("echo")
    assert device.subscribe(f"{topic}/+", 1) == [1]
    for qos in (0, 1):
        device.publish(f"{topic}/a", f"qos {qos}", qos)
        message = device.next()
        assert (message.topic, message.payload, message.qos, message.retain) == (
            f"{topic}/a",
            f"qos {qos}".encode(),
            qos,
            False,
        )


def test_a_message_of_the_largest_size(device: Device) -> None:
    topic = unique("large")
    device.subscribe(topic, 1)
    device.publish(topic, b"x" * 131_072)
    assert device.next().payload == b"x" * 131_072


def test_the_data_plane_publishes(device: Device, data: Any) -> None:
    topic = unique("http")
    device.subscribe(topic, 0)
    data.publish(topic=topic, qos=1, payload=b"from HTTP")
    message = device.next()
    assert (message.payload, message.qos) == (b"from HTTP", 0)


def test_unsubscribed_topics_are_silent(device: Device) -> None:
    topic = unique("gone")
    device.subscribe(f"{topic}/a", 1)
    device.subscribe(f"{topic}/b", 1)
    device.paho.unsubscribe(f"{topic}/a")
    device.acknowledged.get(timeout=WAIT)
    device.publish(f"{topic}/a", "no")
    device.publish(f"{topic}/b", "yes")
    assert device.next().payload == b"yes"


def test_overlapping_subscriptions_give_one_message(device: Device) -> None:
    topic = unique("overlap")
    device.subscribe(f"{topic}/#", 0)
    device.subscribe(f"{topic}/a", 1)
    device.publish(f"{topic}/a", "once")
    device.publish(f"{topic}/b", "end", 1)
    first, second = device.next(), device.next()
    assert (first.payload, first.qos, second.payload, second.qos) == (b"once", 1, b"end", 0)


def test_many_messages_keep_their_order(device: Device) -> None:
    topic = unique("order")
    device.subscribe(topic, 1)
    for number in range(300):
        device.paho.publish(topic, str(number), 1)
    assert [int(device.next().payload) for _ in range(300)] == list(range(300))


def test_retained_messages(device: Device, data: Any) -> None:
    topic = unique("retained/")
    device.publish(topic, "kept", 1, retain=True)
    device.subscribe(topic, 1)
    message = device.next()
    assert (message.payload, message.retain, message.qos) == (b"kept", True, 1)
    assert data.get_retained_message(topic=topic)["payload"] == b"kept"
    device.publish(topic, "newer", 0, retain=True)
    assert device.next().retain is False
    device.publish(topic, b"", 1, retain=True)
    assert device.next().payload == b""
    with pytest.raises(data.exceptions.ResourceNotFoundException):
        data.get_retained_message(topic=topic)


def test_wildcards_are_not_given_retained_messages(device: Device) -> None:
    topic = unique("wild")
    device.publish(f"{topic}/a", "kept", 1, retain=True)
    device.subscribe(f"{topic}/+", 1)
    device.publish(f"{topic}/a", "live", 1)
    assert device.next().payload == b"live"


def test_properties_pass_from_client_to_client(mqtt_port: int) -> None:
    topic = unique("properties")
    with Device(mqtt_port, version=V5) as device, Device(mqtt_port, version=V3) as old:
        device.subscribe(topic, 1)
        old.subscribe(topic, 1)
        device.publish(
            topic,
            "{}",
            ContentType="application/json",
            ResponseTopic="answers",
            CorrelationData=b"\x00\x01",
            PayloadFormatIndicator=1,
            MessageExpiryInterval=60,
            UserProperty=[("a", "1"), ("a", "2")],
        )
        properties = device.next().properties
        assert properties.ContentType == "application/json"
        assert properties.ResponseTopic == "answers"
        assert properties.CorrelationData == b"\x00\x01"
        assert properties.PayloadFormatIndicator == 1
        assert properties.MessageExpiryInterval == 60
        assert properties.UserProperty == [("a", "1"), ("a", "2")]
        assert old.next().payload == b"{}"


def test_properties_of_the_data_plane(mqtt_port: int, data: Any) -> None:
    topic = unique("properties")
    with Device(mqtt_port, version=V5) as device:
        device.subscribe(topic, 1)
        data.publish(
            topic=topic,
            qos=1,
            retain=True,
            payload=b"{}",
            contentType="application/json",
            responseTopic="answers",
            correlationData="AAE=",
            payloadFormatIndicator="UTF8_DATA",
            messageExpiry=60,
            userProperties=json.dumps([{"a": "1"}]),
        )
        properties = device.next().properties
        assert properties.CorrelationData == b"\x00\x01"
        assert (properties.ContentType, properties.PayloadFormatIndicator) == ("application/json", 1)
        assert properties.UserProperty == [("a", "1")]
        assert json.loads(data.get_retained_message(topic=topic)["userProperties"]) == [{"a": "1"}]


def test_version_5_subscription_options(mqtt_port: int) -> None:
    topic = unique("options")
    with Device(mqtt_port, version=V5) as device, Device(mqtt_port, version=V5) as other:
        device.subscribe(topic, 1, noLocal=True, retainAsPublished=True)
        device.publish(topic, "own", 1)
        other.publish(topic, "other", 1, retain=True)
        message = device.next()
        assert (message.payload, message.retain) == (b"other", True)
        device.subscribe(topic, 1, retainHandling=1)  # there already, so that nothing is sent again
        device.subscribe(f"{topic}/end", 1)
        other.publish(f"{topic}/end", "end", 1)
        assert device.next().payload == b"end"


def test_version_5_is_told_that_nobody_listens(mqtt_port: int) -> None:
    with Device(mqtt_port, version=V5) as device:
        assert device.publish(unique("nobody"), "x", 1).value == 0x10


def test_shared_subscriptions_share(mqtt_port: int) -> None:
    topic = unique("shared")
    with Device(mqtt_port, version=V5) as one, Device(mqtt_port, version=V5) as two, Device(mqtt_port) as sender:
        assert one.subscribe(f"$share/group/{topic}/+", 1) == [1]
        assert two.subscribe(f"$share/group/{topic}/+", 1) == [1]
        for number in range(40):
            sender.publish(f"{topic}/a", str(number))
        for device in (one, two):
            device.subscribe(f"{topic}-end", 1)
        sender.publish(f"{topic}-end", "end")
        received = []
        for device in (one, two):
            mine = list(iter(lambda device=device: device.next().payload, b"end"))
            assert mine
            received += mine
        assert sorted(map(int, received)) == list(range(40))


def test_subscriptions_are_limited(mqtt_port: int) -> None:
    with Device(mqtt_port, version=V5) as device:
        topic = unique("many")
        assert [device.subscribe(f"{topic}/{number}")[0] for number in range(51)] == [0] * 50 + [0x97]


def test_retained_messages_are_listed(aws: Client) -> None:
    data = aws("iot-data")
    for number in range(5):
        data.publish(topic=f"list/{number}", qos=1, retain=True, payload=b"x" * number)
    pages = [data.list_retained_messages(maxResults=3)]
    pages.append(data.list_retained_messages(maxResults=3, nextToken=pages[0]["nextToken"]))
    assert "nextToken" not in pages[1]
    found = [(item["topic"], item["payloadSize"], item["qos"]) for page in pages for item in page["retainedTopics"]]
    assert found == [(f"list/{number}", number, 1) for number in range(1, 5)]


@pytest.mark.parametrize("topic", ["a/+", "1/2/3/4/5/6/7/8/9"])
def test_the_data_plane_refuses_invalid_topics(aws: Client, topic: str) -> None:
    data = aws("iot-data")
    with pytest.raises(data.exceptions.InvalidRequestException):
        data.publish(topic=topic, payload=b"x")


def test_the_data_plane_refuses_reserved_topics_and_large_payloads(aws: Client) -> None:
    data = aws("iot-data")
    with pytest.raises(data.exceptions.UnauthorizedException):
        data.publish(topic="$aws/things/x", payload=b"x")
    with pytest.raises(data.exceptions.ClientError) as raised:
        data.publish(topic="a", payload=b"x" * 131_073)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
