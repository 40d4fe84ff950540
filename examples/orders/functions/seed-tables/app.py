"""Custom resource: customers and stock to begin with. What is there already stays as it is."""

import json
import logging
import os
import urllib.request

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)
dynamodb = boto3.resource("dynamodb")


def handler(request, context):
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": request.get("PhysicalResourceId", request["LogicalResourceId"]),
        **{name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        if request["RequestType"] != "Delete":
            seed(request["ResourceProperties"])
    except Exception as error:  # a stack that is not answered waits until it times out
        logger.exception("not seeded")
        answer |= {"Status": "FAILED", "Reason": repr(error)}
    send(request["ResponseURL"], answer)


def seed(properties):
    customers = dynamodb.Table(os.environ["CUSTOMERS_TABLE"])
    for customer_id, status in properties["Customers"].items():
        put_once(customers, {"customerId": customer_id, "status": status}, "customerId")
    stock = dynamodb.Table(os.environ["STOCK_TABLE"])
    for sku, available in properties["Stock"].items():
        put_once(stock, {"sku": sku, "available": int(available)}, "sku")


def put_once(table, item, key):
    try:
        table.put_item(Item=item, ConditionExpression=f"attribute_not_exists({key})")
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        logger.info("was there", extra={"item": item[key]})


def send(url, answer):
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": ""}, method="PUT")).close()
