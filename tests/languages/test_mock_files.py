"""Files of mocks: whatever they hold they are read or refused in words, and what is read answers as it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.mock_files import MockFileError, find_answer, read_mock_file

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
keys = st.sampled_from(["0", "1", "0-", "1-2", "2-1", "x", "", " 3 ", "-1", "1-2-3", "٣"])
response = st.fixed_dictionaries({"Return": json_values}) | st.fixed_dictionaries({"Throw": json_values}) | json_values


def file_of(responses: Any) -> dict[str, Any]:
    return {"StateMachines": {"M": {"TestCases": {"C": {"S": "R"}}}}, "MockedResponses": {"R": responses}}


@given(json_values | st.builds(file_of, st.dictionaries(keys, response, max_size=4) | json_values))
def test_nothing_breaks_the_reader(document: Any) -> None:
    try:
        read_mock_file(document)
    except MockFileError as refused:
        assert str(refused)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=6), st.booleans())
def test_each_invocation_has_the_answer_that_was_written_for_it(parts: list[tuple[int, int]], endless: bool) -> None:
    responses, expected, at = {}, [], 0
    for length, gap in parts:
        at += gap
        expected += [None] * gap + [at] * length
        numbers = str(at) if length == 1 else f"{at}-{at + length - 1}"
        responses[numbers] = {"Return": at}
        at += length
    if endless:
        responses[f"{at}-"] = {"Return": "ever after"}
    answers = read_mock_file(file_of(dict(reversed(responses.items()))))["M"]["C"]["S"]
    found = [find_answer(answers, invocation) for invocation in range(at + 3)]
    told = [None if answer is None else answer.value for answer in found]
    assert told == expected + (["ever after"] * 3 if endless else [None] * 3)


def test_a_response_that_two_cases_share_and_one_that_is_missing() -> None:
    shared = file_of({"0": {"Throw": {"Error": "E", "Cause": ""}}})
    shared["StateMachines"]["M"]["TestCases"]["D"] = {"S": "R", "T": "R"}
    read = read_mock_file(shared)
    assert read["M"]["D"]["T"] == read["M"]["C"]["S"]
    shared["StateMachines"]["M"]["TestCases"]["D"]["T"] = "Q"
    with pytest.raises(MockFileError, match=r"^StateMachines.M.TestCases.D.T: there is no mocked response 'Q'"):
        read_mock_file(shared)
