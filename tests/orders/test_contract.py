"""The contract of the order application, as anyone may drive it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.orders.shop import Shop, statuses
from tests.services.http import ask

ITEM = {"sku": "A1", "quantity": 2, "price": 9.5}
STEPS = ["RECEIVED", "CUSTOMER_VERIFIED", "STOCK_RESERVED", "PAID", "COMPLETED"]


def test_outputs(shop: Shop) -> None:
    expected = {"OrdersApi", "NotificationsUrl", "BusName", "OrdersTable", "ReceiptsBucket", "PageUrl"}
    assert expected <= shop.outputs.keys()


@pytest.mark.parametrize("customer", ["c-standard", "c-premium", "c-new"])
def test_an_order_is_completed(shop: Shop, customer: str) -> None:
    order = shop.outcome(shop.place(customer, ("A1", 2, 9.5), ("B2", 1, 24)))
    assert order["status"] == "COMPLETED"
    assert statuses(order) == STEPS
    assert order["customerStatus"] == customer.removeprefix("c-")
    assert order["total"] == 43
    times = [step["at"] for step in order["history"]]
    assert times == sorted(times)


def test_a_blocked_customer_is_rejected(shop: Shop) -> None:
    order = shop.outcome(shop.place("c-blocked", ("A1", 1, 9.5)))
    assert statuses(order) == ["RECEIVED", "REJECTED"]
    assert order["reason"] == "The customer is blocked"


@pytest.mark.parametrize(("sku", "quantity"), [("NONE", 1), ("B2", 100_001)])
def test_what_is_not_in_stock_is_rejected(shop: Shop, sku: str, quantity: int) -> None:
    before = shop.stock()
    order = shop.outcome(shop.place("c-standard", ("A1", 1, 1), (sku, quantity, 0.1)))
    assert order["status"] == "REJECTED"
    assert order["reason"] == f"Out of stock: {sku}"
    assert shop.stock() == before


def test_the_last_one_is_sold_once(shop: Shop) -> None:
    orders = [shop.place("c-standard", ("RARE", 1, 180)) for _ in range(4)]
    outcomes = sorted(shop.outcome(order)["status"] for order in orders)
    assert outcomes == ["COMPLETED", "REJECTED", "REJECTED", "REJECTED"]
    assert shop.stock()["RARE"] == 0


def test_what_cannot_be_paid_goes_back_to_stock(shop: Shop) -> None:
    before = shop.stock()["B2"]
    order = shop.outcome(shop.place("c-standard", ("B2", 5000, 24)))
    assert statuses(order) == ["RECEIVED", "CUSTOMER_VERIFIED", "STOCK_RESERVED", "REJECTED"]
    assert order["reason"] == "The payment was declined"
    assert shop.stock()["B2"] == before


def test_an_article_named_twice_is_taken_twice(shop: Shop) -> None:
    before = shop.stock()["A1"]
    order = shop.outcome(shop.place("c-standard", ("A1", 2, 9.5), ("A1", 3, 9.5)))
    assert order["status"] == "COMPLETED"
    assert shop.stock()["A1"] == before - 5


def test_a_repeated_request_is_one_order(shop: Shop) -> None:
    before, key = shop.stock()["A1"], uuid.uuid4().hex
    first = shop.place("c-standard", ("A1", 1, 9.5), key=key)
    assert shop.place("c-standard", ("A1", 1, 9.5), key=key) == first
    assert shop.outcome(first)["status"] == "COMPLETED"
    assert shop.place("c-standard", ("A1", 1, 9.5), key=key) == first
    assert statuses(shop.order(first)) == STEPS
    assert shop.stock()["A1"] == before - 1


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body must be JSON"),
        (b"{", "The body must be JSON"),
        (b'{"customerId": NaN}', "The body must be JSON"),
        (b"[" * 100_000, "The body must be JSON"),
        ([], "The body must be an object"),
        ({"items": [ITEM]}, "customerId must be"),
        ({"customerId": "c-standard"}, "items must be"),
        ({"customerId": "c-standard", "items": []}, "items must be"),
        ({"customerId": "c-standard", "items": [ITEM] * 51}, "items must be"),
        ({"customerId": "c-standard", "items": [1]}, "items[0] must be an object"),
        ({"customerId": "c-standard", "items": [ITEM | {"sku": ""}]}, "items[0].sku"),
        ({"customerId": "c-standard", "items": [ITEM | {"quantity": 0}]}, "items[0].quantity"),
        ({"customerId": "c-standard", "items": [ITEM | {"quantity": 1.5}]}, "items[0].quantity"),
        ({"customerId": "c-standard", "items": [ITEM, ITEM | {"price": -1}]}, "items[1].price"),
        ({"customerId": "c-standard", "items": [ITEM | {"price": "9.5"}]}, "items[0].price"),
    ],
)
def test_a_bad_body_is_refused(shop: Shop, body: Any, message: str) -> None:
    answer = shop.post(body)
    assert answer.status == 400
    told: Any = answer.json
    assert told["message"].startswith(message)


def test_an_unknown_order_is_not_found(shop: Shop) -> None:
    answer = ask("GET", f"{shop.api}/orders/nothing")
    assert (answer.status, answer.json) == (404, {"message": "There is no order nothing"})


def test_a_browser_may_ask(shop: Shop) -> None:
    answer = ask(
        "OPTIONS",
        f"{shop.api}/orders",
        Origin="http://shop.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers="content-type,idempotency-key",
    )
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "*")
