"""What an alarm makes of its datapoints. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
LOOKED_BEYOND = 2
"""So many more periods than it needs are looked at, for data that are missing."""
_BREACHES: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        "GreaterThanOrEqualToThreshold": operator.ge,
        "GreaterThanThreshold": operator.gt,
        "LessThanThreshold": operator.lt,
        "LessThanOrEqualToThreshold": operator.le,
    }
)


class Rule(NamedTuple):
    """``needed`` of the last ``periods`` datapoints must breach; ``treatment`` of missing data as AWS names it."""

    comparison: str
    threshold: float
    periods: int
    needed: int
    treatment: str

    def breaches(self, value: float) -> bool:
        return _BREACHES[self.comparison](value, self.threshold)


class Verdict(NamedTuple):
    """``state`` None: it stays as it is. ``used`` are the values that it comes of, the newest first; ``breaching`` so
    many of them breach; ``missing`` so many were taken for what the alarm says of missing data."""

    state: str | None
    used: list[float]
    breaching: int
    missing: int


def judge(rule: Rule, newest_first: Sequence[float | None]) -> Verdict:
    """``newest_first``: the periods looked at, None where nothing was measured."""
    actual = [(age, value) for age, value in enumerate(newest_first, 1) if value is not None]
    if len(actual) >= rule.periods:  # enough was measured: what is missing does not matter
        actual = actual[: rule.periods]
    used = [value for _, value in actual]
    breaching = [age for age, value in actual if rule.breaches(value)]
    missing = rule.periods - len(actual)
    filled = missing if rule.treatment == "breaching" else 0
    count = len(breaching) + filled
    if count >= rule.needed:
        state: str | None = ALARM
    elif missing == 0 or rule.treatment in ("breaching", "notBreaching"):
        state = OK
    elif not actual:
        state = INSUFFICIENT_DATA if rule.treatment == "missing" else None
    elif len(breaching) < len(actual):
        state = OK
    elif rule.treatment == "missing" and max(breaching) >= rule.needed:
        state = ALARM  # all that is known breaches, and it began long enough ago
    else:
        state = None
    return Verdict(state, used, count, missing)
