"""Shrinking: what is left fails, and nothing in it can be spared."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.shrinking import shortest


@given(st.integers(1, 40), st.lists(st.sets(st.integers(0, 39), min_size=1, max_size=4), min_size=1, max_size=3))
def test_what_is_left_fails_and_nothing_can_be_spared(size: int, causes: list[set[int]]) -> None:
    items = list(range(size))
    causes = [{cause % size for cause in each} for each in causes]
    asked: list[tuple[int, ...]] = []

    def fails(chosen: list[int]) -> bool:
        asked.append(tuple(chosen))
        return any(each <= set(chosen) for each in causes)

    found = shortest(items, fails)
    assert found == sorted(found)
    assert any(each == set(found) for each in causes)
    assert len(asked) == len(set(asked))


def test_a_lone_culprit_is_found_in_few_steps() -> None:
    asked: list[int] = []
    assert shortest(list(range(64)), lambda chosen: asked.append(1) or 42 in chosen) == [42]  # type: ignore[func-returns-value]
    assert len(asked) <= 12
