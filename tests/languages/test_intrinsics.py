"""Intrinsic functions: AWS's documented examples, and what each refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.intrinsics import Intrinsic, IntrinsicSyntaxError
from headwater.languages.intrinsics_functions import IntrinsicError
from headwater.languages.jsonpath import Path
from tests.languages.asl_world import Ids

GIVEN = {
    "name": "Arnav",
    "template": "Hello, my name is {}.",
    "escaped": '{"foo": "bar"}',
    "object": {"foo": "bar", "baz": False},
    "array": [1, 2, 3, 4, 5, 6, 7, 8, 9],
    "twice": [1, 2, 3, 3, 3, 3, 3, 3, 4],
    "json1": {"a": {"a1": 1, "a2": 2}, "b": 2},
    "json2": {"a": {"a3": 1, "a4": 2}, "c": 3},
    "items": [{"t": ["a, ]"]}, {"t": []}],
}


class Scope:
    ids = Ids()


def call(text: str) -> Any:
    return Intrinsic(text, find_in_given).call(Scope())


def find_in_given(text: str) -> Callable[[Any], Any]:
    path = Path(text)
    return lambda scope: path.find(GIVEN)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Format('Hello, my name is {}.', $.name)", "Hello, my name is Arnav."),
        ("States.Format($.template, $.name)", "Hello, my name is Arnav."),
        (r"States.Format('\{{}\} it\'s {}', 1, $.object)", '{1} it\'s {"foo":"bar","baz":false}'),
        ("States.Format('{} {} {}', null, true, 1.5)", "null true 1.5"),
        ("States.StringToJson($.escaped)", {"foo": "bar"}),
        ("States.JsonToString($.object)", '{"foo":"bar","baz":false}'),
        ("States.Array('Foo', 2020, $.object, null)", ["Foo", 2020, {"foo": "bar", "baz": False}, None]),
        ("States.Array()", []),
        ("States.ArrayPartition($.array,4)", [[1, 2, 3, 4], [5, 6, 7, 8], [9]]),
        ("States.ArrayContains($.array, 5)", True),
        ("States.ArrayContains($.array, true)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 0, -1)", [3, 2, 1, 0]),
        ("States.ArrayGetItem($.array, 5)", 6),
        ("States.ArrayLength($.array)", 9),
        ("States.ArrayUnique($.twice)", [1, 2, 3, 4]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Decode('RGVjb2RlZCBkYXRh')", "Decoded data"),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonMerge($.json1, $.json2, false)", {"a": {"a3": 1, "a4": 2}, "b": 2, "c": 3}),
        ("States.MathAdd(111, -1)", 110),
        ("States.MathAdd(1.49, 1.5)", 3),
        ("States.MathAdd(-1.5, -1.51)", -3),
        ("States.StringSplit('1,2,3,4,5', ',')", ["1", "2", "3", "4", "5"]),
        ("States.StringSplit('This.is+a,test=string', '.+,=')", ["This", "is", "a", "test", "string"]),
        ("States.ArrayGetItem(States.StringSplit('2020-05-27T08', 'T'), 0)", "2020-05-27"),
        ("States.MathRandom(1, 2)", 1),
        ("States.MathAdd(-2147483648, 0)", -(2**31)),
        ("States.ArrayLength($.items[?(@.t[0] == 'a, ]')])", 1),
        ("States.ArrayGetItem($['array'], States.MathAdd(1, $.array[0]))", 3),
        ("States.Format('{}', $.array[?(@ > 7)])", "[8,9]"),
    ],
)
def test_documented_examples(text: str, value: Any) -> None:
    assert call(text) == value


def test_seeded_random_numbers_repeat() -> None:
    """As seen with java.util.Random of JDK 17: nextInt(998) and nextInt(16) of new Random(42), of new Random(-5)."""
    assert [call(f"States.MathRandom(1, 999, {seed})") for seed in (42, -5)] == [255, 368]
    assert [call(f"States.MathRandom(0, 16, {seed})") for seed in (42, -5)] == [11, 4]
    assert -2_000_000_000 <= call("States.MathRandom(-2000000000, 2000000000, 7)") < 2_000_000_000
    assert len(call("States.UUID()")) == 36


@pytest.mark.parametrize(
    "text",
    [
        "States.Format('{}')",
        "States.Format('{}', 1, 2)",
        "States.StringToJson('{')",
        "States.ArrayPartition($.array, 0)",
        "States.ArrayRange(0, 2000, 1)",
        "States.ArrayRange(0, 1, 0)",
        "States.ArrayGetItem($.array, 99)",
        "States.ArrayGetItem($.array, -1)",
        "States.ArrayLength('text')",
        "States.Base64Decode('%')",
        "States.Hash('x', 'CRC')",
        "States.JsonMerge($.json1, $.json2, true)",
        "States.JsonMerge($.array, $.json2, false)",
        "States.MathAdd(2147483647, 1)",
        "States.MathRandom(3, 3)",
    ],
)
def test_wrong_arguments_fail(text: str) -> None:
    with pytest.raises(IntrinsicError):
        call(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "States", "States.Nope()", "States.UUID", "States.UUID(1)", "States.Array(1 2)", "States.Array('x",
        "States.Array(1e400)", f"States.Array({'9' * 5000})",
    ],
)  # fmt: skip
def test_what_is_no_call(text: str) -> None:
    with pytest.raises(IntrinsicSyntaxError):
        call(text)


@given(st.lists(st.text("ab\\'{} ,", max_size=5), max_size=3))
def test_string_arguments_come_through_whole(texts: list[str]) -> None:
    quoted = ", ".join("'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'" for text in texts)
    assert call(f"States.Array({quoted})") == texts
