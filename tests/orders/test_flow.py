"""What happens behind the contract: notifications, receipts, operations, summaries."""

from __future__ import annotations

import json
from typing import Any

from tests.orders.shop import Shop

STEPS = ["RECEIVED", "CUSTOMER_VERIFIED", "STOCK_RESERVED", "PAID", "COMPLETED"]


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
    link = shop.order(order_id)["receipt"]
    assert link == {"bucket": shop.outputs["ReceiptsBucket"], "key": f"receipts/{order_id}.json"}
    receipt = json.loads(shop.server.aws("s3").get_object(Bucket=link["bucket"], Key=link["key"])["Body"].read())
    assert (receipt["orderId"], receipt["total"]) == (order_id, 19)
    assert receipt["items"] == [{"sku": "A1", "quantity": 2, "price": 9.5}]


def test_operations_hear_of_rejected_orders_only(shop: Shop) -> None:
    sqs, url = shop.server.aws("sqs"), shop.outputs["OperationsQueue"]
    completed = shop.outcome(shop.place("c-standard", ("A1", 1, 9.5)))["orderId"]
    rejected = shop.outcome(shop.place("c-blocked", ("A1", 1, 9.5)))["orderId"]
    heard: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            heard.append(json.loads(message["Body"])["detail"]["orderId"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert rejected in heard
    assert completed not in heard


def test_a_customers_orders_are_summed_up_once(shop: Shop) -> None:
    def summary() -> dict[str, Any]:
        entries = shop.table("SummariesTable")
        found = [entry for entry in entries if (entry["customerId"], entry["entry"]) == ("c-summed", "summary")]
        return found[0] if found else {}

    shop.outcome(shop.place("c-summed", ("A1", 2, 9.5)))
    shop.outcome(shop.place("c-summed", ("A1", 1, 9.5)))
    shop.outcome(shop.place("c-summed", ("NONE", 1, 1)))
    sums = summary()
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
