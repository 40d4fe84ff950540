"""POST /orders: check the order, write it down once per Idempotency-Key, announce it.

The order's id follows from the key, so a repeated request finds the order that the first one wrote. A
request that was cut off between the write and the announcement is healed by its repetition: as long as
the order is RECEIVED, nobody may have heard of it, and it is announced again. Consumers are idempotent.
"""

import base64
import json
import logging
import os
import uuid
from datetime import UTC, datetime
from decimal import Decimal

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

MAXIMUM_LINES = 50
MAXIMUM_QUANTITY = 1_000_000
ORDER_IDS = uuid.UUID("6f1bfa9c-8f0e-4c57-9d0b-5f2f6f2f3b1e")

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")
events = boto3.client("events")
to_item, from_item = TypeSerializer().serialize, TypeDeserializer().deserialize


class BadOrder(Exception):
    """The request's body is no order; the text says why."""


def handler(request, context):
    key = request["headers"].get("idempotency-key") or request["requestContext"]["requestId"]
    try:
        customer_id, items = parse(request)
    except BadOrder as error:
        return respond(400, {"message": str(error)})
    order = receive(str(uuid.uuid5(ORDER_IDS, key)), customer_id, items)
    if order["status"] == "RECEIVED":
        announce(order)
    return respond(202, {"orderId": order["orderId"], "status": "RECEIVED"})


def parse(request):
    """The customer's id and the items of a request's body; prices are exact decimals."""
    body = request.get("body") or ""
    try:
        text = base64.b64decode(body).decode() if request.get("isBase64Encoded") else body
        order = json.loads(text, parse_float=Decimal, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise BadOrder("The body must be JSON") from None
    if not isinstance(order, dict):
        raise BadOrder("The body must be an object")
    customer_id, items = order.get("customerId"), order.get("items")
    if not isinstance(customer_id, str) or not 0 < len(customer_id) <= 100:
        raise BadOrder("customerId must be a text of 1 to 100 characters")
    if not isinstance(items, list) or not 0 < len(items) <= MAXIMUM_LINES:
        raise BadOrder(f"items must be a list of 1 to {MAXIMUM_LINES} items")
    return customer_id, [parse_item(place, item) for place, item in enumerate(items)]


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def parse_item(place, item):
    if not isinstance(item, dict):
        raise BadOrder(f"items[{place}] must be an object")
    sku, quantity, price = item.get("sku"), item.get("quantity"), item.get("price")
    if not isinstance(sku, str) or not 0 < len(sku) <= 100:
        raise BadOrder(f"items[{place}].sku must be a text of 1 to 100 characters")
    if type(quantity) is not int or not 0 < quantity <= MAXIMUM_QUANTITY:
        raise BadOrder(f"items[{place}].quantity must be a whole number from 1 to {MAXIMUM_QUANTITY}")
    if type(price) not in (int, Decimal) or not 0 <= price <= 1_000_000:
        raise BadOrder(f"items[{place}].price must be a number from 0 to 1000000")
    return {"sku": sku, "quantity": quantity, "price": round(Decimal(price), 2)}


def receive(order_id, customer_id, items):
    """Write a new order, or give back the one that an earlier request with this key wrote."""
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    order = {
        "orderId": order_id,
        "customerId": customer_id,
        "items": items,
        "total": sum(item["quantity"] * item["price"] for item in items),
        "status": "RECEIVED",
        "history": [{"status": "RECEIVED", "at": at}],
    }
    table, item = os.environ["ORDERS_TABLE"], to_item(order)["M"]
    try:
        dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(orderId)")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        logger.info("order repeated", extra={"orderId": order_id})
        key = {"orderId": item["orderId"]}
        return from_item({"M": dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]})
    logger.info("order received", extra={"orderId": order_id, "customerId": customer_id})
    return order


def announce(order):
    detail = {name: order[name] for name in ("orderId", "customerId", "items", "total", "status")}
    detail["at"] = order["history"][0]["at"]
    entry = {
        "EventBusName": os.environ["BUS_NAME"],
        "Source": "orders",
        "DetailType": "OrderPlaced",
        "Detail": json.dumps(detail, default=plain_number),
    }
    result = events.put_events(Entries=[entry])
    if result["FailedEntryCount"]:
        raise RuntimeError(f"OrderPlaced was not accepted: {result['Entries'][0]}")


def plain_number(value):
    return int(value) if value == value.to_integral_value() else float(value)


def respond(status, body):
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
