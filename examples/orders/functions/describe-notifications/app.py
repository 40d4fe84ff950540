"""Custom resource: the address, with its authorizer, to which this account's MQTT clients connect."""

import json
import logging
import os
import urllib.request

import boto3

logger = logging.getLogger()
logger.setLevel(logging.INFO)


def handler(request, context):
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": request.get("PhysicalResourceId", request["LogicalResourceId"]),
        **{name: request[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        if request["RequestType"] != "Delete":
            answer["Data"] = {"Url": notifications_url(request["ResourceProperties"]["AuthorizerName"])}
    except Exception as error:  # a stack that is not answered waits until it times out
        logger.exception("no address")
        answer |= {"Status": "FAILED", "Reason": repr(error)}
    send(request["ResponseURL"], answer)


def notifications_url(authorizer):
    endpoint = boto3.client("iot").describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]
    # On AWS the variable is absent and the address is TLS; a cloud on one's own machine may be plain.
    scheme = "ws" if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://") else "wss"
    return f"{scheme}://{endpoint}/mqtt?x-amz-customauthorizer-name={authorizer}"


def send(url, answer):
    body = json.dumps(answer).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"content-type": ""}, method="PUT")).close()
