"""Packets and their bytes, in both versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.mqtt import Decoder, ProtocolError, Reason, encode
from headwater.languages.mqtt.packets import (
    Auth,
    ConnAck,
    Connect,
    Disconnect,
    Packet,
    PingReq,
    PingResp,
    PubAck,
    PubComp,
    Publish,
    PubRec,
    PubRel,
    SubAck,
    Subscribe,
    Subscription,
    UnsubAck,
    Unsubscribe,
    Will,
)
from headwater.languages.mqtt.properties import PROPERTIES

text = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=20)
payload = st.binary(max_size=300)
identifier = st.integers(1, 0xFFFF)
reason = st.sampled_from(sorted(Reason))

_VALUES = {
    "payload_format_indicator": st.integers(0, 1),
    "correlation_data": payload,
    "authentication_data": payload,
    "user_property": st.lists(st.tuples(text, text), min_size=1, max_size=3),
    "request_problem_information": st.integers(0, 1),
    "request_response_information": st.integers(0, 1),
    "maximum_qos": st.integers(0, 1),
    "retain_available": st.integers(0, 1),
    "wildcard_subscription_available": st.integers(0, 1),
    "subscription_identifiers_available": st.integers(0, 1),
    "shared_subscription_available": st.integers(0, 1),
    "subscription_identifier": st.integers(1, 268_435_455),
    **dict.fromkeys(
        ("message_expiry_interval", "session_expiry_interval", "will_delay_interval"), st.integers(0, 2**32 - 1)
    ),
    "maximum_packet_size": st.integers(1, 2**32 - 1),
    **dict.fromkeys(("server_keep_alive", "topic_alias_maximum", "topic_alias"), st.integers(0, 0xFFFF)),
    "receive_maximum": st.integers(1, 0xFFFF),
}


def properties_of(packet: str) -> st.SearchStrategy[dict[str, object]]:
    names = [entry.name for entry in PROPERTIES if packet in entry.packets]
    return st.fixed_dictionaries({}, optional={name: _VALUES.get(name, text) for name in names})


def acknowledgement(kind: type[Packet]) -> st.SearchStrategy[Packet]:
    return st.builds(kind, identifier, reason, properties_of(kind.__name__))


will = st.builds(Will, text, payload, st.integers(0, 2), st.booleans(), properties_of("Will"))
publish = st.builds(
    Publish, text, payload, st.integers(1, 2), st.booleans(), st.booleans(), identifier, properties_of("Publish")
) | st.builds(Publish, text, payload, st.just(0), st.booleans(), properties=properties_of("Publish"))
subscription = st.builds(Subscription, text, st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 2))
packets: st.SearchStrategy[Packet] = st.one_of(
    st.builds(
        Connect,
        text,
        st.just(5),
        st.booleans(),
        st.integers(0, 0xFFFF),
        st.none() | text,
        st.none() | payload,
        st.none() | will,
        properties_of("Connect"),
    ),
    st.builds(ConnAck, st.booleans(), reason, properties_of("ConnAck")),
    publish,
    acknowledgement(PubAck),
    acknowledgement(PubRec),
    acknowledgement(PubRel),
    acknowledgement(PubComp),
    st.builds(Subscribe, identifier, st.lists(subscription, min_size=1, max_size=4), properties_of("Subscribe")),
    st.builds(SubAck, identifier, st.lists(reason, max_size=4), properties_of("SubAck")),
    st.builds(Unsubscribe, identifier, st.lists(text, min_size=1, max_size=4), properties_of("Unsubscribe")),
    st.builds(UnsubAck, identifier, st.lists(reason, max_size=4), properties_of("UnsubAck")),
    st.just(PingReq()),
    st.just(PingResp()),
    st.builds(Disconnect, reason, properties_of("Disconnect")),
    st.builds(Auth, reason, properties_of("Auth")),
)


@given(packets)
def test_version_5_reads_what_it_writes(packet: Packet) -> None:
    assert list(Decoder(version=5).feed(encode(packet, 5))) == [packet]


@given(publish)
def test_version_3_writes_a_publish_without_its_properties(packet: Publish) -> None:
    assert list(Decoder(version=4).feed(encode(packet, 4))) == [replace(packet, properties={})]


@given(st.lists(packets, max_size=5), st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_packets_arrive_however_the_stream_is_cut(sent: list[Packet], cuts: list[int]) -> None:
    stream = b"".join(encode(packet, 5) for packet in sent)
    decoder, received, position, turn = Decoder(version=5), [], 0, 0
    while position < len(stream):
        size = cuts[turn % len(cuts)]
        received += decoder.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    assert received == sent


@given(st.binary(max_size=200), st.sampled_from((4, 5)))
def test_any_bytes_are_packets_or_a_protocol_error(data: bytes, version: int) -> None:
    decoder = Decoder(version=version, maximum_size=1000)
    try:
        for packet in decoder.feed(data):
            encode(packet, version)
    except ProtocolError as error:
        assert error.reason >= 0x80


@given(packets, st.data())
def test_a_damaged_packet_is_a_packet_or_a_protocol_error(packet: Packet, data: st.DataObject) -> None:
    damaged = bytearray(encode(packet, 5))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    decoder = Decoder(version=5, maximum_size=2000)
    try:
        list(decoder.feed(bytes(damaged)))
    except ProtocolError as error:
        assert error.reason >= 0x80


def test_bytes_of_version_3() -> None:
    connect = Connect("a", username="u", password=b"p", keep_alive=60, will=Will("w", b"x", 1, True))
    assert encode(connect, 4) == (b"\x10\x19\x00\x04MQTT\x04\xee\x00\x3c\x00\x01a\x00\x01w\x00\x01x\x00\x01u\x00\x01p")
    assert encode(ConnAck(True, Reason.BAD_USER_NAME_OR_PASSWORD), 4) == b"\x20\x02\x01\x04"
    assert encode(Publish("t", b"hi", 1, packet_id=7), 4) == b"\x32\x07\x00\x01t\x00\x07hi"
    assert encode(SubAck(1, [0, 1, Reason.NOT_AUTHORIZED]), 4) == b"\x90\x05\x00\x01\x00\x01\x80"
    assert encode(UnsubAck(1, [0]), 4) == b"\xb0\x02\x00\x01"
    assert encode(Disconnect(Reason.SESSION_TAKEN_OVER), 4) == b"\xe0\x00"


def test_bytes_of_version_5() -> None:
    assert encode(Publish("t", b"", properties={"topic_alias": 3}), 5) == b"\x30\x07\x00\x01t\x03\x23\x00\x03"
    assert encode(PubAck(1), 5) == b"\x40\x02\x00\x01"
    assert encode(PubAck(1, Reason.NOT_AUTHORIZED), 5) == b"\x40\x03\x00\x01\x87"
    assert encode(Disconnect(Reason.SESSION_TAKEN_OVER), 5) == b"\xe0\x01\x8e"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00\x00", Reason.MALFORMED_PACKET),  # packet type 0
        (b"\xc1\x00", Reason.MALFORMED_PACKET),  # flags of PINGREQ
        (b"\x80\x05\x00\x01\x00\x00\x00", Reason.MALFORMED_PACKET),  # flags of SUBSCRIBE
        (b"\x36\x04\x00\x01t\x01", Reason.MALFORMED_PACKET),  # QoS 3
        (b"\x38\x03\x00\x01t", Reason.MALFORMED_PACKET),  # duplicate of QoS 0
        (b"\x32\x05\x00\x01t\x00\x00", Reason.MALFORMED_PACKET),  # packet identifier 0
        (b"\x30\x02\x00\x05", Reason.MALFORMED_PACKET),  # the topic is longer than the packet
        (b"\x30\x03\x00\x01\xff", Reason.MALFORMED_PACKET),  # not UTF-8
        (b"\x30\x05\x00\x03\xed\xa0\x80", Reason.MALFORMED_PACKET),  # a surrogate
        (b"\x30\x03\x00\x01\x00", Reason.MALFORMED_PACKET),  # U+0000
        (b"\xc0\xff\xff\xff\xff\x01", Reason.MALFORMED_PACKET),  # remaining length of five bytes
        (b"\xc0\x01\x00", Reason.MALFORMED_PACKET),  # PINGREQ with a body
        (b"\x82\x02\x00\x01", Reason.PROTOCOL_ERROR),  # SUBSCRIBE without a filter
        (b"\x82\x06\x00\x01\x00\x01t\x03", Reason.MALFORMED_PACKET),  # subscription of QoS 3
        (b"\xa2\x02\x00\x01", Reason.PROTOCOL_ERROR),  # UNSUBSCRIBE without a filter
        (b"\xf0\x00", Reason.MALFORMED_PACKET),  # AUTH in MQTT 3.1.1
        (b"\x10\x0c\x00\x06MQIsdp\x03\x02\x00\x3c", Reason.UNSUPPORTED_PROTOCOL_VERSION),
        (b"\x10\x0a\x00\x04MQTT\x09\x02\x00\x3c", Reason.UNSUPPORTED_PROTOCOL_VERSION),
        (b"\x10\x0d\x00\x04MQTT\x04\x03\x00\x3c\x00\x01a", Reason.MALFORMED_PACKET),  # reserved flag
        (b"\x10\x0d\x00\x04MQTT\x04\x22\x00\x3c\x00\x01a", Reason.MALFORMED_PACKET),  # retain, no will
        (b"\x10\x10\x00\x04MQTT\x04\x42\x00\x3c\x00\x01a\x00\x01p", Reason.MALFORMED_PACKET),  # no user
        (b"\x10\x12\x00\x04MQTT\x05\x02\x00\x3c\x04\x21\x00\x00\x23\x00\x01a", Reason.PROTOCOL_ERROR),
        (b"\x30\xff\xff\xff\x7f", Reason.PACKET_TOO_LARGE),
    ],
)
def test_what_is_refused(data: bytes, expected: Reason) -> None:
    with pytest.raises(ProtocolError) as raised:
        list(Decoder(maximum_size=1 << 20).feed(data))
    assert raised.value.reason is expected


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        (b"\x03\x23\x00\x01", None),
        (b"\x06\x23\x00\x01\x23\x00\x02", Reason.PROTOCOL_ERROR),  # twice
        (b"\x03\x13\x00\x01", Reason.MALFORMED_PACKET),  # server keep alive in a PUBLISH
        (b"\x02\x01\x02", Reason.PROTOCOL_ERROR),  # payload format 2
        (b"\x02\x7f\x02", Reason.MALFORMED_PACKET),  # no such property
        (b"\x09\x23\x00\x01", Reason.MALFORMED_PACKET),  # longer than the packet
        (b"\x80\x00", Reason.MALFORMED_PACKET),  # a length written longer than needed
    ],
)
def test_properties_are_checked(properties: bytes, expected: Reason | None) -> None:
    body = b"\x00\x01t" + properties
    stream = Decoder(version=5).feed(b"\x30" + bytes((len(body),)) + body)
    if expected is None:
        assert list(stream) == [Publish("t", b"", properties={"topic_alias": 1})]
        return
    with pytest.raises(ProtocolError) as raised:
        list(stream)
    assert raised.value.reason is expected


def test_packets_before_a_broken_one_are_given() -> None:
    stream = Decoder().feed(encode(PingReq(), 4) + b"\x00\x00")
    assert next(stream) == PingReq()
    with pytest.raises(ProtocolError):
        next(stream)


def test_values_that_do_not_fit_are_the_callers_mistake() -> None:
    with pytest.raises(ValueError, match="65,535"):
        encode(Publish("t" * 70_000, b""), 4)
