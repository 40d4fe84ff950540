"""CloudWatch's small languages: whatever they are given, they compute or refuse."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.metrics import (
    InvalidExpression,
    InvalidRule,
    InvalidStatistic,
    Samples,
    UnknownFunction,
    compile_expression,
    compile_rule,
    compile_statistic,
)
from headwater.languages.metrics.functions import FUNCTIONS, Surroundings, Value
from headwater.languages.trace_filter import InvalidFilter, Traced, UnknownFilter, compile_trace_filter

A, B = {0: 1.0, 60_000: 4.0}, {0: 2.0, 120_000: 0.0}
WORLD = Surroundings({"a": A, "b": B, "n": 3.0}, range(0, 180_000, 60_000), 60, {"a": A, "b": B})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a + 1", {0: 2.0, 60_000: 5.0}),
        ("a + b", {0: 3.0}),
        ("1 - 2 - 3 * 2 ^ 2", -13.0),
        ("-a / b", {0: -0.5}),
        ("a / 0", {}),
        ("SUM(a)", 5.0),
        ("SUM([a, b])", {0: 3.0, 60_000: 4.0, 120_000: 0.0}),
        ("MAX(METRICS())", {0: 2.0, 60_000: 4.0, 120_000: 0.0}),
        ("FILL(a, 0)", {0: 1.0, 60_000: 4.0, 120_000: 0.0}),
        ("FILL(b, REPEAT)", {0: 2.0, 60_000: 2.0, 120_000: 0.0}),
        ("FILL(b, LINEAR)", {0: 2.0, 60_000: 1.0, 120_000: 0.0}),
        ("IF(a > 2, a, 0)", {0: 0.0, 60_000: 4.0}),
        ("IF(a >= 4 AND a < 5, 1)", {60_000: 1.0}),
        ("RATE(a)", {60_000: 0.05}),
        ("DIFF(a) * PERIOD(a)", {60_000: 180.0}),
        ("RUNNING_SUM(a)", {0: 1.0, 60_000: 5.0}),
        ("METRIC_COUNT(METRICS())", {0: 2.0, 60_000: 1.0, 120_000: 1.0}),
        ("TIME_SERIES(n)", {0: 3.0, 60_000: 3.0, 120_000: 3.0}),
    ],
)
def test_expressions(text: str, wanted: Value) -> None:
    assert compile_expression(text).evaluate(WORLD) == wanted


WORDS = st.sampled_from(["a", "b", "n", "(", ")", "[", "]", ",", "-", "+", "/", "^", "<", "AND", "1", "0", '"x"',
                         "REPEAT", *(f"{name}(" for name in FUNCTIONS)])  # fmt: skip


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=20))
def test_an_expression_gives_a_value_or_is_refused(text: str) -> None:
    try:
        expression = compile_expression(text)
        if expression.names <= WORLD.values.keys():
            assert isinstance(expression.evaluate(WORLD), float | str | dict | list)
    except (InvalidExpression, UnknownFunction):
        pass


@given(
    st.lists(st.sampled_from(['ALARM("x")', "OK(y)", "AND", "OR", "NOT", "(", ")", "TRUE"]), max_size=10).map(" ".join)
)
def test_a_rule_holds_or_not_or_is_refused(text: str) -> None:
    try:
        assert compile_rule(text).holds({"x": "ALARM"}) in (True, False)
    except InvalidRule:
        pass


@given(st.lists(st.sampled_from(["ok", "!", "duration", ">", "=", "1", '"a"', "annotation.k", "AND", "(", ")",
                                 "service("]), max_size=10).map(" ".join))  # fmt: skip
def test_a_trace_filter_tells_or_is_refused(text: str) -> None:
    try:
        test = compile_trace_filter(text)
    except (InvalidFilter, UnknownFilter):
        return
    assert test(Traced({"ok": True, "duration": 2.0}, {"k": "a"}, frozenset())) in (True, False)


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InvalidExpression):
        compile_expression("-" * 2000 + "1")
    with pytest.raises(InvalidRule):
        compile_rule("(" * 5000)
    with pytest.raises(InvalidFilter):
        compile_trace_filter("!" * 5000 + "ok")


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 100))
def test_percentiles_are_values_that_were_measured(values: list[float], percent: float) -> None:
    samples = Samples()
    for value in values:
        samples.add(value)
    found = samples.percentile(percent)
    assert found in values
    assert samples.percentile(0) == min(values) and samples.percentile(100) == max(values)
    average = compile_statistic("Average")(samples)
    assert average is not None and math.isclose(average, sum(values) / len(values), abs_tol=1e-3)
    assert compile_statistic("PR(0:1)")(samples) is not None


@pytest.mark.parametrize(("percent", "value"), [(99, 512), (75, 3), (75.1, 512), (50, 2), (25, 1), (0, 1)])
def test_a_percentile_of_few_values_is_the_nearest_rank(percent: float, value: float) -> None:
    samples = Samples()
    for each in (1, 2, 3, 512):
        samples.add(each)
    assert samples.percentile(percent) == value


@pytest.mark.parametrize("name", ["", "Mean", "p101", "TM()", "PR(10%:20%)", "tm"])
def test_statistics_that_are_none(name: str) -> None:
    with pytest.raises(InvalidStatistic):
        compile_statistic(name)
