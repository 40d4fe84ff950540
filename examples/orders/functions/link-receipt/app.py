"""S3 says that a receipt is there: note on the order where. Saying it twice changes nothing."""

import logging
import os
from pathlib import PurePosixPath

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")


def handler(event, context):
    bucket, key = event["detail"]["bucket"]["name"], event["detail"]["object"]["key"]
    order_id = PurePosixPath(key).stem
    try:
        dynamodb.update_item(
            TableName=os.environ["ORDERS_TABLE"],
            Key={"orderId": {"S": order_id}},
            UpdateExpression="SET receipt = :receipt",
            ConditionExpression="attribute_exists(orderId)",
            ExpressionAttributeValues={":receipt": {"M": {"bucket": {"S": bucket}, "key": {"S": key}}}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        logger.warning("receipt without an order", extra={"key": key})
