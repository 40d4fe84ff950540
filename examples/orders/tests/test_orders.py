"""The order application from front to back. Nothing here waits: what was caused is done once it has settled.

What AWS delivers at least once may come twice: `headwater faults explore -- pytest` shows that these tests bear it.
"""

import json

import boto3
import pytest

STEPS = ["RECEIVED", "CUSTOMER_VERIFIED", "STOCK_RESERVED", "PAID", "COMPLETED"]
BOOK = ("A1", 2, 9.5)


@pytest.mark.parametrize("customer", ["standard", "premium", "new"])
def test_an_order_is_completed(shop, events, customer):
    order_id = shop.place(f"c-{customer}", BOOK, ("B2", 1, 24))
    events.settle()
    order = shop.order(order_id)
    assert shop.steps(order_id) == STEPS
    assert (order["customerStatus"], order["total"]) == (customer, 43)
    assert shop.stock() == {"A1": 99_998, "B2": 99_999, "RARE": 1}
    events.assert_delivered(source="orders", detail_type="OrderPlaced", to=shop.name("FulfilmentQueue"), times=1)
    events.assert_delivered(source="orders", detail_type="OrderPaid", to=f"orders/{order_id}")
    events.assert_never(source="orders", to=shop.name("OperationsQueue"))


def test_what_a_completed_order_leaves_behind(shop, events):
    order_id = shop.place("c-standard", BOOK)
    events.settle()
    [payment], [shipment] = shop.table("PaymentsTable"), shop.table("ShipmentsTable")
    assert (payment["orderId"], payment["status"], payment["amount"]) == (order_id, "CHARGED", 19)
    assert (shipment["orderId"], shipment["status"], shipment["parcels"]) == (order_id, "BOOKED", 2)
    receipt = shop.order(order_id)["receipt"]
    body = boto3.client("s3").get_object(Bucket=receipt["bucket"], Key=receipt["key"])["Body"]
    assert json.load(body)["total"] == 19
    told = boto3.client("iot-data").get_retained_message(topic=f"orders/{order_id}")
    assert json.loads(told["payload"])["status"] == "COMPLETED"


def test_a_blocked_customer_is_rejected(shop, events):
    order_id = shop.place("c-blocked", BOOK)
    events.assert_never(source="orders", to=shop.name("FulfilmentQueue"))
    assert shop.steps(order_id) == ["RECEIVED", "REJECTED"]
    assert shop.order(order_id)["reason"] == "The customer is blocked"
    # a topic and a queue deliver at least once: operations may read of it twice
    assert {message["detail"]["orderId"] for message in shop.messages("OperationsQueue")} == {order_id}


@pytest.mark.parametrize(("sku", "quantity"), [("NONE", 1), ("RARE", 2)])
def test_what_is_not_in_stock_is_rejected_and_nothing_is_taken(shop, events, sku, quantity):
    before = shop.stock()
    order_id = shop.place("c-standard", BOOK, (sku, quantity, 1))
    events.settle()
    assert shop.order(order_id)["reason"] == f"Out of stock: {sku}"
    assert shop.stock() == before
    assert shop.table("PaymentsTable") == []


@pytest.mark.parametrize("attempt", range(3))
def test_the_last_one_is_sold_once(shop, events, attempt):
    orders = [shop.place("c-standard", ("RARE", 1, 180)) for _ in range(4)]
    events.settle()
    assert sorted(shop.order(each)["status"] for each in orders) == ["COMPLETED", "REJECTED", "REJECTED", "REJECTED"]
    assert shop.stock()["RARE"] == 0


def test_what_cannot_be_paid_goes_back_to_stock(shop, events):
    order_id = shop.place("c-standard", ("B2", 5000, 24))
    events.settle()
    assert shop.steps(order_id) == ["RECEIVED", "CUSTOMER_VERIFIED", "STOCK_RESERVED", "REJECTED"]
    assert shop.order(order_id)["reason"] == "The payment was declined"
    assert shop.stock()["B2"] == 100_000


def test_a_repeated_request_is_one_order(shop, events):
    first = shop.place("c-standard", BOOK, key="once")
    assert shop.place("c-standard", BOOK, key="once") == first
    events.settle()
    assert shop.place("c-standard", BOOK, key="once") == first
    events.settle()
    assert shop.steps(first) == STEPS
    assert shop.stock()["A1"] == 99_998
    assert len(shop.table("PaymentsTable")) == 1


def test_an_event_that_comes_again_changes_nothing(shop, events):
    order_id = shop.place("c-standard", BOOK)
    events.settle()
    order = shop.order(order_id)
    detail = {name: order[name] for name in ("orderId", "customerId", "customerStatus", "items", "total")}
    for kind, status in (("OrderPlaced", "RECEIVED"), ("CustomerVerified", "CUSTOMER_VERIFIED")):
        again = json.dumps(detail | {"status": status, "at": order["history"][0]["at"]})
        entry = {"EventBusName": shop.stack["BusName"], "Source": "orders", "DetailType": kind, "Detail": again}
        boto3.client("events").put_events(Entries=[entry])
    events.settle()
    assert shop.order(order_id)["history"] == order["history"]
    assert shop.stock()["A1"] == 99_998


