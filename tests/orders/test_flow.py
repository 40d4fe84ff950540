"""What happens behind the contract: notifications, receipts, operations, summaries."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.orders.shop import Shop

T = TypeVar("T")
STEPS = ["RECEIVED", "CUSTOMER_VERIFIED", "STOCK_RESERVED", "PAID", "COMPLETED"]


def eventually(find: Callable[[], T | None], seconds: float = 20) -> T:
    """What a consumer makes in its own time."""
    deadline = time.monotonic() + seconds
    while (found := find()) is None:
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
    return found


def test_each_step_is_told_over_mqtt(shop: Shop) -> None:
    with shop.listener() as listener:
        assert listener.subscribe("orders/+") < 128
        order_id = shop.place("c-premium", ("A1", 1, 9.5))
        told = listener.follow(order_id)
    assert {message["status"] for message in told} == set(STEPS)
    recorded = {step["status"]: step["at"] for step in shop.outcome(order_id)["history"]}
    assert {message["status"]: message["at"] for message in told} == recorded


def test_an_outcome_is_told_to_those_who_come_late(shop: Shop) -> None:
    order_id = shop.place("c-blocked", ("A1", 1, 9.5))
    with shop.listener() as listener:
        listener.subscribe(f"orders/{order_id}")
        told = listener.follow(order_id)
    assert (told[-1]["status"], told[-1]["reason"]) == ("REJECTED", "The customer is blocked")


def test_a_page_may_listen_to_orders_and_nothing_else(shop: Shop) -> None:
    with shop.listener() as listener:
        assert listener.subscribe("orders/1") < 128
        assert listener.subscribe("elsewhere/1") >= 128


def test_a_receipt_is_written_and_linked(shop: Shop) -> None:
    order_id = shop.outcome(shop.place("c-standard", ("A1", 2, 9.5)))["orderId"]
    link = eventually(lambda: shop.order(order_id).get("receipt"))
    assert link == {"bucket": shop.outputs["ReceiptsBucket"], "key": f"receipts/{order_id}.json"}
    receipt = json.loads(shop.server.aws("s3").get_object(Bucket=link["bucket"], Key=link["key"])["Body"].read())
    assert (receipt["orderId"], receipt["total"]) == (order_id, 19)
    assert receipt["items"] == [{"sku": "A1", "quantity": 2, "price": 9.5}]


def test_operations_hear_of_rejected_orders_only(shop: Shop) -> None:
    sqs, url = shop.server.aws("sqs"), shop.outputs["OperationsQueue"]
    completed = shop.outcome(shop.place("c-standard", ("A1", 1, 9.5)))["orderId"]
    rejected = shop.outcome(shop.place("c-blocked", ("A1", 1, 9.5)))["orderId"]
    heard: list[str] = []

    def find() -> bool | None:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            heard.append(json.loads(message["Body"])["detail"]["orderId"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return True if rejected in heard else None

    eventually(find)
    assert completed not in heard


def test_a_customers_orders_are_summed_up_once(shop: Shop) -> None:
    def summary() -> dict[str, Any]:
        entries = shop.table("SummariesTable")
        found = [entry for entry in entries if (entry["customerId"], entry["entry"]) == ("c-summed", "summary")]
        return found[0] if found else {}

    shop.outcome(shop.place("c-summed", ("A1", 2, 9.5)))
    shop.outcome(shop.place("c-summed", ("A1", 1, 9.5)))
    shop.outcome(shop.place("c-summed", ("NONE", 1, 1)))
    sums = eventually(lambda: found if (found := summary()).get("rejected") and found["completed"] == 2 else None)
    assert (sums["completed"], sums["rejected"], float(sums["spent"])) == (2, 1, 28.5)


def test_an_event_that_comes_again_changes_nothing(shop: Shop) -> None:
    """The bus delivers at least once; each of an order's events may be seen twice."""
    order = shop.outcome(shop.place("c-standard", ("A1", 1, 9.5)))
    before = shop.stock()["A1"]
    detail = {name: order[name] for name in ("orderId", "customerId", "customerStatus", "items", "total")}
    events = shop.server.aws("events")
    for kind, status in (("OrderPlaced", "RECEIVED"), ("CustomerVerified", "CUSTOMER_VERIFIED")):
        entry = {
            "EventBusName": shop.outputs["BusName"],
            "Source": "orders",
            "DetailType": kind,
            "Detail": json.dumps(detail | {"status": status, "at": order["history"][0]["at"]}),
        }
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    other = shop.outcome(shop.place("c-standard", ("A1", 1, 9.5)))
    assert other["status"] == "COMPLETED"
    assert shop.order(order["orderId"])["history"] == order["history"]
    assert shop.stock()["A1"] == before - 1
