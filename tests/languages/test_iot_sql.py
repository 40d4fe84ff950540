"""The SQL of IoT rules: statements, operators, conversions, errors. Examples are those of AWS's reference."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.iot_sql import (
    UNDEFINED,
    EvaluationError,
    Message,
    SqlParseError,
    UnsupportedFunction,
    compile_statement,
    compile_template,
)
from headwater.languages.iot_sql.values import to_json

COLOURS = {"color": "red", "temperature": 50, "nested": {"a": 1, "b": [1, 2]}, "nothing": None, "whole": 10.0}


def message(payload: Any = COLOURS, **fields: Any) -> Message:
    data = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    return Message(topic=fields.pop("topic", "a/b"), payload=data, **fields)


def run(sql: str, payload: Any = COLOURS, version: str = "2016-03-23", **fields: Any) -> Any:
    statement = compile_statement(sql, version)
    asked = message(payload, **fields)
    if statement.condition(asked) is not True:
        return "no match"
    data = to_json(statement.select(asked))
    return orjson.loads(data) if data else UNDEFINED


def value(expression: str, payload: Any = COLOURS, version: str = "2016-03-23", **fields: Any) -> Any:
    return run(f"SELECT VALUE ({expression}) FROM 'a/b'", payload, version, **fields)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM 'a/b'", COLOURS),
        ("SELECT color FROM 'a/b'", {"color": "red"}),
        ("select color as my_color, temperature as fahrenheit from 'a/b'", {"my_color": "red", "fahrenheit": 50}),
        ("SELECT *, 15 as speed FROM 'a/b'", COLOURS | {"speed": 15}),
        ("SELECT * AS payload FROM 'a/b'", {"payload": COLOURS}),
        ("SELECT VALUE color FROM 'a/b'", "red"),
        ("SELECT VALUE * FROM 'a/b'", COLOURS),
        ("SELECT nested.a FROM 'a/b'", {"a": 1}),
        ("SELECT nested.a AS x.y, color AS x.z FROM 'a/b'", {"x": {"y": 1, "z": "red"}}),
        ("SELECT *, 7 AS nested.c FROM 'a/b'", COLOURS | {"nested": {"a": 1, "b": [1, 2], "c": 7}}),
        ("SELECT topic(2), upper(color) FROM 'a/b'", {"topic": "b", "upper": "RED"}),
        ("SELECT (temperature - 32) * 5 / 9 AS celsius FROM 'a/b'", {"celsius": 10}),
        ("SELECT missing, nothing FROM 'a/b'", {"nothing": None}),
        ("SELECT color FROM 'a/b' WHERE temperature > 50", "no match"),
        ("SELECT color FROM 'a/b' WHERE missing = 1", "no match"),
        ("SELECT color FROM 'a/b' WHERE color <> 'blue' AND temperature >= 50", {"color": "red"}),
        ("SELECT color FROM 'a/b' WHERE color = 'blue' OR NOT temperature < 50", {"color": "red"}),
        ("SELECT VALUE [color, missing, nothing] FROM 'a/b'", ["red", None]),
        ("SELECT {'c': color, 'm': missing} AS o FROM 'a/b'", {"o": {"c": "red"}}),
        ("SELECT VALUE missing FROM 'a/b'", UNDEFINED),
    ],
)
def test_statements(sql: str, expected: Any) -> None:
    assert run(sql) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("temperature > 60", "WHERE temperature > 60 is false: temperature = 50"),
        (
            "nested.a = 2 AND color = 'red'",
            "WHERE nested.a = 2 AND color = 'red' is false: nested.a = 1, color = \"red\"",
        ),
        ("missing = 1", "WHERE missing = 1 is undefined: missing = undefined"),
        ("upper(color) IN ['BLUE']", "WHERE upper(color) IN ['BLUE'] is false: color = \"red\""),
        ("timestamp() > 5", "WHERE timestamp() > 5 is false"),
    ],
)
def test_the_reason_why_actions_do_not_run(where: str, expected: str) -> None:
    statement = compile_statement(f"SELECT * FROM 'a' WHERE {where}", "2016-03-23")
    assert statement.reason(message()) == expected


def test_value_may_be_an_attribute() -> None:
    payload = {"value": 3}
    assert run("SELECT value FROM 'a'", payload) == {"value": 3}
    assert run("SELECT value AS v, 1 AS w FROM 'a'", payload) == {"v": 3, "w": 1}
    assert run("SELECT value * 2 AS v FROM 'a'", payload) == {"v": 6}
    assert run("SELECT VALUE value FROM 'a'", payload) == 3


SENSORS = {
    "e": [
        {"n": "temperature", "u": "Cel", "t": 1234, "v": 22.5},
        {"n": "light", "u": "lm", "t": 1235, "v": 135},
        {"n": "acidity", "u": "pH", "t": 1235, "v": 7},
    ]
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(SELECT VALUE n FROM e)", ["temperature", "light", "acidity"]),
        ("(SELECT v FROM e WHERE n = 'temperature')", [{"v": 22.5}]),
        ("get((SELECT v FROM e WHERE n = 'temperature'), 0).v", 22.5),
        ("(SELECT * FROM e WHERE t > 1234 AND v < 100)", [SENSORS["e"][2]]),
        ("(SELECT n FROM e WHERE v > 1000)", []),
        ("(SELECT n FROM missing)", UNDEFINED),
    ],
)
def test_nested_queries(expression: str, expected: Any) -> None:
    assert value(expression, SENSORS) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2", 3),
        ("1 + 2.5", 3.5),
        ("0.1 + 0.2", 0.3),
        ("'a' + 1", "a1"),
        ("1 + 'a'", "1a"),
        ("'a' + missing", UNDEFINED),
        ("true + 1", UNDEFINED),
        ("'3' - '1'", 2),
        ("'x' - 1", UNDEFINED),
        ("'2' * 3.5", 7),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7.0 / 2", 3.5),
        ("1 / 0", UNDEFINED),
        ("1.5 / 0", UNDEFINED),
        ("8 % 3", 2),
        ("-8 % 3", -2),
        ("- - 2", 2),
        ("2 + 3 * 4", 14),
        ("(2 + 3) * 4", 20),
        ("10 - 3 - 2", 5),
        ("1 = 1.0", True),
        ("1 = '1'", False),
        ("1 <> '1'", True),
        ("1 != 2", True),
        ("null = null", True),
        ("null = 1", False),
        ("true = 1", False),
        ("missing = null", UNDEFINED),
        ("[1, 'a'] = [1.0, 'a']", True),
        ("[1, 2] = [2, 1]", False),
        ("nested = {'b': [1, 2], 'a': 1}", True),
        ("'10' > 9", True),
        ("'abc' > 1", UNDEFINED),
        ("null < 1", UNDEFINED),
        ("'TRUE' AND true", True),
        ("true AND 1", UNDEFINED),
        ("false OR 'False'", False),
        ("NOT 'true'", False),
        ("NOT 3", UNDEFINED),
        ("color IN ['blue', 'red']", True),
        ("color IN ['blue']", False),
        ("color IN 5", UNDEFINED),
        ("CASE color WHEN 'green' THEN 'go' WHEN 'red' THEN 'stop' ELSE 'x' END", "stop"),
        ("CASE color WHEN 'green' THEN 'go' ELSE 'x' END", "x"),
        ("CASE color WHEN 'green' THEN 'go' END", UNDEFINED),
        ("CASE missing WHEN 'green' THEN 'go' ELSE 'x' END", UNDEFINED),
        ("cast(true as int)", 1),
        ("cast('12.7' as Int)", 12),
        ("cast(-1.5 as integer)", -2),
        ("cast('1e2' as double)", 100),
        ("cast(12 as String)", "12"),
        ("cast(nested as varchar)", '{"a":1,"b":[1,2]}'),
        ("cast(0 as boolean)", False),
        ("cast('TRUE' as bool)", True),
        ("cast('yes' as bool)", UNDEFINED),
        ("cast(null as string)", UNDEFINED),
        ("whole", 10),
        ('\'it\'\'s\' + " ""x"""', 'it\'s "x"'),
        ("99999999999999999999999999999999999 + 1", UNDEFINED),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    actual = value(expression)
    assert actual == expected
    assert type(actual) is type(expected) or isinstance(expected, int)


