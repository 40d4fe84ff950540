"""Every recorded answer of AWS and of its open-source matcher. A case: pattern, event, match or error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.languages.patterns import InvalidPattern, compile_pattern

ORACLES = Path(__file__).parents[1] / "oracles"

# Cases where we differ on purpose, by position in the file, each with its reason. It only gets shorter.
EXCEPTIONS: dict[tuple[str, int], str] = {}


def cases(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((ORACLES / name).read_text())
    return [case for at, case in enumerate(loaded) if (name, at) not in EXCEPTIONS]


def answer(case: dict[str, Any]) -> bool | str:
    try:
        pattern = compile_pattern(json.dumps(case["pattern"]))
    except InvalidPattern as refusal:
        return refusal.message
    matched = pattern.matches(case["event"])
    assert pattern.explain(case["event"]).matched is matched
    return matched


@pytest.mark.parametrize("case", cases("event_patterns_aws.json"), ids=lambda case: case["name"])
def test_recorded_from_aws(case: dict[str, Any]) -> None:
    error = case.get("error")
    expected = error["exception_message"]["Error"]["Message"] if error else case["match"]
    assert answer(case) == expected


@pytest.mark.parametrize("name", ["event_patterns_ruler.json", "event_patterns_ruler_edge_cases.json"])
def test_judged_by_the_open_source_matcher(name: str) -> None:
    wrong = [
        (case, got)
        for case in cases(name)
        if (got := answer(case)) != case.get("match") and not ("error" in case and isinstance(got, str))
    ]
    assert wrong == []


def test_the_exceptions_are_still_needed() -> None:
    for name, at in EXCEPTIONS:
        case = json.loads((ORACLES / name).read_text())[at]
        assert answer(case) != case.get("match")
