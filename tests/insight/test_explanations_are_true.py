"""The explainer says no if and only if the matcher does: over generated patterns, policies, events and attributes."""

from __future__ import annotations

import json
from typing import Any

import orjson
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headwater.languages.patterns import (
    EVENTBRIDGE,
    PIPES,
    SNS_ATTRIBUTES,
    SNS_BODY,
    Dialect,
    InvalidPattern,
    Pattern,
    PatternIndex,
    compile_pattern,
)
from headwater.services.sns.explaining import recorded
from headwater.services.sns.message_attributes import filterable, unpacked
from tests.languages.test_pattern_properties import EVENTS, LISTS, PATTERNS

NAMES = st.sampled_from(["size", "kind", "list", "raw"])
ATTRIBUTES = st.one_of(
    st.builds(lambda text: {"DataType": "String", "StringValue": text}, st.sampled_from(["a", "ab", "AB", "1", "é"])),
    st.builds(
        lambda text: {"DataType": "Number", "StringValue": text}, st.sampled_from(["1", "1.0", "1e2", "-0.5", "1e300"])
    ),
    st.builds(
        lambda values: {"DataType": "String.Array", "StringValue": json.dumps(values)},
        st.lists(st.sampled_from(["a", 1, True, None, ["deep"]]), max_size=3),
    ),
    st.just({"DataType": "Binary", "BinaryValue": b"\x00a"}),
    st.just({"DataType": "String.Array", "StringValue": "no list"}),
)


def compiled(pattern: dict[str, Any], dialect: Dialect) -> Pattern:
    try:
        return compile_pattern(pattern, dialect)
    except InvalidPattern:
        assume(False)
        raise


def check(pattern: Pattern, event: dict[str, Any]) -> bool:
    """The explanation says what the matcher says, in a form that JSON can hold, with reasons where it is no."""
    explanation = pattern.explain(event)
    matched: bool = pattern.matches(event)
    shown = orjson.loads(orjson.dumps(explanation.shown()))
    assert shown["matched"] is matched
    assert (shown["failed"] == 0) is matched
    assert bool(shown["reason"]) is not matched
    counts = [branch["failed"] for branch in shown["branches"]]
    assert counts == sorted(counts)
    assert shown["failed"] == counts[0]
    for branch in shown["branches"]:
        for field in branch["fields"]:
            assert all(verdict["yes"] or verdict["why"] for verdict in field["predicates"])
            if not branch["yes"]:
                assert field["yes"] is any(verdict["yes"] for verdict in field["predicates"])
    return explanation.matched


@given(st.lists(PATTERNS, max_size=3), EVENTS, st.sampled_from([EVENTBRIDGE, SNS_BODY, PIPES]))
@settings(max_examples=25)
def test_of_patterns_on_a_bus(patterns: list[dict[str, Any]], event: dict[str, Any], dialect: Dialect) -> None:
    index: PatternIndex[int] = PatternIndex()
    made = [compiled(pattern, dialect) for pattern in patterns]
    for number, pattern in enumerate(made):
        index.add(number, pattern)
    assert index.match(event) == [number for number, pattern in enumerate(made) if check(pattern, event)]


@given(st.dictionaries(NAMES, LISTS, min_size=1, max_size=3), st.dictionaries(NAMES, ATTRIBUTES, max_size=4))
@settings(max_examples=40)
def test_of_filter_policies(policy: dict[str, Any], attributes: dict[str, Any]) -> None:
    """What the record of a message shows to filters is what they saw when it was published."""
    record = orjson.loads(recorded({"MessageAttributes": attributes}, "text"))
    seen = filterable(attributes)
    assert filterable(unpacked(record.get("MessageAttributes") or {})) == seen
    check(compiled(policy, SNS_ATTRIBUTES), seen)


def test_halves_of_characters_and_long_values_can_be_shown() -> None:
    pattern = compile_pattern('{"a": ["\\ud83d"], "b": [{"anything-but": ["x"]}]}')
    assert not check(pattern, {"a": "y" * 10_000, "b": "x"})
    assert len(pattern.explain({"a": "y" * 10_000, "b": "x"}).reason()) < 1000


def test_numbers_are_shown_as_they_were_compared() -> None:
    pattern = compile_pattern({"n": [{"numeric": ["=", 300]}]})
    told = {n: pattern.explain({"n": n}).reason() for n in (3e2 + 1, 0.1234567, 6e11, "300")}
    assert told == {
        301.0: "n is 301, wanted = 300",
        0.1234567: "n is 0.1234567 (not compared: beyond 5e+11 or with more than six decimals), wanted = 300",
        6e11: "n is 600000000000.0 (not compared: beyond 5e+11 or with more than six decimals), wanted = 300",
        "300": 'n: "300" is a text, no number',
    }
