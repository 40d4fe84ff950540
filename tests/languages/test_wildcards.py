"""Wildcards, and users' regular expressions: right, and in bounded time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.regular_expressions import InvalidExpression, TooSlow, compile_expression
from headwater.languages.wildcards import expression_of, parts_of

HOSTILE, VICTIM = "(a|aa)+$", "a" * 60 + "b"


def fits(pattern: str, text: str) -> bool:
    """By definition, slowly."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])


@given(st.text("ab*?\n", max_size=7), st.text("ab*?\n", max_size=8))
def test_wildcards_are_what_they_mean(pattern: str, text: str) -> None:
    assert (re.fullmatch(expression_of(parts_of(pattern)), text) is not None) == fits(pattern, text)


def test_many_wildcards_take_no_time() -> None:
    assert re.fullmatch(expression_of(parts_of("*a" * 500 + "*b")), "a" * 20_000) is None


def test_a_hostile_expression_is_ended_and_not_tried_again() -> None:
    expression = compile_expression(HOSTILE)
    with pytest.raises(TooSlow, match=re.escape(HOSTILE)):
        expression.search(VICTIM)
    assert not expression.matches("aa")
    assert not expression.finds("aa")
    with pytest.raises(TooSlow):
        expression.replace("aa", lambda _: "")


@pytest.mark.parametrize(
    ("source", "text", "matches"),
    [
        (r"(?<year>\d{4})-\k<year>", "2026-2026", True),
        (r"\\k<year>", r"\k<year>", True),
        ("[a-z&&[^b]]+", "abc", False),
        ("a++b", "aaab", True),
        (r"\p{Alpha}+", "añb", True),
        ("", "", True),
    ],
)
def test_expressions_are_as_in_java(source: str, text: str, matches: bool) -> None:
    assert compile_expression(source).matches(text) is matches


@pytest.mark.parametrize("source", ["(", "[a", "a{2,1}", "(?<n>a)(?P=m)", "(" * 5000 + ")" * 5000])
def test_what_is_no_expression_is_refused(source: str) -> None:
    with pytest.raises(InvalidExpression):
        compile_expression(source)
