"""Give an order's money back; one that was not charged yet cannot be charged from now on."""

import logging
import os
from datetime import UTC, datetime

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")


def handler(order, context):
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    dynamodb.update_item(
        TableName=os.environ["PAYMENTS_TABLE"],
        Key={"orderId": {"S": order["orderId"]}},
        UpdateExpression="SET #status = :refunded, refundedAt = if_not_exists(refundedAt, :now)",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":refunded": {"S": "REFUNDED"}, ":now": {"S": now}},
    )
    logger.info("customer refunded", extra={"orderId": order["orderId"]})
    return {"status": "REFUNDED"}
