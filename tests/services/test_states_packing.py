"""Events as rows hold them: whatever was noted comes back, and long texts stand there once."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from headwater.services.states.packing import pack, unpack

_TEXTS = st.sampled_from(["", "{}", '{"a": 1}', "x" * 100, "x" * 101, "ü" * 150, '["' + "y" * 3_000 + '"]'])
_VALUES = st.one_of(_TEXTS, st.integers(0, 9), st.dictionaries(st.sampled_from("vw"), _TEXTS))
_DETAILS = st.none() | st.dictionaries(st.sampled_from(["name", "input", "output", "cause"]), _VALUES)
_EVENTS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.sampled_from(["A", "B"]), _DETAILS), max_size=12)


@given(_EVENTS, _TEXTS)
def test_what_was_noted_comes_back(events: list[Any], text: str) -> None:
    assert unpack(pack(events, text)) == [list(event) for event in events]


@given(_EVENTS)
def test_rows_of_before_are_read_as_they_are(events: list[Any]) -> None:
    assert unpack(orjson.dumps(events).decode()) == [list(event) for event in events]


def test_a_long_text_is_written_once() -> None:
    text = "z" * 5_000
    events: list[Any] = [
        (1, 0, "ExecutionStarted", {"input": text, "roleArn": "r"}),
        (2, 1, "PassStateEntered", {"name": "A", "input": text}),
        (3, 2, "PassStateExited", {"name": "A", "output": text}),
        (4, 3, "ExecutionSucceeded", {"output": text}),
    ]
    for given_text in ("{}", text):
        packed = pack(events, given_text)
        assert packed.count(text) == 1
        assert len(packed) < 5_300
        assert unpack(packed) == [list(event) for event in events]
    assert events[1][3]["input"] is text  # what others see of the step is not changed
