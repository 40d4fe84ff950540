"""Topic names, topic filters and the tree of subscriptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.mqtt import SubscriptionTree
from headwater.languages.mqtt.topics import (
    basic_ingest_rule,
    filter_problem,
    matches,
    split_shared,
    topic_problem,
)

level = st.sampled_from(["a", "b", "", "$x", "c d"])
topic = st.lists(level, min_size=1, max_size=5).map("/".join).filter(bool)
topic_filter = (
    st.tuples(st.lists(level | st.just("+"), max_size=4), st.sampled_from([[], ["#"], ["+"]]))
    .map(lambda parts: "/".join(parts[0] + parts[1]))
    .filter(bool)
)


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b", True),
        ("a/+", "a/", True),
        ("a/+", "a", False),
        ("+/b", "a/b", True),
        ("+", "/a", False),
        ("+/+", "/a", True),
        ("#", "a/b/c", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a/", True),
        ("a/#", "a", False),  # AWS IoT differs from the specification here
        ("a/+/#", "a/b", False),
        ("a/+/#", "a/b/c", True),
        ("#", "$aws/things", False),
        ("+/things", "$aws/things", False),
        ("$aws/#", "$aws/things", True),
        ("$aws/+", "$aws/things", True),
        ("a/#", "a/$b", True),
        ("A", "a", False),
    ],
)
def test_a_filter_takes_a_topic(wanted: str, name: str, expected: bool) -> None:
    assert matches(wanted, name) is expected


@pytest.mark.parametrize(
    "name", ["a", "/", "a//b", "a b", "1/2/3/4/5/6/7/8", "$aws/rules/r/1/2/3/4/5/6/7/8", "x" * 256]
)
def test_valid_topics(name: str) -> None:
    assert topic_problem(name) is None


@pytest.mark.parametrize("name", ["", "a/+", "#", "a\0", "1/2/3/4/5/6/7/8/9", "x" * 257, "é" * 129, "$aws/rules/r"])
def test_invalid_topics(name: str) -> None:
    problem = topic_problem(name)
    if name == "$aws/rules/r":
        assert problem is None  # the limits count only what follows the rule's name
    else:
        assert problem


@pytest.mark.parametrize("wanted", ["a", "+", "#", "a/+/b", "/+/#", "$share/g/a/#", "$SYS/#"])
def test_valid_filters(wanted: str) -> None:
    assert filter_problem(wanted) is None


@pytest.mark.parametrize(
    "wanted", ["", "a#", "#/a", "a+", "a/+b", "a/#/b", "$share/", "$share/g", "$share/g/", "$share/+/a", "a\0"]
)
def test_invalid_filters(wanted: str) -> None:
    assert filter_problem(wanted)


def test_shared_filters_and_basic_ingest_are_taken_apart() -> None:
    assert split_shared("$share/g/a/#") == ("g", "a/#")
    assert split_shared("a/#") == (None, "a/#")
    assert basic_ingest_rule("$aws/rules/Rule/a/b") == ("Rule", "a/b")
    assert basic_ingest_rule("$aws/things") is None


@given(st.lists(topic_filter, max_size=12), topic)
def test_the_tree_finds_what_matching_one_by_one_finds(filters: list[str], name: str) -> None:
    tree: SubscriptionTree[int, str] = SubscriptionTree()
    for key, wanted in enumerate(filters):
        tree.add(wanted, key, wanted)
    expected = [(key, wanted) for key, wanted in enumerate(filters) if matches(wanted, name)]
    assert sorted(tree.match(name)) == expected


@given(st.lists(st.tuples(topic_filter, st.integers(0, 2)), max_size=12), topic)
def test_what_is_removed_is_gone(entries: list[tuple[str, int]], name: str) -> None:
    tree: SubscriptionTree[int, None] = SubscriptionTree()
    for wanted, key in entries:
        tree.add(wanted, key, None)
    for wanted, key in set(entries):
        assert tree.remove(wanted, key)
        assert not tree.remove(wanted, key)
    assert list(tree.match(name)) == []
    assert not tree._root.children


def test_a_key_has_one_value_for_a_filter() -> None:
    tree: SubscriptionTree[str, int] = SubscriptionTree()
    tree.add("a/+", "client", 0)
    tree.add("a/+", "client", 1)
    assert list(tree.match("a/b")) == [("client", 1)]
    assert tree.get("a/+", "client") == 1
    assert tree.get("a/+", "other") is None
    assert tree.get("b", "client") is None
