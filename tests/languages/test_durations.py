"""Lengths of time as people write them."""

from __future__ import annotations

import pytest

from headwater.languages.durations import parse_duration, show_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("7d", 604_800_000), ("1h30m", 5_400_000), ("1.5s", 1500), ("250ms", 250), ("1w 1d", 691_200_000), ("0s", 0)],
)
def test_durations_are_read(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "7", "d7", "1h-3m", "7 days", "-1d", "1e3s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        parse_duration(text)


def test_durations_are_shown_by_their_two_largest_units() -> None:
    assert [show_duration(n) for n in (129_600_000, 61_001, 0, -5)] == ["1d 12h", "1m 1s", "0s", "-5ms"]
