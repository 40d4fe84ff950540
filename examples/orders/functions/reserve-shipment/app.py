"""The warehouse: books one shipment per order and tells the workflow that waits for it."""

import json
import logging
import os
from datetime import UTC, datetime

import boto3
from botocore.exceptions import ClientError

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")
states = boto3.client("stepfunctions")


def handler(batch, context):
    failures = []
    for message in batch["Records"]:
        try:
            ship(json.loads(message["body"]))
        except (ClientError, ValueError, KeyError):
            logger.exception("shipment not booked", extra={"messageId": message["messageId"]})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def ship(request):
    shipment = book(request["orderId"], request["items"])
    if shipment["status"]["S"] == "CANCELLED":
        logger.info("shipment was cancelled", extra={"orderId": request["orderId"]})
        return
    answer = {name: shipment[name]["S"] for name in ("trackingId", "at")}
    try:
        states.send_task_success(taskToken=request["taskToken"], output=json.dumps(answer))
    except (states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist):
        logger.info("nobody waits for the shipment", extra={"orderId": request["orderId"]})


def book(order_id, items):
    """The order's shipment: booked now, or by an earlier copy of the message, or cancelled meanwhile."""
    table, key = os.environ["SHIPMENTS_TABLE"], {"orderId": {"S": order_id}}
    shipment = key | {
        "status": {"S": "BOOKED"},
        "trackingId": {"S": f"HW-{order_id[:8].upper()}"},
        "parcels": {"N": str(sum(item["quantity"] for item in items))},
        "at": {"S": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")},
    }
    try:
        dynamodb.put_item(TableName=table, Item=shipment, ConditionExpression="attribute_not_exists(orderId)")
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
    logger.info("shipment booked", extra={"orderId": order_id})
    return shipment