def test_ints_have_34_digits() -> None:
    statement = compile_statement(f"SELECT {'9' * 33}8 + 1 AS n FROM 'a'")
    assert to_json(statement.select(message())) == b'{"n":' + b"9" * 34 + b"}"


def test_version_1_keeps_decimals_and_lacks_literals() -> None:
    assert run("SELECT VALUE whole FROM 'a'", version="2015-10-08") == 10.0
    assert to_json(compile_statement("SELECT VALUE whole FROM 'a'").select(message())) == b"10.0"
    assert to_json(compile_statement("SELECT VALUE whole FROM 'a'", "2016-03-23").select(message())) == b"10"
    for sql in ("SELECT [1] AS a FROM 'a'", "SELECT (SELECT a FROM b) AS c FROM 'a'", "SELECT length('a') FROM 'a'"):
        compile_statement(sql, "2016-03-23")
        with pytest.raises(SqlParseError):
            compile_statement(sql, "2015-10-08")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "DELETE FROM 'a'",
        "SELECT",
        "SELECT FROM 'a'",
        "SELECT * FROM a/b",
        "SELECT * FROM 'a' WHERE",
        "SELECT * FROM 'a' WHERE x =",
        "SELECT * FROM 'a' x",
        "SELECT nosuch(1) FROM 'a'",
        "SELECT cast(1 as colour) FROM 'a'",
        "SELECT CASE x END FROM 'a'",
        "SELECT a. FROM 'a'",
        "SELECT (1 FROM 'a'",
        "SELECT 'open FROM 'a'",
        "SELECT a ; b FROM 'a'",
        "SELECT * FROM 'a/#/b'",
        "SELECT * FROM '1/2/3/4/5/6/7/8/9'",
        "SELECT " + "(" * 1000 + "1" + ")" * 1000 + " FROM 'a'",
        "SELECT " + "1 + " * 5000 + "1 FROM 'a'",
        "SELECT a" + ".b" * 5000 + " FROM 'a'",
        "SELECT " + "9" * 6000 + " FROM 'a'",
        "SELECT 1e999999999999 FROM 'a'",
    ],
)
def test_what_is_no_statement(sql: str) -> None:
    with pytest.raises(SqlParseError) as raised:
        compile_statement(sql, "2016-03-23")
    assert str(raised.value)


