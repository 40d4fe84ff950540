"""Functions over all records of a group.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from headwater.languages.insights.values import Instant, number, sort_key, text

Values = Sequence[tuple[int, Any]]
"""What records have, each with its time; those that lack it are left out."""


class Aggregate(NamedTuple):
    """``run`` is given the values, and the further arguments, which are numbers."""

    run: Callable[..., Any]
    further: int = 0


def _numbers(values: Values) -> list[float]:
    return [found for _, value in values if (found := number(value)) is not None]


def _of_numbers(run: Callable[[list[float]], float]) -> Callable[[Values], float | None]:
    def of_numbers(values: Values) -> float | None:
        found = _numbers(values)
        return run(found) if found else None

    return of_numbers


def _percentile(values: Values, percent: float) -> float | None:
    """The nearest rank."""
    found = sorted(_numbers(values))
    if not found:
        return None
    rank = math.ceil(percent / 100 * len(found))
    return found[min(max(rank, 1), len(found)) - 1]


def _extreme(last: bool) -> Callable[[Values], Any]:
    def extreme(values: Values) -> Any:
        if not values:
            return None
        choose = max if last else min
        return _plain(choose((value for _, value in values), key=sort_key))

    return extreme


def _by_time(last: bool) -> Callable[[Values], Any]:
    def by_time(values: Values) -> Any:
        if not values:
            return None
        choose = max if last else min
        return _plain(choose(values, key=lambda pair: pair[0])[1])

    return by_time


def _by_text(last: bool) -> Callable[[Values], Any]:
    def by_text(values: Values) -> Any:
        ranked = sorted((text(value) for _, value in values), reverse=last)
        return ranked[0] if ranked else None

    return by_text


def _plain(value: Any) -> Any:
    """A time that was aggregated is a number, until ``fromMillis`` makes it a date."""
    return int(value) if isinstance(value, Instant) else value


AGGREGATES: Mapping[str, Aggregate] = MappingProxyType(
    {
        "count": Aggregate(len),
        "count_distinct": Aggregate(lambda values: len({text(value) for _, value in values})),
        "sum": Aggregate(_of_numbers(math.fsum)),
        "avg": Aggregate(_of_numbers(statistics.fmean)),
        "min": Aggregate(_extreme(last=False)),
        "max": Aggregate(_extreme(last=True)),
        "stddev": Aggregate(_of_numbers(statistics.pstdev)),
        "pct": Aggregate(_percentile, 1),
        "earliest": Aggregate(_by_time(last=False)),
        "latest": Aggregate(_by_time(last=True)),
        "sortsfirst": Aggregate(_by_text(last=False)),
        "sortslast": Aggregate(_by_text(last=True)),
    }
)
