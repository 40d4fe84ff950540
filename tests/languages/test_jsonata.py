"""JSONata as Step Functions evaluates it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.jsonata import UNDEFINED, Expression, JsonataError, JsonataSyntaxError
from headwater.languages.jsonata_bounds import FUNCTIONS
from tests.languages.asl_world import Ids


class Host:
    ids = Ids()
    now = 1_700_000_000_123


BINDINGS = {"states": {"input": {"n": 5, "items": [1, 2, 3], "none": None}}, "city": "Bonn"}


@pytest.fixture(autouse=True, scope="module")
def dropped_here() -> Iterator[None]:
    """An error that a test has kept holds the engine's objects, which only the thread that made them may drop."""
    yield
    gc.collect()


MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
DEPTH = (
    "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive. "
    "Depth=101 max=100"
)


def evaluate(text: str) -> Any:
    return Expression(text).evaluate(BINDINGS, Host())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$states.input.n + 1", 6),
        ("$states.input.items[$ > 1]", [2, 3]),
        ("$states.input.none", None),
        ("$city & '!'", "Bonn!"),
        ("10 / 4", 2.5),
        ("10 / 5", 2),
        ("$partition([1..5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(0, 6, 2)", [0, 2, 4, 6]),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$range(4, 4, 1)", 4),
        ("$count([1..150000])", 150_000),
        ("+".join(["1"] * 100), 100),
        ("1 / 0", "Infinity"),
        ("[-1 / 0, {'k': 0 / 0}]", ["-Infinity", {"k": "NaN"}]),
        ("$hash('input', 'SHA-256')", "c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20"),
        ("$random(42)", 0.7275636800328681),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$now()", "2023-11-14T22:13:20.123Z"),
        ("$millis()", 1_700_000_000_123),
        ("$length($uuid())", 36),
        ("{'a': 1, 'b': [$city]}", {"a": 1, "b": ["Bonn"]}),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert evaluate(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "$nowhere",
        "$states.input.nope",
        "$states.input.items[$ > 9]",
        "$partition([], 2)",
        "$partition([1], 0)",
        "$range(5, 1, 1)",
        "$range(1, 5)",
        "$hash('a')",
    ],
)
def test_nothing_is_undefined_and_not_null(text: str) -> None:
    assert evaluate(text) is UNDEFINED


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + 'a'", 'T2002: The right side of the "+" operator must evaluate to a number'),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
        ("$sum('a')", 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ("$abs('a')", 'T0410: Argument 1 of function "abs" does not match function signature'),
        ("$nope()", "T1006: Attempted to invoke a non-function"),
        ("$eval('1')", "T1006: Attempted to invoke a non-function"),
    ],
)
def test_errors_read_as_the_reference_words_them(text: str, message: str) -> None:
    with pytest.raises(JsonataError) as raised:
        evaluate(text)
    assert str(raised.value) == message
    assert raised.value.coded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1..873783]", MEMORY),
        ("$range(1, 360146, 1)", MEMORY),
        ("+".join(["1"] * 101), DEPTH),
        ("($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(40))", DEPTH),
    ],
)
def test_bounds_read_as_aws_words_them(text: str, message: str) -> None:
    with pytest.raises(JsonataError) as raised:
        evaluate(text)
    assert str(raised.value) == message
    assert not raised.value.coded


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 +", "Unexpected end of expression"),
        ("a[1,2)", 'Expected "]", got ","'),
        ('"open', "String literal must be terminated by a matching quote"),
        ("a.b %.c", 'The symbol "." cannot be used as a unary operator'),
        ("1 2.5", "Syntax error: 2.5"),
        ("""1 'Expected "Dot", got Comma'""", 'Syntax error: "Expected "Dot", got Comma"'),
        ("{$a true}", 'Expected ":", got true'),
        ("|a", 'Expected "|" before end of expression'),
        ("1e400", 'Number out of range: "1e400"'),
        (r"'\q'", r'Unsupported escape sequence: \"q"'),
        ("a#b", 'The right side of "#" must be a variable name (start with $)'),
        ("function($a, b){1}", "Parameter 2 of function definition must be a variable name (start with $)"),
        ("a /* b", "Comment has no closing tag"),
    ],
)
def test_syntax_errors(text: str, message: str) -> None:
    with pytest.raises(JsonataSyntaxError) as raised:
        Expression(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "text",
    [
        "($f := function() { $f() + 1 }; $f())",
        "[1..9000000]",
        "$count([1..900000])",
        '$pad("x", 2000000000)',
        '($a := $pad("", 100000, "x"); $replace($a, "x", $a))',
        '($a := $pad("", 100000, "x"); $replace($a, /x/, $a))',
        '$reduce([1..15], function($a, $n){$replace($a, "x", "xxxx")}, $pad("", 100, "x"))',
        '$length($pad("x", -2000000000, "ab"))',
        '($p := $pad("x", 999999); $join($map([1..2000], function($v){$p})))',
        '$join($pad("x", 999999).[$, $], $pad("x", 999999))',
        '$split($pad("x", 200000), " ")',
        '$match($pad("x", 200000), / /)',
        '$toMillis("1", $pad("[Y]", 99999, "[Y]"))',
        '$formatNumber(1, $pad("#", 99999, ",#"))',
        '$fromMillis(1, $pad("[Y]", 99999, "[Y]"))',
        '$now($pad("[Y]", 99999, "[Y]"))',
        '$reduce([1..40], function($a, $b) { $a & $a }, "xxxxxxxx")',
        # the engine divides by zero here
        '$fromMillis(1, "[Y,100000000]")',
    ],
)
def test_hostile_expressions_fail_in_time(text: str) -> None:
    with pytest.raises(JsonataError):
        evaluate(text)


