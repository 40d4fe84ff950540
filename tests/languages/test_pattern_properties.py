"""The compiled matcher, its explanation and its index against the naive reference."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headwater.languages.patterns import PatternIndex, compile_pattern
from tests.languages import naive_patterns

NAMES = st.sampled_from(["a", "b", "c", "a.b", "source"])
TEXTS = st.sampled_from(["", "a", "ab", "abc", "AB", "b", "1", "x*"])
PLAIN_TEXTS = st.sampled_from(["a", "ab", "abc", "AB", "b"])
NUMBERS = st.sampled_from([-1, 0, 1, 1.0, 1.5, 2, 300])
LEAVES = st.one_of(TEXTS, NUMBERS, st.booleans(), st.none())

EVENTS = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def listed(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(values, min_size=1, max_size=3)


RANGES = st.tuples(st.sampled_from([">", ">="]), st.integers(-2, 1), st.sampled_from(["<", "<="]), st.integers(2, 4))
WILDCARDS = st.sampled_from(["*", "a*", "*b", "a*c", "*b*", "ab"])
PREDICATES = st.one_of(
    LEAVES,
    st.builds(lambda text: {"prefix": text}, TEXTS),
    st.builds(lambda text: {"suffix": text}, TEXTS),
    st.builds(
        lambda operator, text: {operator: {"equals-ignore-case": text}}, st.sampled_from(["prefix", "suffix"]), TEXTS
    ),
    st.builds(lambda text: {"equals-ignore-case": text}, TEXTS),
    st.builds(lambda text: {"wildcard": text}, WILDCARDS),
    st.builds(lambda wanted: {"exists": wanted}, st.booleans()),
    st.builds(lambda bounds: {"numeric": list(bounds)}, RANGES),
    st.builds(lambda sign, n: {"numeric": [sign, n]}, st.sampled_from(["<", "<=", "=", ">", ">="]), NUMBERS),
    st.builds(lambda values: {"anything-but": values}, listed(TEXTS) | listed(NUMBERS) | TEXTS | NUMBERS),
    st.builds(
        lambda operator, texts: {"anything-but": {operator: texts}},
        st.sampled_from(["prefix", "suffix", "equals-ignore-case"]),
        listed(PLAIN_TEXTS) | PLAIN_TEXTS,
    ),
    st.builds(lambda texts: {"anything-but": {"wildcard": texts}}, listed(WILDCARDS)),
)
LISTS = listed(PREDICATES)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    alternatives = st.lists(fields, min_size=2, max_size=3)
    with_or = st.builds(lambda members, either: {**members, "$or": either}, fields, alternatives)
    return fields | with_or


PATTERNS = objects(st.recursive(LISTS, objects, max_leaves=4))


@given(PATTERNS, EVENTS)
@settings(max_examples=100)
def test_agrees_with_the_reference(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    compiled = compile_pattern(pattern)
    # what AWS leaves out of `$or` has a test of its own
    assume(len(compiled.branches) == len(naive_patterns.branches(pattern)))
    expected = naive_patterns.matches(pattern, event)
    assert compiled.matches(event) is expected
    explanation = compiled.explain(event)
    assert explanation.matched is expected
    assert bool(explanation.reason()) is not expected
    for branch in explanation.branches:
        assert branch.yes is (all(field.yes for field in branch.fields) and not branch.scattered)


@given(st.lists(PATTERNS, max_size=6), st.lists(EVENTS, min_size=1, max_size=4), st.sets(st.integers(0, 5)))
@settings(max_examples=30)
def test_the_index_is_all_patterns_by_brute_force(
    patterns: list[dict[str, Any]], events: list[dict[str, Any]], discarded: set[int]
) -> None:
    compiled = {number: compile_pattern(pattern) for number, pattern in enumerate(patterns)}
    index: PatternIndex[int] = PatternIndex()
    for number, pattern in compiled.items():
        index.add(number, pattern)
    for number in discarded:
        index.discard(number)
        compiled.pop(number, None)
    assert len(index) == len(compiled)
    for event in events:
        assert index.match(event) == [number for number, pattern in compiled.items() if pattern.matches(event)]


def test_matching_does_not_visit_rules_that_cannot_match() -> None:
    index: PatternIndex[int] = PatternIndex()
    for number in range(500):
        index.add(number, compile_pattern({"source": ["orders"], "detail": {"customer": [f"c-{number}"]}}))
    event = {"source": "orders", "detail": {"customer": "c-77"}}
    opened = [branch for drawer in index._open(event) for branch in drawer.values()]
    assert index.match(event) == [77]
    assert len(opened) <= 5


def test_replacing_a_pattern_forgets_the_former() -> None:
    index: PatternIndex[str] = PatternIndex()
    index.add("rule", compile_pattern({"source": ["old"]}))
    index.add("rule", compile_pattern({"source": ["new"]}))
    assert index.match({"source": "old"}) == []
    assert index.match({"source": "new"}) == ["rule"]
