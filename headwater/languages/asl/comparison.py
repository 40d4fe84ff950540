"""Two executions side by side, visit by visit, and what first differs between them."""

import json
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from headwater.languages.asl.visits import Visit

_ONLY = "only one came here"
_ABSENT = object()


class Row(NamedTuple):
    """The same place in both; None where one has not come there. ``why``: what differs, empty where nothing does."""

    path: str
    first: Visit | None
    second: Visit | None
    why: str


def compare(first: Sequence[Visit], second: Sequence[Visit]) -> list[Row]:
    """All visits of two executions, those to the same place beside each other."""
    left, right = ([each for root in roots for each in root.walk()] for roots in (first, second))
    rows: list[Row] = []
    matcher = SequenceMatcher(None, _numbered(left), _numbered(right), autojunk=False)
    for how, i1, i2, j1, j2 in matcher.get_opcodes():
        if how == "equal":
            pairs = zip(left[i1:i2], right[j1:j2], strict=True)
            rows += [Row(path, ours, theirs, _difference(ours, theirs)) for (path, ours), (_, theirs) in pairs]
        else:
            rows += [Row(path, ours, None, _ONLY) for path, ours in left[i1:i2]]
            rows += [Row(path, None, theirs, _ONLY) for path, theirs in right[j1:j2]]
    return rows


def _numbered(side: Sequence[tuple[str, Visit]]) -> list[tuple[str, int]]:
    """The paths, each with how often it was come to before: what goes in circles is lined up turn by turn."""
    counts: Counter[str] = Counter()
    numbered = []
    for path, _ in side:
        numbered.append((path, counts[path]))
        counts[path] += 1
    return numbered


def _difference(left: Visit, right: Visit) -> str:
    for name, ours, theirs in (
        ("input", left.given, right.given),
        ("outcome", left.outcome, right.outcome),
        ("error", left.error, right.error),
        ("output", left.gave, right.gave),
    ):
        if ours != theirs:
            return _field(name, ours, theirs)
    return ""


def _field(name: str, ours: str | None, theirs: str | None) -> str:
    """Which field of two JSON texts differs first."""
    try:
        left, right = json.loads(ours or "null"), json.loads(theirs or "null")
    except json.JSONDecodeError:
        return f"{name}: {ours} | {theirs}"
    if left == right:
        return f"{name}: {ours} | {theirs}"  # the same value, written otherwise
    while True:
        if isinstance(left, dict) and isinstance(right, dict):
            key: Any = next(key for key in sorted({*left, *right}) if left.get(key, _ABSENT) != right.get(key, _ABSENT))
            name, left, right = f"{name}.{key}", left.get(key, _ABSENT), right.get(key, _ABSENT)
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            key = next(place for place in range(len(left)) if left[place] != right[place])
            name, left, right = f"{name}[{key}]", left[key], right[key]
        else:
            return f"{name}: {_shown(left)} | {_shown(right)}"


def _shown(value: Any) -> str:
    return "absent" if value is _ABSENT else json.dumps(value)