def test_the_context_object_is_wanted_only_where_it_may_be_read() -> None:
    assert not Expression("$states.input.a & $states.result.b").wants_context
    assert Expression("$states.context.Execution.Id").wants_context
    assert Expression("$states").wants_context


def test_padding_is_as_the_engine_pads() -> None:
    assert evaluate('[$pad("ab", 5), $pad("ab", -5, "-+"), $pad("abc", 2), $pad("", 2, "")]') == [
        "ab   ", "-+-ab", "abc", "  ",
    ]  # fmt: skip


NAMES = st.sampled_from(["a", "b", "in", "input", "true"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(NAMES, min_size=1, max_size=3), st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_plain_path_gives_what_the_engine_gives(path: list[str], bindings: dict[str, Any]) -> None:
    """Parentheses change nothing, but make it an expression that is not looked up without the engine."""
    text = f"${'.'.join(path)}"

    def outcome(text: str) -> Any:
        try:
            return Expression(text).evaluate(bindings, Host())
        except (JsonataError, JsonataSyntaxError):
            return "error"

    assert outcome(text) == outcome(f"({text})")


def test_replace_is_the_engines_own_within_its_bound() -> None:
    assert evaluate(
        '[$replace("abcb", "b", "Q"), $replace("abcb", /b/, "Q", 1), $replace("a1", /([a-z])(.)/, "$2$1")]'
    ) == [
        *("aQcQ", "aQcb", "1a"),
    ]
    assert evaluate('"ab" ~> $replace("b", "Q")') == "aQ"
    assert evaluate('["ab", "bb"].$replace(/b/, function($m){"<" & $m.match & ">"})') == ["a<b>", "<b><b>"]
    assert evaluate('$replace(nothing, "a", "b")') is UNDEFINED
    with pytest.raises(JsonataError, match='Argument 1 of function "replace" does not match function signature'):
        evaluate('$replace(5, "a", "b")')


VALUES = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, 1.5, "", "1", "a"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=60)
@given(st.lists(VALUES, min_size=2, max_size=12))
def test_large_arrays_are_made_distinct_as_small_ones_are(values: list[Any]) -> None:
    engine = Expression("[$distinct($states.input)]").evaluate({"states": {"input": values}}, Host())
    assert FUNCTIONS["unique_"](values) == engine


def test_large_arrays_keep_their_order() -> None:
    assert evaluate("$count($distinct([1..5000]))") == 5000
    assert evaluate("$distinct($append([1..3000], [1..3000]))")[:3] == [1, 2, 3]
    assert evaluate("$count($keys($map([1..3000], function($i){{$string($i): 1, 'a': 2}})))") == 3001
    assert FUNCTIONS["all_keys_"]([{"b": 1, "a": 1}, 5, {"a": 2, "c": 3}]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("$join(['a', 1])", 'T0412: Argument 1 of function "join" must be an array of "strings"'),
        ("$split(1, ' ')", 'T0410: Argument 1 of function "split" does not match function signature'),
        ("$match('abc', 'b')", 'T0410: Argument 2 of function "match" does not match function signature'),
        ("$uuid(1)", 'T0410: Argument 1 of function "uuid" does not match function signature'),
        ("$range(0, 1e308, 1e-308)", 'T0410: Argument 3 of function "range" does not match function signature'),
        ("$now('[')", "D3135: No matching closing bracket ']' in date/time picture string"),
    ],
)
def test_bounded_functions_refuse_as_their_own_do(text: str, message: str) -> None:
    with pytest.raises(JsonataError) as raised:
        evaluate(text)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["a"..2]', "T2003: The left side of the range operator (..) must evaluate to an integer"),
        ("[1..2.5]", "T2004: The right side of the range operator (..) must evaluate to an integer"),
        (
            '[1] <= 2 and "<" = "<"',
            'T2010: The expressions either side of operator "<=" must evaluate to numeric or string values',
        ),
        ("$exists(1, 2)", 'T0410: Argument 2 of function "exists" does not match function signature'),
        ("$map([1])", 'T0410: Argument 2 of function "map" does not match function signature'),
        ("$join()", 'T0410: Argument 1 of function "join" does not match function signature'),
        ('$uppercase("a", "b")', 'T0410: Argument 2 of function "uppercase" does not match function signature'),
        ("$substring(1, 2)", 'T0411: Context value is not a compatible type with argument 1 of function "substring"'),
        (
            '$formatNumber(1, "a0b0")',
            "D3086: The sub-picture must not contain a passive character that is preceded by an active character and "
            "that is followed by another active character",
        ),
        ('$fromMillis(1, "[Q]")', 'D3132: Unknown component specifier "Q" in date/time picture string'),
        ('$split("a", ",", -1)', "D3020: Third argument of split function must evaluate to a positive number"),
        ('$replace("a", "", "x")', "D3010: Second argument of replace function cannot be an empty string"),
        (
            "$formatBase(5, 99)",
            "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 99",
        ),
        (
            "$single([1, 1], function($v) { $v = 1 })",
            "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more.",
        ),
    ],
)
def test_failures_are_worded_as_by_the_reference_implementation(text: str, message: str) -> None:
    """jsonata 2.0.6 of npm, the version that AWS names: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"""
    with pytest.raises(JsonataError) as failed:
        evaluate(text)
    assert str(failed.value) == message
