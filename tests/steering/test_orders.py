"""The order application, tested as its user would: the plugin's pieces, and no waiting."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from headwater.testing import Events, RunningCloud, Stack, Stacks, SteeredClock
from tests.orders.shop import TEMPLATE


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCloud]:
    with pytest.MonkeyPatch.context() as environment, RunningCloud(tmp_path_factory.mktemp("cloud")) as running:
        for name, value in running.environment.items():
            environment.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def shop(cloud: RunningCloud) -> Stack:
    return Stacks(cloud.headwater).deploy(TEMPLATE, {})


@pytest.fixture
def events(cloud: RunningCloud, shop: Stack) -> Events:
    return Events(cloud.headwater)


def ask(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)


def place(shop: Stack, customer: str) -> str:
    order = {"customerId": customer, "items": [{"sku": "A1", "quantity": 1, "price": 9.5}]}
    return str(ask(f"{shop['OrdersApi']}/orders", order)["orderId"])


@pytest.mark.parametrize("number", range(5))
def test_an_order_is_complete_once_settled(shop: Stack, events: Events, number: int) -> None:
    order = place(shop, "c-standard")
    events.settle()
    assert ask(f"{shop['OrdersApi']}/orders/{order}")["status"] == "COMPLETED"
    events.assert_delivered(detail_type="OrderPlaced", to=shop.resource("OrdersTable"), times=1)


def test_a_blocked_customers_order_is_rejected(shop: Stack, events: Events) -> None:
    order = place(shop, "c-blocked")
    events.settle()
    assert ask(f"{shop['OrdersApi']}/orders/{order}")["status"] == "REJECTED"


def test_orders_settle_together_and_each_by_its_trace(cloud: RunningCloud, shop: Stack, events: Events) -> None:
    orders = [place(shop, customer) for customer in ("c-new", "c-standard", "c-premium") * 4]
    for order in orders[:4]:
        assert cloud.headwater.settle(order)["settled"]
        assert ask(f"{shop['OrdersApi']}/orders/{order}")["status"] == "COMPLETED"
    events.settle()
    assert {ask(f"{shop['OrdersApi']}/orders/{order}")["status"] for order in orders} == {"COMPLETED"}


def test_a_month_later_nothing_has_changed(cloud: RunningCloud, shop: Stack, events: Events) -> None:
    clock = SteeredClock(cloud.headwater)
    order = place(shop, "c-standard")
    clock.freeze()
    events.settle()
    before = ask(f"{shop['OrdersApi']}/orders/{order}")
    clock.advance("31d")
    assert ask(f"{shop['OrdersApi']}/orders/{order}") == before
    clock.let_go()
