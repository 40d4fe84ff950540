"""Waiting without sleep and without polling: until nothing is in flight."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from botocore.exceptions import WaiterError

from headwater.client import Headwater


def settle(client: Any, seconds: float = 60) -> None:
    """Until nothing is in flight at the server that a boto3 client, or an endpoint, talks to."""
    endpoint = client if isinstance(client, str) else client.meta.endpoint_url
    settlement = Headwater(endpoint).settle(timeout=seconds)
    assert settlement["settled"], settlement["holding"]


def wait_until(endpoint: str, holds: Callable[[], bool]) -> None:
    """Until something holds: looked at once all is settled, and again when something that was to come has come."""
    settle(endpoint)
    with closing(Headwater(endpoint).follow(kind="delivery")) as deliveries:
        while not holds():
            next(deliveries)


def wait_for(client: Any, waiter: str, **named: Any) -> None:
    """Until that is so which one of boto3's waiters waits for."""
    once = {"Delay": 0, "MaxAttempts": 1}

    def holds() -> bool:
        try:
            client.get_waiter(waiter).wait(**named, WaiterConfig=once)
        except WaiterError as error:
            if not error.kwargs["reason"].startswith("Max attempts exceeded"):
                raise
            return False
        return True

    wait_until(client.meta.endpoint_url, holds)
