"""What the filters of a source say of a record; computed when asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.languages.patterns import PIPES, compile_pattern


def filter_verdict(verdict: dict[str, Any], patterns: Sequence[str], record: Any, off: str | None) -> dict[str, Any]:
    """A verdict with its state, reason and the nearest filter's explanation. ``off``: why nothing is taken at all."""
    explanations = [compile_pattern(pattern, PIPES).explain(record) for pattern in patterns]
    nearest = min(explanations, key=lambda explanation: explanation.failed, default=None)
    verdict = {**verdict, "failed": 0}
    if nearest is not None:
        verdict |= {"failed": nearest.failed, "explanation": nearest.shown()}
    if off is not None:
        return verdict | {"state": "disabled", "reason": off}
    if nearest is None or nearest.matched:
        return verdict | {"state": "matched", "reason": ""}
    return verdict | {"state": "not matched", "reason": nearest.reason()}
