"""Custom resource: puts the order page into its bucket, with the addresses it needs, and takes it out at the end."""

import json
import logging
import mimetypes
import urllib.request
from pathlib import Path

import boto3

SITE = Path(__file__).parent / "site"

logger = logging.getLogger()
logger.setLevel(logging.INFO)
s3 = boto3.client("s3")
s3_objects = boto3.resource("s3")


def handler(request, context):
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": request.get("PhysicalResourceId", request["LogicalResourceId"]),
        **{name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        if request["RequestType"] == "Delete":
            s3_objects.Bucket(request["ResourceProperties"]["Bucket"]).objects.delete()
        else:
            publish(request["ResourceProperties"])
    except Exception as error:  # a stack that is not answered waits until it times out
        logger.exception("page not published")
        answer |= {"Status": "FAILED", "Reason": repr(error)}
    send(request["ResponseURL"], answer)


def publish(properties):
    bucket = properties["Bucket"]
    for path in sorted(SITE.rglob("*")):
        if path.is_file():
            put(bucket, path.relative_to(SITE).as_posix(), path.read_bytes())
    addresses = {name: properties[name] for name in ("OrdersApi", "NotificationsUrl")}
    put(bucket, "addresses.json", json.dumps(addresses).encode())


def put(bucket, key, body):
    content_type = mimetypes.guess_type(key)[0] or "application/octet-stream"
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType=content_type, CacheControl="no-cache")


def send(url, answer):
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": ""}, method="PUT")).close()
