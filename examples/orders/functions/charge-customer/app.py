"""The payment provider: charges an order at most once, declines what is above the credit limit."""

import logging
import os
import random
from datetime import UTC, datetime
from decimal import Decimal

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")


class PaymentDeclined(Exception):
    """The provider said no; asking again does not help."""


class PaymentUnavailable(Exception):
    """The provider did not answer; asking again may help."""


def handler(order, context):
    amount = Decimal(str(order["amount"]))
    if random.random() < float(os.environ["PAYMENT_FAILURE_RATE"]):
        raise PaymentUnavailable("The payment provider is unavailable")
    if amount > Decimal(os.environ["CREDIT_LIMIT"]):
        raise PaymentDeclined(f"{amount} is above the credit limit")
    payment = charge(order["orderId"], order["customerId"], amount)
    if payment["status"]["S"] != "CHARGED":
        raise PaymentDeclined("The order was given up before it was charged")
    logger.info("customer charged", extra={"orderId": order["orderId"], "amount": str(amount)})
    return {"status": "CHARGED", "at": payment["at"]["S"]}


def charge(order_id, customer_id, amount):
    """The order's payment: made now, or earlier, or given up meanwhile."""
    table, key = os.environ["PAYMENTS_TABLE"], {"orderId": {"S": order_id}}
    payment = key | {
        "customerId": {"S": customer_id},
        "amount": {"N": str(amount)},
        "status": {"S": "CHARGED"},
        "at": {"S": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")},
    }
    try:
        dynamodb.put_item(TableName=table, Item=payment, ConditionExpression="attribute_not_exists(orderId)")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    return payment
