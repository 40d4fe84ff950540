"""GET /orders/{orderId}: an order's present state and its history, oldest step first."""

import json
import os

import boto3
from boto3.dynamodb.types import TypeDeserializer

SHOWN = ("orderId", "customerId", "customerStatus", "items", "total", "status", "reason", "receipt", "history")

dynamodb = boto3.client("dynamodb")
from_item = TypeDeserializer().deserialize


def handler(request, context):
    order_id = request["pathParameters"]["orderId"]
    key = {"orderId": {"S": order_id}}
    order = dynamodb.get_item(TableName=os.environ["ORDERS_TABLE"], Key=key, ConsistentRead=True).get("Item")
    if order is None:
        return respond(404, {"message": f"There is no order {order_id}"})
    return respond(200, {name: from_item(order[name]) for name in SHOWN if name in order})


def respond(status, body):
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(body, default=plain_number),
    }


def plain_number(value):
    return int(value) if value == value.to_integral_value() else float(value)
