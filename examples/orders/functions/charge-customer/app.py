"""The payment provider: charges an order at most once, declines what is above the credit limit."""

import logging
import os
import random
from datetime import UTC, datetime
from decimal import Decimal

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
payments = boto3.resource("dynamodb").Table(os.environ["PAYMENTS_TABLE"])


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
    payment = {
        "orderId": order["orderId"],
        "customerId": order["customerId"],
        "amount": amount,
        "status": "CHARGED",
        "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    try:
        payments.put_item(Item=payment, ConditionExpression="attribute_not_exists(orderId)")
    except payments.meta.client.exceptions.ConditionalCheckFailedException:
        payment = payments.get_item(Key={"orderId": order["orderId"]}, ConsistentRead=True)["Item"]
    if payment["status"] != "CHARGED":
        raise PaymentDeclined("The order was given up before it was charged")
    logger.info("customer charged", extra={"orderId": order["orderId"], "amount": str(amount)})
    return {"status": "CHARGED", "at": payment["at"]}
