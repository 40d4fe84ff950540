"""Lifecycle events, timers and sockets that misbehave."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from headwater.cloud import Cloud, Settings
from headwater.gateway.mqtt.timers import KeepAlive
from headwater.languages.mqtt.packets import (
    Disconnect,
    PingReq,
    PingResp,
    Subscribe,
    Subscription,
    Unsubscribe,
    Will,
)
from headwater.languages.mqtt.reasons import Reason
from tests.conftest import client_factory
from tests.server import ServerThread
from tests.wire.mqtt_clients import Bare, Device, unique


@pytest.fixture
def mqtt_port(server: ServerThread) -> int:
    return server.cloud.mqtt.port


def event(watcher: Device) -> tuple[str, dict[str, Any]]:
    message = watcher.next()
    return message.topic, json.loads(message.payload)


def test_who_comes_and_goes_is_told(mqtt_port: int) -> None:
    name = unique("device")
    with Device(mqtt_port) as watcher:
        watcher.subscribe(f"$aws/events/presence/+/{name}", 1)
        watcher.subscribe(f"$aws/events/subscriptions/+/{name}", 1)
        with Bare(mqtt_port, 5) as bare:
            bare.connect(name)
            topic, connected = event(watcher)
            assert topic == f"$aws/events/presence/connected/{name}"
            assert connected["timestamp"] > 0
            assert connected == connected | {
                "clientId": name,
                "eventType": "connected",
                "ipAddress": "127.0.0.1",
                "versionNumber": 0,
            }
            bare.send(Subscribe(1, [Subscription("a"), Subscription("#/a")]))
            assert event(watcher)[1]["topics"] == ["a"]
            bare.send(Unsubscribe(2, ["a", "b"]))
            topic, unsubscribed = event(watcher)
            assert (topic, unsubscribed["topics"]) == (f"$aws/events/subscriptions/unsubscribed/{name}", ["a"])
            bare.send(Disconnect())
            topic, gone = event(watcher)
            assert topic == f"$aws/events/presence/disconnected/{name}"
            assert gone["sessionIdentifier"] == connected["sessionIdentifier"]
            assert (gone["clientInitiatedDisconnect"], gone["disconnectReason"]) == (
                True,
                "CLIENT_INITIATED_DISCONNECT",
            )


@pytest.mark.parametrize(
    ("end", "reason"),
    [(b"", "CONNECTION_LOST"), (b"\x00\x00", "CLIENT_ERROR"), (b"\xe0\x01\x55", "CLIENT_ERROR")],
)
def test_why_somebody_went_is_told(mqtt_port: int, end: bytes, reason: str) -> None:
    name = unique("device")
    with Device(mqtt_port) as watcher:
        watcher.subscribe(f"$aws/events/presence/disconnected/{name}", 1)
        with Bare(mqtt_port, 5) as bare:
            bare.connect(name)
            bare.send_bytes(end)
            bare.socket.shutdown(socket.SHUT_WR)
            while bare.next() is not None:
                pass
        assert event(watcher)[1]["disconnectReason"] == reason


def test_rules_see_lifecycle_events(mqtt_port: int, endpoint: str) -> None:
    aws = client_factory(endpoint, "000000000000")
    name = unique("device")
    url = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    payload = {
        "sql": "SELECT clientId, eventType FROM '$aws/events/presence/#'",
        "actions": [{"sqs": {"roleArn": "arn:aws:iam::000000000000:role/r", "queueUrl": url}}],
    }
    aws("iot").create_topic_rule(ruleName=f"presence_{name}", topicRulePayload=payload)
    with Bare(mqtt_port) as bare:
        bare.connect(name)
        body = aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]["Body"]
    aws("iot").delete_topic_rule(ruleName=f"presence_{name}")
    assert json.loads(body) == {"clientId": name, "eventType": "connected"}


def test_the_data_plane_lists_subscriptions_and_ends_connections(mqtt_port: int, endpoint: str) -> None:
    data, name = client_factory(endpoint, "000000000000")("iot-data"), unique("device")
    will = Will(f"{name}/will", b"gone")
    with Bare(mqtt_port, 5) as bare, Device(mqtt_port) as watcher:
        watcher.subscribe(f"{name}/will")
        watcher.subscribe(f"$aws/events/presence/disconnected/{name}")
        bare.connect(name, will=will, properties={"session_expiry_interval": 60})
        bare.send(Subscribe(1, [Subscription(f"{name}/{number}", number % 2) for number in range(3)]))
        bare.next()
        page = data.list_subscriptions(clientId=name, maxResults=2)
        assert page["subscriptions"] == [{"topicFilter": f"{name}/0", "qos": 0}, {"topicFilter": f"{name}/1", "qos": 1}]
        rest = data.list_subscriptions(clientId=name, nextToken=page["nextToken"])
        assert [item["topicFilter"] for item in rest["subscriptions"]] == [f"{name}/2"]
        data.delete_connection(clientId=name)
        assert bare.next() == Disconnect(Reason.ADMINISTRATIVE_ACTION)
        assert watcher.next().payload == b"gone"
        assert event(watcher)[1]["disconnectReason"] == "API_INITIATED_DISCONNECT"
    with pytest.raises(data.exceptions.ResourceNotFoundException):
        data.delete_connection(clientId=name)
    with Bare(mqtt_port, 5) as bare, Device(mqtt_port) as watcher:
        watcher.subscribe(f"{name}/#")
        assert bare.connect(name, clean_start=False, will=will).session_present is True
        data.delete_connection(clientId=name, cleanSession=True, preventWillMessage=True)
        watcher.publish(f"{name}/end", "no will before this")
        assert watcher.next().topic == f"{name}/end"
    with pytest.raises(data.exceptions.ResourceNotFoundException):
        data.list_subscriptions(clientId=name)


class Timers:
    """What a keep-alive needs of an event loop, by a clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0
        self._timers: list[tuple[float, Callable[[], None]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> None:
        self._timers.append((when, callback))

    def call_later(self, seconds: float, callback: Callable[[], None]) -> None:
        self.call_at(self.now + seconds, callback)

    def move(self, seconds: float) -> None:
        self.now += seconds
        due = [callback for when, callback in self._timers if when <= self.now]
        self._timers = [(when, callback) for when, callback in self._timers if when > self.now]
        for callback in due:
            callback()


def test_silence_is_noticed_and_put_off() -> None:
    timers: Any = Timers()
    silent: list[float] = []
    watch = KeepAlive(timers, 5, lambda: silent.append(timers.now))
    for _ in range(6):
        timers.move(2)
        watch.heard()
    for _ in range(4):
        timers.move(1)
        assert silent == []
    timers.move(1)
    assert silent == [117.0]
    timers.move(10)
    assert silent == [117.0]


def test_a_client_that_does_not_read_harms_nobody(mqtt_port: int) -> None:
    topic = unique("flood")
    with Bare(mqtt_port) as deaf, Device(mqtt_port) as sender:
        deaf.connect()
        deaf.send(Subscribe(1, [Subscription(topic)]))
        deaf.next()
        for _ in range(100):
            sender.paho.publish(topic, b"x" * 131_072, 0)
        assert sender.publish(topic, "end", 1) is not None
        with Bare(mqtt_port) as other:
            other.connect()
            other.send(PingReq())
            assert other.next() == PingResp()


def test_a_port_that_is_taken_is_told_and_not_the_end() -> None:
    async def run(taken: int) -> tuple[int, str | None]:
        cloud = Cloud(Settings(port=0, mqtt_port=taken))
        await cloud.start()
        told = cloud.mqtt.port, cloud.mqtt.problem
        await cloud.stop()
        return told

    with socket.create_server(("127.0.0.1", 0)) as other:
        port, problem = asyncio.run(run(other.getsockname()[1]))
    assert port == 0 and problem is not None and "MQTT" in problem


def test_a_reset_ends_connections(tmp_path: Any) -> None:
    with ServerThread() as server:
        with Bare(server.cloud.mqtt.port, 5) as bare:
            bare.connect("one")
            server.run(server.cloud.engine.universes.reset())
            assert bare.next() == Disconnect(Reason.SERVER_SHUTTING_DOWN)
        with Bare(server.cloud.mqtt.port, 5) as bare:
            assert bare.connect("one", clean_start=False).session_present is False
