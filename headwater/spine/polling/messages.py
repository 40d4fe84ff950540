"""Messages of a queue as functions and pipes get them, and as filters see them.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import base64
from typing import Any

import orjson

LARGEST_BATCH = 6 * 1024 * 1024 - 65_536  # bytes of records; the rest is for what stands around them

Message = dict[str, Any]


def message_record(message: Message, source: str, region: str) -> dict[str, Any]:
    """A message as it is handed on."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": _attributes(message),
    }
    if "MD5OfMessageAttributes" in message:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    record["md5OfBody"] = message["MD5OfBody"]
    record["eventSource"] = "aws:sqs"
    record["eventSourceARN"] = source
    record["awsRegion"] = region
    return record


def filtered_message(message: Message, source: str) -> dict[str, Any]:
    """What patterns are matched against: the record, its body parsed where it is JSON."""
    try:
        body = orjson.loads(message["Body"])
    except orjson.JSONDecodeError:
        body = message["Body"]
    return {
        "messageId": message["MessageId"],
        "body": body,
        "attributes": message["Attributes"],
        "messageAttributes": _attributes(message),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": source.split(":")[3],
    }


def _attributes(message: Message) -> dict[str, Any]:
    return {name: _attribute(value) for name, value in (message.get("MessageAttributes") or {}).items()}


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if "StringValue" in value:
        shown["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        shown["binaryValue"] = base64.b64encode(value["BinaryValue"]).decode()
    return shown | {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


def in_batches(records: list[dict[str, Any]], most: int) -> list[list[dict[str, Any]]]:
    """Batches of at most so many records, and of no more bytes than an event may have."""
    batches: list[list[dict[str, Any]]] = [[]]
    size = 0
    for record in records:
        length = len(record["body"].encode()) + 1024
        if batches[-1] and (len(batches[-1]) == most or size + length > LARGEST_BATCH):
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += length
    return batches
