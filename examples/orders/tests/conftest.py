"""The shop as its tests see it: what a customer asks for, and what lies behind."""

import json
import urllib.error
import urllib.request
import uuid

import boto3
import pytest


class Shop:
    """The application in a universe of the test's own."""

    def __init__(self, stack):
        self.stack = stack
        self.api = stack["OrdersApi"]

    def ask(self, path, body=None, **headers):
        """The status and the parsed body of an answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, {"content-type": "application/json", **headers})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def place(self, customer, *items, key=None):
        """Order items, each (sku, quantity, price); the order's id."""
        lines = [{"sku": sku, "quantity": quantity, "price": price} for sku, quantity, price in items]
        order = {"customerId": customer, "items": lines}
        status, answer = self.ask("/orders", order, **{"idempotency-key": key or uuid.uuid4().hex})
        assert status == 202, answer
        return answer["orderId"]

    def order(self, order_id):
        return self.ask(f"/orders/{order_id}")[1]

    def steps(self, order_id):
        return [step["status"] for step in self.order(order_id)["history"]]

    def table(self, logical_id):
        return boto3.resource("dynamodb").Table(self.stack.resource(logical_id)).scan()["Items"]

    def stock(self):
        return {item["sku"]: int(item["available"]) for item in self.table("StockTable")}

    def messages(self, logical_id):
        """What a queue holds, parsed where it is JSON; it stays there."""
        queue, sqs = self.stack.resource(logical_id), boto3.client("sqs")
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def name(self, logical_id):
        """A queue's own name."""
        return self.stack.resource(logical_id).rpartition("/")[2]

    def pause(self, function):
        """A function takes no more messages from its queue."""
        lambda_ = boto3.client("lambda")
        mappings = lambda_.list_event_source_mappings(FunctionName=self.stack.resource(function))
        for mapping in mappings["EventSourceMappings"]:
            lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)

    def configure(self, function, **variables):
        """Change a function's environment."""
        lambda_, name = boto3.client("lambda"), self.stack.resource(function)
        present = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        lambda_.update_function_configuration(FunctionName=name, Environment={"Variables": present | variables})


@pytest.fixture
def shop(stack):
    return Shop(stack("template.yaml"))
