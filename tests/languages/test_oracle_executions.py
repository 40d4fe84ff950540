"""Every execution recorded from AWS, its whole history compared: order, ids, previous ids, every detail."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from headwater.languages.asl import parse
from tests.languages.asl_world import World

CASES = json.loads((Path(__file__).parent.parent / "oracles" / "asl_executions_aws.json").read_text())
# Cases that differ, each with its reason. To grow shorter only.
EXCEPTIONS: dict[str, str] = {}
# The recording drops or renumbers these where branches run side by side.
FREE = {"ParallelStateSucceeded", "ParallelStateExited"}
_PLACEHOLDER = re.compile(r"<[^<>]*>|\bsnf_role_arn\b")


def same(expected: Any, actual: Any) -> bool:
    """Equal, where placeholders of the recording stand for any text and JSON texts may be parsed values."""
    if isinstance(expected, dict | list) and isinstance(actual, str):
        actual = json.loads(actual)
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and expected.keys() == actual.keys()
            and all(same(expected[key], actual[key]) for key in expected)
        )
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(same, expected, actual))
    if isinstance(expected, str) and isinstance(actual, str):
        if expected in ("timestamp", "date"):
            return True
        parts = [re.escape(part) for part in _PLACEHOLDER.split(expected)]
        return re.fullmatch(".*".join(parts), actual, re.DOTALL) is not None
    return type(expected) is type(actual) and expected == actual


def is_free(event: dict[str, Any]) -> bool:
    """Recorded among events side by side: its ids say nothing."""
    return event["id"] in (0, [0])


def matches(expected: dict[str, Any], actual: dict[str, Any]) -> bool:
    free = {"timestamp", "id", "previousEventId"} if is_free(expected) else {"timestamp"}
    return same(
        {key: value for key, value in expected.items() if key not in free},
        {key: value for key, value in actual.items() if key not in free},
    )


def difference(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> str:
    """The first event of the recording that has no counterpart, or ours that has none; empty if all have."""
    side_by_side = any(map(is_free, expected))
    left = list(actual)
    for event in expected:
        candidates = left if side_by_side else left[:1]
        found = next((candidate for candidate in candidates if matches(event, candidate)), None)
        if found is None:
            return f"expected {json.dumps(event)}\n     got {json.dumps(left[:1])}"
        left.remove(found)
    surplus = [event for event in left if not (side_by_side and event["type"] in FREE)]
    return f"surplus {json.dumps(surplus)}" if surplus else ""


def verbatim_input(case: dict[str, Any]) -> str:
    """The input's text, where the recording keeps it: spaces in it show in the history."""
    first = case["history"][0]["executionStartedEventDetails"]["input"]
    return first if isinstance(first, str) and first[:1] in '["' else json.dumps(case["input"])


@pytest.mark.parametrize("crash", [False, True], ids=["", "crash"])
@pytest.mark.parametrize("case", CASES, ids=[case["id"].rpartition("::")[2] for case in CASES])
def test_history_is_as_recorded(case: dict[str, Any], crash: bool) -> None:
    if case["id"] in EXCEPTIONS:
        pytest.skip(EXCEPTIONS[case["id"]])
    world = World(parse(json.dumps(case["definition"])), verbatim_input(case), crash=crash).run()
    assert difference(case["history"], world.events()) == ""
