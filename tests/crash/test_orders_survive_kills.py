"""kill -9 at random points under load: afterwards the books of the order application are right to the last item."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from headwater.client import Headwater
from tests.crash.server import Progress
from tests.orders.shop import OUTCOMES, Server, Shop
from tests.ports import lasting_port

ORDERS = 240
KILLS = 10
CLIENTS = 6
SETTLING_SECONDS = 240
SEEDED = {"A1": 100_000, "B2": 100_000, "RARE": 1}
CUSTOMERS = ("c-standard", "c-premium", "c-blocked", "c-new", "c-newer", "c-newest")
PRICES = {"A1": 9.5, "B2": 24, "RARE": 180}


@dataclass
class Load:
    """Clients that each repeat a request, under its key, until it is accepted."""

    shop: Shop
    random: random.Random
    accepted: dict[str, str] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    repeated: int = 0

    def run(self) -> list[threading.Thread]:
        bodies = [(uuid.uuid4().hex, self._body()) for _ in range(ORDERS)]
        threads = [
            threading.Thread(target=self._client, args=(bodies[place::CLIENTS],), daemon=True)
            for place in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _body(self) -> dict[str, Any]:
        skus = self.random.choices(["A1", "B2", "RARE"], weights=[60, 30, 1], k=self.random.randint(1, 3))
        items = [{"sku": sku, "quantity": self.random.randint(1, 5), "price": PRICES[sku]} for sku in skus]
        if self.random.random() < 0.05:
            items[0]["price"] = 200_000  # above the credit limit
        return {"customerId": self.random.choice(CUSTOMERS), "items": items}

    def _client(self, bodies: list[tuple[str, dict[str, Any]]]) -> None:
        for key, body in bodies:
            while (order_id := self._post(key, body)) is None:
                self.repeated += 1
                self.shop.server.up.wait()
            self.accepted[key] = order_id
            self.progress.add()

    def _post(self, key: str, body: dict[str, Any]) -> str | None:
        try:
            answer = self.shop.post(body, key)
        except (OSError, http.client.HTTPException):
            return None
        if answer.status != 202:
            return None
        order_id: str = json.loads(answer.body)["orderId"]
        return order_id


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data", "PaymentFailureRate=0.1", port=lasting_port())
    yield running
    running.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_books_are_right_after_kills(server: Server) -> None:
    seed = int(os.environ.get("HEADWATER_SEED", time.time_ns() % 1_000_000))
    print(f"seed {seed}")
    chance = random.Random(seed)
    shop = Shop(server)
    load = Load(shop, chance)
    began = time.monotonic()
    threads = load.run()
    for moment in sorted(chance.sample(range(ORDERS), KILLS)):
        load.progress.wait_for(moment)
        server.kill()
        server.restart()
    for thread in threads:
        thread.join()
    accepted = time.monotonic()
    orders = settled(shop)
    print(f"{len(orders)} orders, {load.repeated} requests repeated, {Counter(order['status'] for order in orders)}")
    print(f"accepted after {accepted - began:.0f} s, settled {time.monotonic() - accepted:.0f} s later")
    check_orders(orders, load)
    check_books(shop, orders)
    check_dead_letters(shop)


def settled(shop: Shop) -> list[dict[str, Any]]:
    """All orders, each with its outcome, of which the summaries have heard: payments are tried again with time."""
    shop.settle(SETTLING_SECONDS)
    Headwater(shop.server.endpoint).advance("10m")
    orders = shop.table("OrdersTable")
    assert [order for order in orders if order["status"] not in OUTCOMES] == []
    assert len(summarised(shop)) == len(orders)
    return orders


def summarised(shop: Shop) -> set[str]:
    return {entry["entry"] for entry in shop.table("SummariesTable") if entry["entry"] != "summary"}


def check_orders(orders: list[dict[str, Any]], load: Load) -> None:
    """Every accepted order is there, no other one is, and each ended once."""
    assert {order["orderId"] for order in orders} == set(load.accepted.values())
    assert len(orders) == ORDERS
    for order in orders:
        steps = [step["status"] for step in order["history"]]
        assert len(steps) == len(set(steps)), order
        assert sum(step in OUTCOMES for step in steps) == 1, order
        assert steps[-1] == order["status"], order
        assert (order["status"] == "REJECTED") == ("reason" in order), order


def check_books(shop: Shop, orders: list[dict[str, Any]]) -> None:
    completed = {order["orderId"]: order for order in orders if order["status"] == "COMPLETED"}
    sold: Counter[str] = Counter()
    spent: dict[str, Decimal] = {}
    for order in completed.values():
        for item in order["items"]:
            sold[item["sku"]] += int(item["quantity"])
        spent[order["customerId"]] = spent.get(order["customerId"], Decimal(0)) + order["total"]
    assert shop.stock() == {sku: seeded - sold[sku] for sku, seeded in SEEDED.items()}
    assert receipts(shop) == set(completed)
    charged = {item["orderId"]: item for item in shop.table("PaymentsTable") if item["status"] == "CHARGED"}
    assert charged.keys() == completed.keys()
    assert all(charged[identity]["amount"] == order["total"] for identity, order in completed.items())
    booked = {item["orderId"] for item in shop.table("ShipmentsTable") if item["status"] == "BOOKED"}
    assert booked == set(completed)
    summaries = {entry["customerId"]: entry for entry in shop.table("SummariesTable") if entry["entry"] == "summary"}
    counted = Counter((order["customerId"], order["status"]) for order in orders)
    for customer, summary in summaries.items():
        assert summary["completed"] == counted[customer, "COMPLETED"]
        assert summary["rejected"] == counted[customer, "REJECTED"]
        assert summary["spent"] == spent.get(customer, 0)


def receipts(shop: Shop) -> set[str]:
    pages = shop.server.aws("s3").get_paginator("list_objects_v2").paginate(Bucket=shop.outputs["ReceiptsBucket"])
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return {key.removeprefix("receipts/").removesuffix(".json") for key in keys}


def check_dead_letters(shop: Shop) -> None:
    sqs = shop.server.aws("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        if "DeadLetters" in url:
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "0", url
