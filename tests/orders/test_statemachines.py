"""The application's state machines on the bare interpreter: each way through them, failures included."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from headwater.languages.asl import parse, validate
from headwater.languages.asl.commands import Input, RunTask, TaskFailed, TaskSubmitted, TaskSucceeded
from tests.languages.asl_world import World
from tests.orders.shop import ROOT

FOLDER = ROOT / "examples" / "orders" / "statemachines"
ORDER = {
    "orderId": "0b1f5c2e-1111-5222-8333-444455556666",
    "customerId": "c-standard",
    "customerStatus": "standard",
    "items": [
        {"sku": "A1", "quantity": 2, "price": 9.5},
        {"sku": "B2", "quantity": 1, "price": 24},
        {"sku": "A1", "quantity": 3, "price": 9.5},
    ],
    "total": 71.5,
}
Failure = tuple[str, str]
Outcome = Any
CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons [{}] (Service: DynamoDb)"


def definition(name: str) -> str:
    """A definition as it is deployed: its substitutions filled with their own names."""
    text = (FOLDER / f"{name}.asl.json").read_text()
    return re.sub(r"\$\{(\w+)\}", lambda match: match[1], text)


class Tasks:
    """Answers tasks by the name of their state: with outputs in turn, the last one again and again."""

    def __init__(self, **answers: list[Outcome]) -> None:
        self.answers = {name.replace("_", " "): outcomes for name, outcomes in answers.items()}
        self.calls: list[tuple[str, Any]] = []

    def __call__(self, task: RunTask) -> list[Input]:
        self.calls.append((task.state, task.arguments))
        outcomes = self.answers.get(task.state, [{}])
        outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
        if isinstance(outcome, tuple):
            return [TaskFailed(task.frame, task.ticket, *outcome)]
        output = orjson.dumps(outcome).decode()
        if task.token:
            submitted = TaskSubmitted(task.frame, task.ticket, '{"MessageId": "1"}')
            return [submitted, TaskSucceeded(task.frame, task.ticket, output)]
        return [TaskSucceeded(task.frame, task.ticket, output)]

    @property
    def states(self) -> list[str]:
        return [state for state, _ in self.calls]

    def arguments(self, state: str) -> Any:
        return next(arguments for name, arguments in self.calls if name == state)

    @property
    def announced(self) -> list[str]:
        entries = [call["Entries"][0] for state, call in self.calls if state.startswith("Announce")]
        return [entry["Detail"]["status"] for entry in entries]


def run(name: str, given: Any, tasks: Callable[[RunTask], list[Input]]) -> World:
    return World(parse(definition(name)), given, tasks, crash=True).run()


def fulfil(tasks: Tasks) -> World:
    world = run("fulfil-order", ORDER, tasks)
    assert world.finish is not None
    assert world.finish.status == "SUCCEEDED", world.finish
    return world


def determine(tasks: Tasks) -> World:
    detail = {name: ORDER[name] for name in ("orderId", "customerId", "items", "total")}
    return run("determine-customer-status", {"detail": detail}, tasks)


@pytest.mark.parametrize("name", ["determine-customer-status", "fulfil-order"])
def test_aws_would_take_the_definition(name: str) -> None:
    assert validate(definition(name)) == []


def test_an_order_goes_through() -> None:
    tasks = Tasks(Request_shipment=[{"trackingId": "HW-1"}])
    fulfil(tasks)
    assert tasks.announced == ["STOCK_RESERVED", "PAID", "COMPLETED"]
    order, *stock = (write["Update"] for write in tasks.arguments("Reserve stock")["TransactItems"])
    assert order["TableName"] == "OrdersTable"
    assert order["ExpressionAttributeValues"][":before"] == {"S": "CUSTOMER_VERIFIED"}
    taken = {write["Key"]["sku"]["S"]: write["ExpressionAttributeValues"][":quantity"]["N"] for write in stock}
    assert taken == {"A1": "5", "B2": "1"}
    receipt = tasks.arguments("Write receipt")
    assert (receipt["Key"], receipt["Body"]["total"]) == (f"receipts/{ORDER['orderId']}.json", 71.5)
    assert tasks.arguments("Request shipment")["MessageBody"]["taskToken"]
    told = tasks.arguments("Announce completion")["Entries"][0]["Detail"]
    recorded = tasks.arguments("Complete order")["ExpressionAttributeValues"][":step"]["L"][0]["M"]
    assert told["at"] == recorded["at"]["S"]


def test_one_article_is_a_transaction_too() -> None:
    tasks = Tasks()
    world = run("fulfil-order", ORDER | {"items": [{"sku": "A1", "quantity": 2, "price": 1}]}, tasks)
    assert world.finish is not None
    assert world.finish.status == "SUCCEEDED"
    assert len(tasks.arguments("Reserve stock")["TransactItems"]) == 2


def cancelled(*reasons: str) -> Failure:
    return "DynamoDb.TransactionCanceledException", CANCELLED.format(", ".join(reasons))


def test_lack_of_stock_names_the_article() -> None:
    tasks = Tasks(Reserve_stock=[cancelled("None", "None", "ConditionalCheckFailed")])
    fulfil(tasks)
    assert tasks.announced == ["REJECTED"]
    reason = tasks.arguments("Reject for lack of stock")["ExpressionAttributeValues"][":reason"]
    assert reason == {"S": "Out of stock: B2"}
    assert tasks.arguments("Announce rejection")["Entries"][0]["Detail"]["reason"] == "Out of stock: B2"


def test_a_conflict_is_waited_out() -> None:
    conflict = cancelled("None", "TransactionConflict", "None")
    tasks = Tasks(Reserve_stock=[conflict, conflict, {}])
    fulfil(tasks)
    assert tasks.states.count("Reserve stock") == 3
    assert tasks.announced[-1] == "COMPLETED"


def test_a_write_that_had_been_done_is_not_done_again() -> None:
    """The answer to a write was lost; its repetition finds the order moved, by this very execution."""
    failed = ("DynamoDB.ConditionalCheckFailedException", "The conditional request failed")
    tasks = Tasks(
        Reserve_stock=[cancelled("ConditionalCheckFailed", "None", "None")],
        Record_payment=[failed],
        Complete_order=[failed],
    )
    fulfil(tasks)
    assert tasks.announced == ["STOCK_RESERVED", "PAID", "COMPLETED"]
    assert tasks.states.count("Record payment") == 1


def test_a_declined_payment_gives_the_stock_back() -> None:
    tasks = Tasks(Charge_customer=[("PaymentDeclined", "{}")])
    fulfil(tasks)
    assert tasks.announced == ["STOCK_RESERVED", "REJECTED"]
    assert tasks.states.count("Charge customer") == 1
    assert "Refund customer" not in tasks.states
    order, *stock = (write["Update"] for write in tasks.arguments("Release stock")["TransactItems"])
    assert order["ExpressionAttributeValues"][":reason"] == {"S": "The payment was declined"}
    assert {write["UpdateExpression"] for write in stock} == {"SET available = available + :quantity"}


def test_a_payment_is_asked_for_again() -> None:
    unavailable = ("PaymentUnavailable", "{}")
    tasks = Tasks(Charge_customer=[unavailable, ("Lambda.TooManyRequestsException", ""), unavailable, {}])
    fulfil(tasks)
    assert tasks.states.count("Charge customer") == 4
    assert tasks.announced[-1] == "COMPLETED"


def test_a_provider_that_stays_away_is_refunded_in_case() -> None:
    tasks = Tasks(Charge_customer=[("PaymentUnavailable", "{}")])
    fulfil(tasks)
    assert tasks.states.count("Charge customer") == 7
    assert tasks.states[-3:] == ["Refund customer", "Release stock", "Announce rejection"]


@pytest.mark.parametrize("state", ["Write_receipt", "Request_shipment"])
def test_what_cannot_be_shipped_is_undone(state: str) -> None:
    tasks = Tasks(**{state: [("States.TaskFailed", "no")]})
    fulfil(tasks)
    undone = [name for name in tasks.states if name in ("Cancel shipment", "Refund customer", "Release stock")]
    assert undone == ["Cancel shipment", "Refund customer", "Release stock"]
    assert tasks.announced[-1] == "REJECTED"
    assert tasks.arguments("Cancel shipment")["Item"]["status"] == {"S": "CANCELLED"}


@pytest.mark.parametrize(("status", "known"), [("standard", True), ("premium", True), ("new", True), ("new", False)])
def test_customers_who_may_order(status: str, known: bool) -> None:
    item = {"Item": {"customerId": {"S": "c"}, "status": {"S": status}}}
    tasks = Tasks(Look_up_customer=[item if known else {}])
    world = determine(tasks)
    assert world.finish is not None
    assert world.finish.status == "SUCCEEDED"
    assert ("Welcome customer" in tasks.states) is not known
    told = tasks.arguments("Announce verification")["Entries"][0]
    assert (told["DetailType"], told["Detail"]["customerStatus"]) == ("CustomerVerified", status)
    assert told["Detail"]["items"] == ORDER["items"]


def test_two_first_orders_at_once() -> None:
    failed = ("DynamoDB.ConditionalCheckFailedException", "The conditional request failed")
    tasks = Tasks(Look_up_customer=[{}], Welcome_customer=[failed])
    determine(tasks)
    assert tasks.announced == ["CUSTOMER_VERIFIED"]


def test_a_blocked_customer() -> None:
    tasks = Tasks(Look_up_customer=[{"Item": {"status": {"S": "blocked"}}}])
    determine(tasks)
    assert tasks.announced == ["REJECTED"]


def test_a_status_that_no_rule_covers_fails_loudly() -> None:
    world = determine(Tasks(Look_up_customer=[{"Item": {"status": {"S": "odd"}}}]))
    assert world.finish is not None
    assert (world.finish.status, world.finish.error) == ("FAILED", "UnknownCustomerStatus")


@pytest.mark.parametrize(
    ("decided_by", "status", "announced"),
    [("another", "PAID", []), ("this", "CUSTOMER_VERIFIED", ["CUSTOMER_VERIFIED"]), ("this", "REJECTED", ["REJECTED"])],
)
def test_an_order_decided_before(decided_by: str, status: str, announced: list[str]) -> None:
    failed = ("DynamoDB.ConditionalCheckFailedException", "The conditional request failed")
    execution = "arn:aws:states:us-east-1:111111111111:execution:machine:run"
    item = {"verifiedBy": {"S": execution if decided_by == "this" else "other"}, "status": {"S": status}}
    customer = {"Item": {"status": {"S": "blocked" if status == "REJECTED" else "standard"}}}
    tasks = Tasks(
        Look_up_customer=[customer], Verify_customer=[failed], Reject_order=[failed], Look_up_decision=[{"Item": item}]
    )
    world = determine(tasks)
    assert world.finish is not None
    assert world.finish.status == "SUCCEEDED"
    assert tasks.announced == announced
