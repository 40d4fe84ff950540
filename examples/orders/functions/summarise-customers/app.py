"""The stream of Orders: add each finished order to its customer's summary, once.

A stream record may come twice. A mark per order and the customer's sums are written in one transaction,
so the second time the mark is there already and nothing is added.
"""

import logging
import os

import boto3
from botocore.exceptions import ClientError

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.client("dynamodb")


def handler(batch, context):
    for record in batch["Records"]:
        try:
            summarise(record["dynamodb"]["NewImage"])
        except (ClientError, KeyError):
            logger.exception("order not summarised", extra={"eventID": record["eventID"]})
            # All that follows in the shard is given again, starting with this record.
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def summarise(order):
    completed = order["status"]["S"] == "COMPLETED"
    table = os.environ["SUMMARIES_TABLE"]
    mark = {
        "TableName": table,
        "Item": {"customerId": order["customerId"], "entry": {"S": f"order#{order['orderId']['S']}"}},
        "ConditionExpression": "attribute_not_exists(entry)",
    }
    sums = {
        "TableName": table,
        "Key": {"customerId": order["customerId"], "entry": {"S": "summary"}},
        "UpdateExpression": "ADD completed :completed, rejected :rejected, spent :spent",
        "ExpressionAttributeValues": {
            ":completed": {"N": str(int(completed))},
            ":rejected": {"N": str(int(not completed))},
            ":spent": order["total"] if completed else {"N": "0"},
        },
    }
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": mark}, {"Update": sums}])
    except dynamodb.exceptions.TransactionCanceledException as error:
        if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
            raise
