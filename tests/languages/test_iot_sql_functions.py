"""Functions of the rules engine, with the examples of AWS's reference."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.iot_sql import UNDEFINED, Message, compile_statement
from headwater.languages.iot_sql.functions import FUNCTIONS
from headwater.languages.iot_sql.values import to_json

MESSAGE = {
    "topic": "things/one/two",
    "now": 1481825251155,
    "account": "123456789012",
    "client_id": "device",
    "principal": "me",
    "source_ip": "127.0.0.1",
    "trace_id": "12345678-1234-1234-1234-123456789012",
    "properties": {
        "content_type": "text/plain",
        "correlation_data": b"\x01",
        "payload_format_indicator": 1,
        "user_property": [("k", "1"), ("l", "2"), ("k", "3")],
    },
}


def value(expression: str, payload: Any = None, version: str = "2016-03-23") -> Any:
    message = Message(payload=orjson.dumps(payload), **MESSAGE)
    data = to_json(compile_statement(f"SELECT VALUE {expression} FROM 't'", version).select(message))
    return orjson.loads(data) if data else UNDEFINED


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("abs(-5)", 5),
        ("abs('-5.123')", 5.123),
        ("abs(true)", UNDEFINED),
        ("accountid()", "123456789012"),
        ("acos(0)", 1.5707963267948966),
        ("acos(2)", UNDEFINED),
        ("bitand(13, 5)", 5),
        ("bitor(8, '5.9')", 13),
        ("bitxor(13, 5)", 8),
        ("bitnot(13)", -14),
        ("ceil(1.2)", 2),
        ("ceil(-1.2)", -1),
        ("chr(65)", "A"),
        ("chr(49.9)", "1"),
        ("chr(300)", UNDEFINED),
        ("clientid()", "device"),
        ("concat()", UNDEFINED),
        ("concat([1, 2, 3], 4)", [1, 2, 3, 4]),
        ("concat([1, 2, 3], 'hello', [4, 5, 6])", [1, 2, 3, "hello", 4, 5, 6]),
        ("concat('he', 'is', 'man')", "heisman"),
        ("concat(1, 'hello')", "1hello"),
        ("concat(1, 2)", UNDEFINED),
        ("cos(0)", 1),
        ("cosh(2.3)", 5.037220649268761),
        ("decode('eyAidGVtcGVyYXR1cmUiOiAzMyB9Cg==', 'base64').temperature", 33),
        ("decode('aGVsbG8=', 'base64')", "hello"),
        ("decode('%', 'base64')", None),
        ("encode('hello', 'base64')", "aGVsbG8="),
        ("encode('hello', 'hex')", UNDEFINED),
        ("endswith('cat', 'at')", True),
        ("endswith('cat', missing)", UNDEFINED),
        ("exp(0)", 1),
        ("exp(100000)", UNDEFINED),
        ("floor(-1.2)", -2),
        ("floor('1.9')", 1),
        ("get(['a', 'b', 'c'], 1)", "b"),
        ("get(['a'], 1)", UNDEFINED),
        ("get({'a': 'b'}, 'a')", "b"),
        ("get('abc', 1)", "b"),
        ("get(5, 1)", UNDEFINED),
        ("get_mqtt_property('content_type')", "text/plain"),
        ("get_mqtt_property('correlation_data')", "AQ=="),
        ("get_mqtt_property('format_indicator')", "UTF8_DATA"),
        ("get_mqtt_property('response_topic')", UNDEFINED),
        ("get_or_default(missing, 4)", 4),
        ("get_or_default(null, 4)", 4),
        ("get_or_default(3, 4)", 3),
        ("get_user_properties('k')", ["1", "3"]),
        ("get_user_properties('x')", UNDEFINED),
        ("md5('hello')", "5d41402abc4b2a76b9719d911017c592"),
        ("sha1('hello')", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
        ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("indexof('abcd', 'bc')", 1),
        ("isNull(5)", False),
        ("isNull(Null)", True),
        ("isUndefined(5)", False),
        ("isUndefined(floor([1,2,3]))", True),
        ("length('hi')", 2),
        ("length(false)", 5),
        ("ln(1)", 0),
        ("ln(0)", UNDEFINED),
        ("log(100)", 2),
        ("lower('HELLO')", "hello"),
        ("lower(['HELLO'])", '["hello"]'),
        ("lpad('hello', 2)", "  hello"),
        ("lpad(1, 3)", "   1"),
        ("lpad(1, -3)", "1"),
        ("lpad(1, true)", UNDEFINED),
        ("length(lpad('', 5000))", 1000),
        ("Ltrim(' h i ')", "h i "),
        ("mod(8, 3)", 2),
        ("mod(-8.5, 3)", -2.5),
        ("mod(8, 0)", UNDEFINED),
        ("Nanvl(8, 3)", 8),
        ("nanvl(missing, 3)", 3),
        ("newuuid()", "00000000-0000-4000-8000-000000000000"),
        ("numbytes('€')", 3),
        ("power(2, 5)", 32),
        ("power(-2, 0.5)", UNDEFINED),
        ("principal()", "me"),
        ("rand()", 0),
        ("regexp_matches('aaaa', 'a{2,}')", True),
        ("regexp_matches('aaaa', 'b')", False),
        ("regexp_matches('aaaa', '(')", UNDEFINED),
        ("regexp_matches('ab', '(?<x>a)b')", True),
        ("regexp_replace('abcd', 'bc', 'x')", "axd"),
        ("regexp_replace('abcd', 'b(.*)d', '$1')", "ac"),
        ("regexp_replace('abcd', 'b', '$2')", UNDEFINED),
        ("regexp_substr('hihihello', 'hi')", "hi"),
        ("regexp_substr('hihihello', '(hi)*')", "hihi"),
        ("regexp_substr('a', 'b')", UNDEFINED),
        ("remainder(8, 3)", 2),
        ("replace('abcdabcd', 'b', 'x')", "axcdaxcd"),
        ("round(1.2)", 1),
        ("round(1.5)", 2),
        ("round(-1.1)", -1),
        ("round(-1.5)", -2),
        ("rpad('hello', 2)", "hello  "),
        ("rtrim(' h i ')", " h i"),
        ("sign(-7)", -1),
        ("sign(0)", 0),
        ("sign('13')", 1),
        ("sinh(2.3)", 4.936961805545957),
        ("sourceip()", "127.0.0.1"),
        ("sql_version()", "2016-03-23"),
        ("sqrt(9)", 3),
        ("sqrt(-1)", UNDEFINED),
        ("startswith('ranger','ran')", True),
        ("startswith(12,'1')", True),
        ("substring('012345', 0)", "012345"),
        ("substring('012345', 2.745)", "2345"),
        ("substring(123, 2)", "3"),
        ("substring('012345', -1)", "012345"),
        ("substring(true, 1.2)", "rue"),
        ("substring(false, -2.411E247)", "false"),
        ("substring('012345', 1, 3)", "12"),
        ("substring('012345', -50, 50)", "012345"),
        ("substring('012345', 3, 1)", ""),
        ("tan(3)", -0.1425465430742778),
        ("tanh(2.3)", 0.9800963962661914),
        ("timestamp()", 1481825251155),
        ("topic()", "things/one/two"),
        ("topic(1)", "things"),
        ("topic(4)", UNDEFINED),
        ("topic(0)", UNDEFINED),
        ("traceid()", "12345678-1234-1234-1234-123456789012"),
        ("transform('other', {}, [])", UNDEFINED),
        ("trim('\t h i ')", "h i"),
        ("trunc(2.3, 0)", 2),
        ("trunc(2.3123, 2)", 2.31),
        ("trunc(2.888, 2)", 2.88),
        ("trunc(2.00, 5)", 2),
        ("trunc('x', 5)", UNDEFINED),
        ("upper('hello')", "HELLO"),
        ("upper(1, 2)", UNDEFINED),
    ],
)
def test_functions(expression: str, expected: Any) -> None:
    assert value(expression) == expected


def test_decimals_of_version_1_stay_decimals() -> None:
    message = Message(payload=b"{}", **MESSAGE)
    statement = compile_statement("SELECT VALUE power(2, 5) FROM 't'", "2015-10-08")
    assert to_json(statement.select(message)) == b"32.0"


def test_clientid_of_a_message_that_came_over_http() -> None:
    statement = compile_statement("SELECT VALUE clientid() FROM 't'")
    assert statement.select(Message("t", b"{}")) == "n/a"


def test_transform() -> None:
    payload = {
        "data1": "example",
        "data2": {"a": "first", "b": "second", "c": [{"x": {"n": 5}, "y": True}, {"x": {"n": 10}, "y": False}]},
    }
    expression = "transform('enrichArray', (select a, b from data2), (select value c from data2))"
    assert value(expression, payload) == [
        {"x": {"n": 5}, "y": True, "a": "first", "b": "second"},
        {"x": {"n": 10}, "y": False, "a": "first", "b": "second"},
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("parse_time(\"yyyy.MM.dd G 'at' HH:mm:ss z\", 100000000, 'America/Belize')", "1970.01.01 AD at 21:46:40 CST"),
        ("parse_time('yyyy', 1497028786000, 'UTC')", "2017"),
        ("parse_time('yyyy-MM-dd''T''HH:mm:ss.SSSZ', 1497028786123)", "2017-06-09T17:19:46.123+0000"),
        (
            "parse_time('EEEE, d MMMM yy hh:mm a ZZ', 1497028786000, 'Asia/Tokyo')",
            "Saturday, 10 June 17 02:19 AM +09:00",
        ),
        ("parse_time('EEE MMM D e x w K k C ZZZ', 1497028786000)", "Fri Jun 160 5 2017 23 5 17 20 UTC"),
        ("parse_time('yyyy', 1497028786000, 'No/Where')", UNDEFINED),
        ("parse_time('Q', 1497028786000)", UNDEFINED),
        ("parse_time('yyyy', 'x')", UNDEFINED),
        ("parse_time('yyyy', 9999999999999999)", UNDEFINED),
        ("time_to_epoch('2020-04-03 09:45:18 UTC+01:00', 'yyyy-MM-dd HH:mm:ss VV')", 1585903518000),
        ("time_to_epoch('18 December 2015', 'dd MMMM yyyy')", 1450396800000),
        (
            "time_to_epoch('2007-12-03 10:15:30.592 America/Los_Angeles', 'yyyy-MM-dd HH:mm:ss.SSS z')",
            1196705730592,
        ),
        ("time_to_epoch('3 Dec 07 1:05 pm', 'd MMM yy h:mm a')", 1196687100000),
        ("time_to_epoch('2020-13-03', 'yyyy-MM-dd')", UNDEFINED),
        ("time_to_epoch('yesterday', 'yyyy')", UNDEFINED),
        ("time_to_epoch('2020', 'yyyy yyyy')", UNDEFINED),
    ],
)
def test_times(expression: str, expected: Any) -> None:
    assert value(expression) == expected


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(json, max_size=4))
def test_no_function_raises(name: str, arguments: list[Any]) -> None:
    function = FUNCTIONS[name]
    if not function.fewest <= len(arguments) <= function.most:
        return
    message = [Message(payload=b"", **MESSAGE)] if function.wants_message else []
    to_json(function.call(*message, *arguments))
