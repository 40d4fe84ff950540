"""How properties differ from those that a template gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from headwater.languages.templates.drift import property_differences


@pytest.mark.parametrize(
    ("expected", "actual", "told"),
    [
        ({"A": 1}, {"A": 2, "B": 3}, [("/A", "1", "2", "NOT_EQUAL")]),
        ({"A": "1", "B": "true", "C": 2}, {"A": 1, "B": True, "C": 2.0}, []),
        ({"A": "x"}, {"A": None}, [("/A", "x", "null", "REMOVE")]),
        ({"A": {"B": 1}}, {"A": {}}, [("/A/B", "1", "null", "REMOVE")]),
        ({"A": {"b": [1]}}, {"A": '{"b":[1]}'}, []),
        ({"A": '{"b": 1}'}, {"A": '{"b":1}'}, []),
        ({"A": '{"b": 1}'}, {"A": '{"b":2}'}, [("/A", '{"b": 1}', '{"b":2}', "NOT_EQUAL")]),
        ({"A": [1, 2]}, {"A": [2, 1]}, []),
        ({"A": [1, 2]}, {"A": [2, 3]}, [("/A/0", "1", "null", "REMOVE"), ("/A/1", "null", "3", "ADD")]),
        ({"A": [{"K": "a", "V": "1"}]}, {"A": [{"K": "a", "V": "2"}]}, [("/A/0/V", "1", "2", "NOT_EQUAL")]),
        ({"A": [1]}, {"A": [1, 2]}, [("/A/1", "null", "2", "ADD")]),
    ],
)
def test_differences(expected: Any, actual: Any, told: list[tuple[str, ...]]) -> None:
    assert [tuple(each) for each in property_differences(expected, actual)] == told


VALUES = some.recursive(
    some.booleans() | some.integers() | some.text(),
    lambda each: some.lists(each, max_size=3) | some.dictionaries(some.text(max_size=3), each, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30)
@given(VALUES, some.randoms())
def test_nothing_differs_from_itself_in_whatever_order(value: Any, random: Any) -> None:
    def shuffled(each: Any) -> Any:
        if isinstance(each, dict):
            names = list(each)
            random.shuffle(names)
            return {name: shuffled(each[name]) for name in names}
        if isinstance(each, list):
            return random.sample([shuffled(item) for item in each], len(each))
        return each

    assert list(property_differences(value, shuffled(value))) == []
