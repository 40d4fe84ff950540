"""Start one fulfilment per order: the execution's name is the order's id, so a second start is refused."""

import json
import logging
import os

import boto3
from botocore.exceptions import ClientError

logger = logging.getLogger()
logger.setLevel(logging.INFO)
states = boto3.client("stepfunctions")


def handler(batch, context):
    failures = []
    for message in batch["Records"]:
        try:
            start(json.loads(message["body"])["detail"])
        except (ClientError, ValueError, KeyError):
            logger.exception("fulfilment not started", extra={"messageId": message["messageId"]})
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def start(order):
    names = ("orderId", "customerId", "customerStatus", "items", "total")
    try:
        states.start_execution(
            stateMachineArn=os.environ["STATE_MACHINE_ARN"],
            name=order["orderId"],
            input=json.dumps({name: order[name] for name in names}),
        )
    except states.exceptions.ExecutionAlreadyExists:
        logger.info("fulfilment started before", extra={"orderId": order["orderId"]})
