"""Waiting without sleep and without polling: until nothing is in flight."""

from __future__ import annotations

from typing import Any

from headwater.client import Headwater


def settle(client: Any, seconds: float = 30) -> None:
    """Until nothing is in flight at the server that a boto3 client, or an endpoint, talks to."""
    endpoint = client if isinstance(client, str) else client.meta.endpoint_url
    settlement = Headwater(endpoint).settle(timeout=seconds)
    assert settlement["settled"], settlement["holding"]
