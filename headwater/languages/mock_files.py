"""Mocks of whole paths: the configuration file of Step Functions Local, read and checked.

    {"StateMachines": {MACHINE: {"TestCases": {CASE: {STATE: RESPONSE}}}},
     "MockedResponses": {RESPONSE: {"0": {"Return": …}, "1-2": {"Throw": {"Error": …, "Cause": …}}, "3-": …}}}

Invocations of a state are counted from 0, retries and iterations included. `3-`, from the fourth on, is ours.
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

# The case of executions that name none.
ALWAYS = "*"
_RANGE = re.compile(r"\s*(\d{1,9})\s*(?:(-)\s*(\d{1,9})?\s*)?", re.ASCII)


class MockFileError(Exception):
    """The file is refused; the text names the place in it."""


class Answer(NamedTuple):
    """What invocations `first` to `last` (None: all that follow) get: a value, or an error with its cause."""

    first: int
    last: int | None
    value: Any = None
    error: str | None = None
    cause: str | None = None


# By machine, case and state.
Cases = dict[str, dict[str, dict[str, list[Answer]]]]


def read_mock_file(document: Any) -> Cases:
    """Every case of every machine; MockFileError where something does not fit."""
    file = _object(document, "")
    responses = {
        name: _answers(given, f"MockedResponses.{name}") for name, given in _member(file, "MockedResponses", "")
    }
    cases: Cases = {}
    for machine, given in _member(file, "StateMachines", ""):
        place = f"StateMachines.{machine}"
        cases[machine] = {
            case: _case(states, f"{place}.TestCases.{case}", responses)
            for case, states in _member(_object(given, place), "TestCases", place)
        }
    return cases


def find_answer(answers: list[Answer], invocation: int) -> Answer | None:
    """The answer to the invocation of this number."""
    for answer in answers:
        if answer.first <= invocation and (answer.last is None or invocation <= answer.last):
            return answer
    return None


def _case(given: Any, place: str, responses: Mapping[str, list[Answer]]) -> dict[str, list[Answer]]:
    states = {}
    for state, name in _object(given, place).items():
        if type(name) is not str or name not in responses:
            raise MockFileError(f"{place}.{state}: there is no mocked response {name!r} in MockedResponses.")
        states[state] = responses[name]
    return states


def _answers(given: Any, place: str) -> list[Answer]:
    answers: list[Answer] = []
    for numbers, response in _object(given, place).items():
        match = _RANGE.fullmatch(numbers)
        if match is None:
            raise MockFileError(
                f'{place}: "{numbers}" is neither an invocation\'s number nor a range, like "0" or "1-2".'
            )
        first = int(match[1])
        last = (int(match[3]) if match[3] else None) if match[2] else first
        if last is not None and last < first:
            raise MockFileError(f'{place}: the range "{numbers}" ends before it begins.')
        answers.append(_answer(first, last, response, f"{place}.{numbers}"))
    answers.sort(key=lambda answer: answer.first)
    for former, answer in pairwise(answers):
        if former.last is None or answer.first <= former.last:
            raise MockFileError(f"{place}: invocation {answer.first} has two responses.")
    return answers


def _answer(first: int, last: int | None, response: Any, place: str) -> Answer:
    fields = _object(response, place)
    if len(fields) != 1 or not fields.keys() <= {"Return", "Throw"}:
        raise MockFileError(f"{place}: a response has exactly one field, Return or Throw.")
    if "Return" in fields:
        return Answer(first, last, fields["Return"])
    thrown = _object(fields["Throw"], f"{place}.Throw")
    if thrown.keys() != {"Error", "Cause"} or any(type(text) is not str for text in thrown.values()):
        raise MockFileError(f"{place}.Throw: it has the fields Error and Cause, both texts.")
    return Answer(first, last, None, thrown["Error"], thrown["Cause"])


def _object(value: Any, place: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise MockFileError(f"{place or 'The file'}: an object is expected.")
    return value


def _member(value: dict[str, Any], name: str, place: str) -> Iterator[tuple[str, Any]]:
    if name not in value:
        raise MockFileError(f"{place or 'The file'}: the field {name} is missing.")
    yield from _object(value[name], f"{place}.{name}" if place else name).items()
