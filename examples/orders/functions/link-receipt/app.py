"""S3 says that a receipt is there: note on the order where. Saying it twice changes nothing."""

import logging
import os
from pathlib import PurePosixPath

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
orders = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


def handler(event, context):
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    order_id = PurePosixPath(key).stem
    try:
        orders.update_item(
            Key={"orderId": order_id},
            UpdateExpression="SET receipt = :receipt",
            ConditionExpression="attribute_exists(orderId)",
            ExpressionAttributeValues={":receipt": {"bucket": bucket, "key": key}},
        )
    except orders.meta.client.exceptions.ConditionalCheckFailedException:
        logger.warning("receipt without an order", extra={"key": key})