def test_a_customers_orders_are_summed_up_once(shop, events):
    for item in (BOOK, ("A1", 1, 9.5), ("NONE", 1, 1)):
        shop.place("c-summed", item)
        events.settle()
    [summary] = [each for each in shop.table("SummariesTable") if each["entry"] == "summary"]
    assert (summary["completed"], summary["rejected"], float(summary["spent"])) == (2, 1, 28.5)


def test_many_at_once_are_all_completed(shop, events):
    orders = [shop.place(customer, BOOK) for customer in ("c-standard", "c-premium", "c-new") * 4]
    events.settle(timeout=60)
    assert {shop.order(each)["status"] for each in orders} == {"COMPLETED"}
    assert shop.stock()["A1"] == 100_000 - 2 * len(orders)


def test_one_order_settles_by_its_id(shop, events):
    orders = [shop.place("c-standard", BOOK) for _ in range(3)]
    for each in orders:
        events.settle(each)
        assert shop.order(each)["status"] == "COMPLETED"


def test_what_cannot_be_fulfilled_ends_with_the_dead_letters(shop, events, clock):
    clock.freeze()
    queue = shop.stack.resource("FulfilmentQueue")
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody='"this is no order"')
    events.settle()
    assert shop.messages("FulfilmentDeadLetters") == []
    clock.advance("10m")
    assert set(shop.messages("FulfilmentDeadLetters")) == {"this is no order"}


def test_what_cannot_be_told_ends_with_the_dead_letters(shop, events, clock):
    clock.freeze()
    detail = {"orderId": "no#topic", "status": "PAID", "at": "now"}
    entry = {"EventBusName": shop.stack["BusName"], "Source": "orders", "DetailType": "OrderPaid"}
    boto3.client("events").put_events(Entries=[{**entry, "Detail": json.dumps(detail)}])
    events.settle()
    assert shop.messages("EventDeadLetters") == []
    clock.advance("10m")
    letters = shop.messages("EventDeadLetters")
    assert letters
    for letter in letters:  # one for each time that the event came
        assert letter["requestPayload"]["detail"] == detail
        assert letter["requestContext"]["approximateInvokeCount"] == 3


def test_a_warehouse_that_never_answers(shop, events, clock):
    shop.pause("ReserveShipment")
    clock.freeze()
    order_id = shop.place("c-standard", BOOK)
    events.settle()
    assert shop.steps(order_id) == STEPS[:-1]
    clock.advance("4m")
    assert shop.order(order_id)["status"] == "PAID"
    clock.advance("30m")
    assert shop.steps(order_id) == [*STEPS[:-1], "REJECTED"]
    assert shop.order(order_id)["reason"] == "The order could not be shipped"
    assert [each["status"] for each in shop.table("ShipmentsTable")] == ["CANCELLED"]
    assert [each["status"] for each in shop.table("PaymentsTable")] == ["REFUNDED"]
    assert shop.stock()["A1"] == 100_000


def test_a_payment_provider_that_is_away(shop, events, clock):
    shop.configure("ChargeCustomer", PAYMENT_FAILURE_RATE="1")
    clock.freeze()
    order_id = shop.place("c-standard", BOOK)
    events.settle()
    assert shop.steps(order_id) == STEPS[:3]
    clock.advance("10m")
    assert shop.order(order_id)["reason"] == "The payment provider could not be reached"
    assert shop.stock()["A1"] == 100_000


def test_a_payment_provider_that_comes_back(shop, events, clock):
    shop.configure("ChargeCustomer", PAYMENT_FAILURE_RATE="1")
    clock.freeze()
    order_id = shop.place("c-standard", BOOK)
    events.settle()
    shop.configure("ChargeCustomer", PAYMENT_FAILURE_RATE="0")
    clock.advance("10m")
    assert shop.steps(order_id) == STEPS


def test_a_month_later_nothing_has_changed(shop, events, clock):
    order_id = shop.place("c-standard", BOOK)
    clock.freeze()
    events.settle()
    before = shop.order(order_id)
    clock.advance("31d")
    assert shop.order(order_id) == before


@pytest.mark.parametrize("body", [[], {"customerId": "c-standard"}, {"customerId": "c-standard", "items": [1]}])
def test_what_is_no_order_causes_nothing(shop, events, body):
    status, answer = shop.ask("/orders", body)
    assert (status, bool(answer["message"])) == (400, True)
    events.assert_never(source="orders", to=shop.name("FulfilmentQueue"))
    assert shop.table("OrdersTable") == []


def test_an_unknown_order_is_not_found(shop):
    assert shop.ask("/orders/nothing") == (404, {"message": "There is no order nothing"})
