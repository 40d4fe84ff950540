"""An order's trace: one tree, from the front end's request to the last notification."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.orders.shop import HEADWATER, Shop

PATH = [
    "execute-api:Invoke",
    "dynamodb:PutItem",
    "events:PutEvents",
    "states:StartExecution",
    "sqs:SendMessage",
    "dynamodb:TransactWriteItems",
    "s3:PutObject",
    "states:SendTaskSuccess",
    "sns:Publish",
    "iotdata:Publish",
]


def trace(shop: Shop, *arguments: str) -> list[dict[str, Any]]:
    """The roots of the tree that ``headwater trace`` shows."""
    command = [str(HEADWATER), "trace", "--json", "--endpoint", shop.server.endpoint, *arguments]
    shown = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    roots: list[dict[str, Any]] = shown["spans"]
    return roots


def walk(spans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for span in spans:
        yield span
        yield from walk(span["children"])


def test_the_last_trace_after_an_order_is_the_orders(shop: Shop) -> None:
    order_id = shop.outcome(shop.place("c-premium", ("A1", 1, 9.5)))["orderId"]

    roots = trace(shop, "--last")
    subjects = [span["subject"] or "" for span in walk(roots)]
    assert sum(subject.endswith(f":topic/orders/{order_id}") for subject in subjects) >= 5
    assert [root["name"] for root in roots] == ["execute-api:Invoke"]
    assert set(PATH) <= {span["name"] for span in walk(roots)}
    assert trace(shop, order_id)[0]["id"] == roots[0]["id"]
