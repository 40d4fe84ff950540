"""Samples of a metric, and statistics over them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

Statistic = Callable[["Samples"], float | None]

_RANGE = re.compile(r"(TM|WM|TC|TS|PR)\(\s*(\d*(?:\.\d+)?)(%?)\s*:\s*(\d*(?:\.\d+)?)(%?)\s*\)")
_PERCENTILE = re.compile(r"(p|tm|wm|tc|ts)(\d{1,2}(?:\.\d{1,10})?|100)")


class InvalidStatistic(ValueError):
    """It is none of CloudWatch's."""


class Samples:
    """What was measured in a period: sums, and the values themselves with how often each came (None: of some only
    the sums are known, as statistic sets give them)."""

    __slots__ = ("count", "maximum", "minimum", "total", "values")

    def __init__(self) -> None:
        self.count = 0.0
        self.total = 0.0
        self.minimum = float("inf")
        self.maximum = float("-inf")
        self.values: dict[float, float] | None = {}

    def add(self, value: float, times: float = 1.0) -> None:
        self.count += times
        self.total += value * times
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        if self.values is not None:
            self.values[value] = self.values.get(value, 0.0) + times

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """A statistic set; percentiles are known of it where all its values are the same, or there is but one."""
        if count > 0 and minimum == maximum:
            self.add(minimum, count)
            return
        self.count += count
        self.total += total
        self.minimum = min(self.minimum, minimum)
        self.maximum = max(self.maximum, maximum)
        self.values = None

    def percentile(self, percent: float) -> float | None:
        """By the nearest rank: the least value that this part of all samples does not exceed."""
        if not self.values:
            return None
        place, seen = self.count * percent / 100, 0.0
        ordered = sorted(self.values.items())
        for value, times in ordered:
            seen += times
            if seen >= place:
                return value
        return ordered[-1][0]

    def part(self, low: float, high: float, percent: bool) -> list[tuple[float, float]]:
        """The values between two bounds, which are percentiles or values, with how often each came."""
        if not self.values:
            return []
        bounds = (self.percentile(low), self.percentile(high)) if percent else (low, high)
        least, most = (bound if bound is not None else 0.0 for bound in bounds)
        return [(value, times) for value, times in self.values.items() if least <= value <= most]


SIMPLE: Mapping[str, Statistic] = MappingProxyType(
    {
        "SampleCount": lambda samples: samples.count,
        "Average": lambda samples: samples.total / samples.count if samples.count else None,
        "Sum": lambda samples: samples.total,
        "Minimum": lambda samples: samples.minimum,
        "Maximum": lambda samples: samples.maximum,
    }
)


def compile_statistic(name: str) -> Statistic:
    """``Sum``, ``p99.9``, ``tm90``, ``TM(10%:90%)``, ``PR(:300)``, ``IQM`` … InvalidStatistic."""
    if name in SIMPLE:
        return SIMPLE[name]
    if name == "IQM":
        return _over("tm", 25, 75, True)
    if (short := _PERCENTILE.fullmatch(name)) is not None:
        percent = float(short[2])
        if short[1] == "p":
            return lambda samples: samples.percentile(percent)
        return _over(short[1], 0, percent, True)
    if (ranged := _RANGE.fullmatch(name)) is not None and (ranged[2] or ranged[4]):
        percent_bounds = "%" in (ranged[3], ranged[5])
        if ranged[1] == "PR" and percent_bounds:
            raise InvalidStatistic(name)
        low = float(ranged[2]) if ranged[2] else 0.0 if percent_bounds else float("-inf")
        high = float(ranged[4]) if ranged[4] else 100.0 if percent_bounds else float("inf")
        return _over(ranged[1].lower(), low, high, percent_bounds)
    raise InvalidStatistic(name)


def _over(kind: str, low: float, high: float, percent: bool) -> Statistic:
    def statistic(samples: Samples) -> float | None:
        part = samples.part(low, high, percent)
        count = sum(times for _, times in part)
        total = sum(value * times for value, times in part)
        if kind == "tc":
            return count
        if kind == "ts":
            return total
        if kind == "pr":
            return 100 * count / samples.count if samples.count else None
        if kind == "wm" and part:
            least, most = min(part)[0], max(part)[0]
            every = samples.values or {}
            return sum(min(max(value, least), most) * times for value, times in every.items()) / samples.count
        return total / count if count else None

    return statistic