def test_functions_that_are_missing_are_named() -> None:
    with pytest.raises(UnsupportedFunction, match="get_secret"):
        compile_statement("SELECT get_secret('a', 'b') FROM 'a'")


def test_unknown_versions_are_refused() -> None:
    with pytest.raises(SqlParseError, match="2020"):
        compile_statement("SELECT * FROM 'a'", "2020-01-01")


def test_from_may_be_absent() -> None:
    assert compile_statement("SELECT color").topic_filter is None


def test_binary_payloads() -> None:
    raw = b"\x00\xff"
    assert compile_statement("SELECT * FROM 'a'").select(message(raw)) == raw
    encoded = compile_statement("SELECT encode(*, 'base64') AS data, 1 AS n FROM 'a'", "2016-03-23")
    assert encoded.condition(message(raw)) is True
    assert encoded.select(message(raw)) == {"data": "AP8=", "n": 1}
    for sql in (
        "SELECT *, 1 AS n FROM 'a'",
        "SELECT * AS p FROM 'a'",
        "SELECT concat(*, 'x') FROM 'a'",
        "SELECT * FROM 'a' WHERE color = 'red'",
    ):
        with pytest.raises(EvaluationError):
            compile_statement(sql).condition(message(raw))


def test_large_numbers() -> None:
    payload = b'{"a": 1e308, "b": -1e308, "c": 123456789012345678901234567890}'
    for expression in (
        "a + 1",
        "a * b",
        "a % 2",
        "floor(a)",
        "abs(b)",
        "trunc(a, 2)",
        "get_or_default(a, 1)",
        "c / 3",
        "a * a * a * a",
    ):
        value(expression, payload)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("plain", "plain"),
        ("${topic()}/republish", "a/b/republish"),
        ("${color}-${nested.a}", "red-1"),
        ("${missing}", ""),
        ("${replace(topic(), '/', '}') + '-' + timestamp()}", "a}b-1500000000000"),
        ("${get({'a': {'b': 1}}, 'a').b}", "1"),
        ("$ {x} $", "$ {x} $"),
    ],
)
def test_templates(template: str, expected: str) -> None:
    assert compile_template(template).render(message(now=1_500_000_000_000)) == expected


@pytest.mark.parametrize("template", ["${", "${}", "${color", "${color + }", "a ${nosuch()} b"])
def test_what_is_no_template(template: str) -> None:
    with pytest.raises(SqlParseError):
        compile_template(template)


words = st.sampled_from(
    [
        *("SELECT", "VALUE", "FROM", "WHERE", "AS", "CASE", "WHEN", "THEN", "END", "NOT", "AND", "IN"),
        *("*", "+", "-", "=", "(", ")", "[", "]", ",", "{", "}", ":"),
        *("a", "b.c", "'a/b'", "1", "2.5", "topic()", "get(a, 0)", "cast(a as int)"),
    ]
)


@given(st.lists(words, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_a_statement_or_a_parse_error(text: str) -> None:
    try:
        statement = compile_statement("SELECT " + text, "2016-03-23")
    except SqlParseError:
        return
    statement.condition(message())
    to_json(statement.select(message()))


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(json, json, st.sampled_from(["+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "AND", "OR", "IN"]))
def test_operators_take_any_values(left: Any, right: Any, operator: str) -> None:
    to_json(compile_statement(f"SELECT VALUE a {operator} b FROM 't'").select(message({"a": left, "b": right})))
