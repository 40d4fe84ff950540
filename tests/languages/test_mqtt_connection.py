"""The broker's side of a connection: order, aliases, limits, last words."""

from __future__ import annotations

import pytest

from headwater.languages.mqtt import Connection, ProtocolError, Reason, encode
from headwater.languages.mqtt.connection import State
from headwater.languages.mqtt.inflight import Inflight
from headwater.languages.mqtt.limits import AWS_LIMITS
from headwater.languages.mqtt.packets import (
    Auth,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    Publish,
    PubRel,
    Subscribe,
    Subscription,
    Will,
)


def connected(version: int = 5) -> Connection:
    connection = Connection()
    assert list(connection.receive(encode(Connect("c", version), version)))
    connection.accept(False, {})
    return connection


def refusal(connection: Connection, packet: Packet) -> Reason:
    with pytest.raises(ProtocolError) as raised:
        list(connection.receive(encode(packet, connection.version)))
    return raised.value.reason


def test_states() -> None:
    connection = Connection()
    assert connection.state is State.AWAITING_CONNECT
    list(connection.receive(encode(Connect("c", 5), 5)))
    assert (connection.state, connection.version) == (State.CONNECTING, 5)
    connection.accept(False, {})
    assert connection.state is State.CONNECTED
    list(connection.receive(encode(Disconnect(), 5)))
    assert connection.state is State.CLOSED


@pytest.mark.parametrize("packet", [PingReq(), Publish("t", b""), Disconnect()])
def test_connect_comes_first(packet: Packet) -> None:
    connection = Connection()
    assert refusal(connection, packet) is Reason.PROTOCOL_ERROR
    assert connection.refuse(Reason.PROTOCOL_ERROR) == b""


@pytest.mark.parametrize("packet", [Connect("c", 5), PingResp(), PubRel(1), Auth()])
def test_what_a_client_cannot_send(packet: Packet) -> None:
    assert refusal(connected(), packet) is Reason.PROTOCOL_ERROR


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (Connect("c" * 129, 5), Reason.CLIENT_IDENTIFIER_NOT_VALID),
        (Connect("", 4, clean_start=False), Reason.CLIENT_IDENTIFIER_NOT_VALID),
        (Connect("c", 5, will=Will("w/#", b"")), Reason.TOPIC_NAME_INVALID),
        (Connect("c", 5, will=Will("w", b"", qos=2)), Reason.QOS_NOT_SUPPORTED),
        (Connect("c", 5, properties={"authentication_method": "x"}), Reason.BAD_AUTHENTICATION_METHOD),
    ],
)
def test_connects_that_are_refused(packet: Connect, expected: Reason) -> None:
    connection = Connection()
    with pytest.raises(ProtocolError) as raised:
        list(connection.receive(encode(packet, packet.version)))
    assert raised.value.reason is expected
    assert connection.refuse(expected)[:1] == b"\x20"


def test_clients_without_an_identifier_may_connect() -> None:
    assert list(Connection().receive(encode(Connect("", 4), 4))) == [Connect("", 4)]


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (Publish("t", b"", qos=2, packet_id=1), Reason.QOS_NOT_SUPPORTED),
        (Publish("t/#", b""), Reason.TOPIC_NAME_INVALID),
        (Publish("", b""), Reason.TOPIC_NAME_INVALID),
        (Publish("1/2/3/4/5/6/7/8/9", b""), Reason.TOPIC_NAME_INVALID),
        (Publish("t", b"x" * 131_073), Reason.PACKET_TOO_LARGE),
        (Publish("t", b"x" * 150_000), Reason.PACKET_TOO_LARGE),
        (Publish("", b"", properties={"topic_alias": 1}), Reason.PROTOCOL_ERROR),
        (Publish("t", b"", properties={"topic_alias": 0}), Reason.TOPIC_ALIAS_INVALID),
        (Publish("t", b"", properties={"topic_alias": 9}), Reason.TOPIC_ALIAS_INVALID),
        (Publish("t", b"", properties={"subscription_identifier": 1}), Reason.PROTOCOL_ERROR),
        (Subscribe(1, [Subscription("t", 2)]), Reason.QOS_NOT_SUPPORTED),
        (Subscribe(1, [Subscription("t")] * 9), Reason.QUOTA_EXCEEDED),
        (Subscribe(1, [Subscription("$share/g/t", no_local=True)]), Reason.PROTOCOL_ERROR),
        (
            Subscribe(1, [Subscription("t")], {"subscription_identifier": 1}),
            Reason.SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
        ),
    ],
)
def test_what_is_refused(packet: Packet, expected: Reason) -> None:
    connection = connected()
    assert refusal(connection, packet) is expected
    assert connection.refuse(expected) == b"\xe0\x01" + bytes((expected,))


def test_payload_of_the_largest_size_passes() -> None:
    (packet,) = connected().receive(encode(Publish("t", b"x" * 131_072), 5))
    assert isinstance(packet, Publish) and len(packet.payload) == 131_072


def test_topic_aliases_become_topics() -> None:
    connection = connected()
    named, aliased = Publish("t", b"1", properties={"topic_alias": 8}), Publish("", b"2", properties={"topic_alias": 8})
    received = list(connection.receive(encode(named, 5) + encode(aliased, 5)))
    assert received == [Publish("t", b"1"), Publish("t", b"2")]


def test_version_3_gets_return_codes_and_no_disconnect() -> None:
    connection = Connection()
    list(connection.receive(encode(Connect("c"), 4)))
    assert connection.refuse(Reason.NOT_AUTHORIZED, "no") == b"\x20\x02\x00\x05"
    assert connected(4).refuse(Reason.SESSION_TAKEN_OVER) == b""
    assert Connection().refuse(Reason.UNSUPPORTED_PROTOCOL_VERSION) == b"\x20\x02\x00\x01"


def test_keep_alive_and_session_expiry_are_kept_in_range() -> None:
    assert [AWS_LIMITS.keep_alive(seconds) for seconds in (0, 1, 30, 60, 1200, 1201)] == [
        1200,
        30,
        30,
        60,
        1200,
        1200,
    ]
    assert [AWS_LIMITS.session_expiry(seconds) for seconds in (None, 0, 60, 0xFFFFFFFF)] == [0, 0, 60, 604_800]


def test_inflight_window() -> None:
    window: Inflight[str] = Inflight(2)
    first, second = window.send("a"), window.send("b")
    assert (first, second, window.room) == (1, 2, 0)
    with pytest.raises(ValueError, match="full"):
        window.send("c")
    assert window.acknowledge(first) == "a"
    assert window.acknowledge(first) is None
    assert window.send("c") == 3


def test_packet_identifiers_wrap_and_skip_those_in_use() -> None:
    window: Inflight[int] = Inflight(2)
    kept = window.send(-1)
    for number in range(0xFFFF):
        assert window.acknowledge(window.send(number)) == number
    assert window.send(0) not in (0, kept)
