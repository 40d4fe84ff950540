"""Give an order's money back; one that was not charged yet cannot be charged from now on."""

import logging
import os
from datetime import UTC, datetime

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
payments = boto3.resource("dynamodb").Table(os.environ["PAYMENTS_TABLE"])


def handler(order, context):
    payments.update_item(
        Key={"orderId": order["orderId"]},
        UpdateExpression="SET #status = :refunded, refundedAt = if_not_exists(refundedAt, :now)",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":refunded": "REFUNDED",
            ":now": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        },
    )
    logger.info("customer refunded", extra={"orderId": order["orderId"]})
    return {"status": "REFUNDED"}
