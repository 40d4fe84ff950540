"""Throttling: a bucket of tokens for each route of a stage that has limits.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Bucket:
    """Holds at most ``burst`` tokens and gains ``rate`` a second; each request takes one."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = float(burst)
        self._at: int | None = None

    def take(self, now: int) -> bool:
        """Whether there was a token left; ``now`` in ms."""
        if self._at is not None:
            self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate / 1000)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def bucket_of(settings: Mapping[str, Any]) -> Bucket | None:
    """The bucket that a route's settings ask for, in the words of either kind of API; None without limits.

    -1 is no limit: so says Terraform's provider of those that were not given.
    """
    rate = _limit(settings.get("ThrottlingRateLimit", settings.get("throttlingRateLimit")))
    burst = _limit(settings.get("ThrottlingBurstLimit", settings.get("throttlingBurstLimit")))
    if rate is None:
        return None if burst is None else Bucket(float(burst), int(burst))
    return Bucket(float(rate), int(rate if burst is None else burst))


def _limit(value: float | None) -> float | None:
    return None if value is None or value < 0 else value
