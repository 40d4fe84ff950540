"""Sessions: persistence across connections and restarts, wills, take-over, what CONNACK says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from headwater.languages.mqtt.packets import (
    Disconnect,
    PingReq,
    PingResp,
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
    Will,
)
from headwater.languages.mqtt.reasons import Reason
from tests.server import ServerThread
from tests.wire.mqtt_clients import V3, V5, WAIT, Bare, Device, unique


@pytest.fixture
def mqtt_port(server: ServerThread) -> int:
    return server.cloud.mqtt.port


@pytest.mark.parametrize("version", [V3, V5])
def test_a_persistent_session_keeps_what_was_missed(mqtt_port: int, version: int) -> None:
    topic, name = unique("missed"), unique("device")
    device = Device(mqtt_port, name, version)
    assert device.connect(clean=False, expiry=3600)[0] is False
    device.subscribe(topic, 1)
    device.subscribe(f"{topic}/zero", 0)
    device.disconnect()
    with Device(mqtt_port) as sender:
        for number in range(150):  # more than fits into the window at once
            sender.publish(topic, str(number), 1)
        sender.publish(topic, "qos 0", 0)
        sender.publish(f"{topic}/zero", "qos 0", 1)
        again = Device(mqtt_port, name, version)
        assert again.connect(clean=False, expiry=3600)[0] is True
        assert [int(again.next().payload) for _ in range(150)] == list(range(150))
        sender.publish(topic, "live", 1)
        assert again.next().payload == b"live"
        again.disconnect()
    clean = Device(mqtt_port, name, version)
    assert clean.connect(clean=True)[0] is False
    clean.disconnect()
    last = Device(mqtt_port, name, version)
    assert last.connect(clean=False, expiry=1)[0] is False
    last.disconnect()


def test_what_was_not_acknowledged_is_sent_again(mqtt_port: int) -> None:
    topic, name = unique("again"), unique("device")
    with Bare(mqtt_port) as first, Device(mqtt_port) as sender:
        first.connect(name, clean_start=False)
        first.send(Subscribe(1, [Subscription(topic, 1)]))
        assert isinstance(first.next(), SubAck)
        sender.publish(topic, "one", 1)
        sender.publish(topic, "two", 1)
        one, two = first.next(), first.next()
        assert isinstance(one, Publish) and isinstance(two, Publish)
        first.send(PubAck(one.packet_id), PingReq())
        assert first.next() == PingResp()
    with Bare(mqtt_port) as second:
        assert second.connect(name, clean_start=False).session_present is True
        message = second.next()
        assert isinstance(message, Publish) and message.payload == b"two"


def test_a_clean_session_ends_with_its_connection(mqtt_port: int) -> None:
    name = unique("device")
    with Bare(mqtt_port, 5) as bare:
        bare.connect(name)
        bare.send(Disconnect())
        assert bare.next() is None
    with Bare(mqtt_port, 5) as bare:
        assert bare.connect(name, clean_start=False).session_present is False


@pytest.mark.parametrize("version", [V3, V5])
def test_a_will_is_published_when_the_connection_is_lost(mqtt_port: int, version: int) -> None:
    topic = unique("will")
    with Device(mqtt_port) as watcher:
        watcher.subscribe(topic, 1)
        graceful = Device(mqtt_port, version=version)
        graceful.paho.will_set(topic, "graceful", 1)
        graceful.connect()
        graceful.disconnect()
        lost = Device(mqtt_port, version=version)
        lost.paho.will_set(topic, "lost", 1, retain=True)
        lost.connect()
        lost.drop()
        assert watcher.next().payload == b"lost"
        late = Device(mqtt_port)
        late.connect()
        late.subscribe(topic, 1)
        assert late.next().retain is True
        late.disconnect()


def test_version_5_may_ask_for_its_will_when_it_leaves(mqtt_port: int) -> None:
    topic = unique("will")
    with Device(mqtt_port) as watcher, Bare(mqtt_port, 5) as bare:
        watcher.subscribe(topic, 1)
        bare.connect(will=Will(topic, b"farewell", properties={"content_type": "text/plain"}))
        bare.send(Disconnect(Reason.DISCONNECT_WITH_WILL))
        assert watcher.next().payload == b"farewell"


def test_the_newer_connection_takes_the_session_over(mqtt_port: int) -> None:
    name, topic = unique("device"), unique("taken")
    with Bare(mqtt_port, 5) as old, Bare(mqtt_port, 5) as new, Device(mqtt_port) as sender:
        old.connect(name, clean_start=False, properties={"session_expiry_interval": 60})
        old.send(Subscribe(1, [Subscription(topic, 1)]))
        old.next()
        answer = new.connect(name, clean_start=False, properties={"session_expiry_interval": 60})
        assert answer.session_present is True
        assert old.next() == Disconnect(Reason.SESSION_TAKEN_OVER)
        assert old.next() is None
        sender.publish(topic, "here", 1)
        message = new.next()
        assert isinstance(message, Publish) and message.payload == b"here"


def test_what_connack_says(mqtt_port: int) -> None:
    with Bare(mqtt_port, 5) as bare:
        answer = bare.connect(keep_alive=5, properties={"session_expiry_interval": 0xFFFFFFFF})
        assert answer.properties == {
            "receive_maximum": 100,
            "maximum_qos": 1,
            "retain_available": 1,
            "maximum_packet_size": 149_504,
            "topic_alias_maximum": 8,
            "wildcard_subscription_available": 1,
            "subscription_identifiers_available": 0,
            "shared_subscription_available": 1,
            "server_keep_alive": 30,
            "session_expiry_interval": 604_800,
        }


def test_a_client_without_a_name_is_given_one(mqtt_port: int) -> None:
    device = Device(mqtt_port, "", V5)
    _, _, properties = device.connect()
    assert len(properties.AssignedClientIdentifier) == 36
    device.disconnect()


def test_the_clients_window_is_kept(mqtt_port: int) -> None:
    topic = unique("window")
    with Bare(mqtt_port, 5) as bare, Device(mqtt_port) as sender:
        bare.connect(properties={"receive_maximum": 2})
        bare.send(Subscribe(1, [Subscription(topic, 1)]))
        bare.next()
        for number in range(4):
            sender.publish(topic, str(number), 1)
        first, second = bare.next(), bare.next()
        assert isinstance(first, Publish) and isinstance(second, Publish)
        bare.send(PingReq())
        assert bare.next() == PingResp()  # and not the third message
        bare.send(PubAck(first.packet_id))
        third = bare.next()
        assert isinstance(third, Publish) and third.payload == b"2"


def test_messages_larger_than_the_client_takes_are_left_out(mqtt_port: int) -> None:
    topic = unique("size")
    with Bare(mqtt_port, 5) as bare, Device(mqtt_port) as sender:
        bare.connect(properties={"maximum_packet_size": 100})
        bare.send(Subscribe(1, [Subscription(topic, 1)]))
        bare.next()
        sender.publish(topic, "x" * 200, 1)
        sender.publish(topic, "x" * 200, 0)
        sender.publish(topic, "small", 1)
        message = bare.next()
        assert isinstance(message, Publish) and message.payload == b"small"


def test_sessions_and_messages_outlive_the_server(tmp_path: Path) -> None:
    """A restart: what a persistent session is owed is there, wills of lost connections are published."""
    topic, will = "restart/data", "restart/will"
    with ServerThread(tmp_path) as server:
        port = server.cloud.mqtt.port
        keeper = Device(port, "keeper")
        keeper.connect(clean=False)
        keeper.subscribe(topic, 1)
        keeper.subscribe(will, 1)
        keeper.disconnect()
        mortal = Device(port, "mortal")
        mortal.paho.will_set(will, "mortal is gone", 1)
        mortal.paho.reconnect_delay_set(60)
        mortal.connect()
        mortal.publish(topic, "kept", 1, retain=True)
    mortal.paho.loop_stop()
    with ServerThread(tmp_path) as server:
        port = server.cloud.mqtt.port
        keeper = Device(port, "keeper")
        assert keeper.connect(clean=False)[0] is True
        assert sorted(keeper.next().payload for _ in range(2)) == [b"kept", b"mortal is gone"]
        with Device(port) as late:
            late.subscribe(topic, 1)
            assert late.next().payload == b"kept"
        keeper.disconnect()


def test_sessions_expire(timed: ServerThread) -> None:
    port = timed.cloud.mqtt.port
    for waited, present in ((3_599, True), (3_601, False)):
        device = Device(port, "sleeper")
        device.connect(clean=False)
        with leaving(timed, "sleeper"):
            device.disconnect()
        timed.advance(waited * 1000)
        again = Device(port, "sleeper")
        assert again.connect(clean=False)[0] is present
        with leaving(timed, "sleeper"):
            again.disconnect()


@contextmanager
def leaving(server: ServerThread, client: str) -> Iterator[None]:
    """It is left once the server has noticed that the client did: its socket closes before that is known."""
    topic = f"$aws/events/presence/disconnected/{client}"
    with Device(server.cloud.mqtt.port) as watcher:
        watcher.subscribe(topic, 1)
        yield
        assert watcher.next().topic == topic


def test_a_delayed_will_waits_for_the_client(timed: ServerThread) -> None:
    port = timed.cloud.mqtt.port
    will = Will("will", b"late", 1, properties={"will_delay_interval": 60})
    lasting = {"session_expiry_interval": 600}

    def lose(properties: dict[str, Any]) -> None:
        with leaving(timed, "fragile"), Bare(port, 5) as bare:
            bare.connect("fragile", clean_start=False, will=will, properties=properties)

    with Device(port) as watcher:
        watcher.subscribe("will", 1)
        watcher.subscribe("end", 1)
        lose(lasting)
        timed.advance(59_000)
        lose(lasting)  # it came back in time, and is lost again
        watcher.publish("end", "not yet")
        assert watcher.next().topic == "end"
        timed.advance(61_000)
        message = watcher.next()
        assert (message.topic, message.payload) == ("will", b"late")


def test_messages_expire_while_they_wait(timed: ServerThread) -> None:
    port = timed.cloud.mqtt.port
    device = Device(port, "slow", V5)
    device.connect(clean=False, expiry=3600)
    device.subscribe("expiring", 1)
    device.disconnect()
    with Device(port, version=V5) as sender:
        sender.publish("expiring", "short", MessageExpiryInterval=10)
        sender.publish("expiring", "long", MessageExpiryInterval=100)
    timed.advance(11_000)
    again = Device(port, "slow", V5)
    again.connect(clean=False, expiry=3600)
    message = again.next()
    assert (message.payload, message.properties.MessageExpiryInterval) == (b"long", 89)
    again.disconnect()


def test_disconnect_may_change_the_expiry(mqtt_port: int) -> None:
    name = unique("device")
    device = Device(mqtt_port, name, V5)
    device.connect(clean=False, expiry=600)
    properties = Properties(PacketTypes.DISCONNECT)
    properties.SessionExpiryInterval = 0
    device.paho.disconnect(properties=properties)
    device.disconnections.get(timeout=WAIT)
    device.paho.loop_stop()
    again = Device(mqtt_port, name, V5)
    assert again.connect(clean=False)[0] is False
    again.disconnect()
