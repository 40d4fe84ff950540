"""Where Lambda sends the results of events and of failed batches.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds

if TYPE_CHECKING:
    from headwater.services.lambda_.asynchronous import Ended


def send_result(call: Call, destination: str, function: str, event: dict[str, Any], ended: Ended) -> None:
    """The record of an event's end, to a destination of its kind."""
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": iso8601_milliseconds(call.now),
        "requestContext": {
            "requestId": event["id"],
            "functionArn": function,
            "condition": ended.condition,
            "approximateInvokeCount": ended.attempts,
        },
        "requestPayload": orjson.loads(event["payload"]),
    }
    if ended.result is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": ended.version}
        if ended.result.error_type is not None:
            context["functionError"] = "Unhandled"
        record["responseContext"] = context
        record["responsePayload"] = _document(ended.result.payload)
    outcome = "Success" if ended.condition == "Success" else "Failure"
    send_record(call, destination, record, f"Lambda Function Invocation Result - {outcome}", function)


def _document(payload: bytes) -> Any:
    """A function's answer as JSON; as text where it is none."""
    try:
        return orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "replace")


def send_record(call: Call, destination: str, record: dict[str, Any], title: str, function: str) -> None:
    """Hand a record to a destination. A refusal is noted on the span, as AWS only counts it."""
    try:
        _send(call, destination, orjson.dumps(record).decode(), title, function)
    except AwsError as error:
        call.span.note("destination failed", str(error))


def _send(call: Call, destination: str, body: str, title: str, function: str) -> None:
    arn = parse_arn(destination)
    service = arn.service if arn else ""
    if arn is None or service not in ("sqs", "sns", "lambda", "events", "s3"):
        raise not_implemented(f"The Lambda destination {destination}")
    account, region = arn.account or None, arn.region or None
    if service == "sqs":
        url = f"{call.endpoint}/{arn.account}/{arn.resource}"
        call.operation("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body}, account, region)
    elif service == "sns":
        call.operation("sns", "Publish", {"TopicArn": destination, "Message": body}, account, region)
    elif service == "lambda":
        request = {"FunctionName": destination, "InvocationType": "Event", "Payload": body.encode()}
        call.operation("lambda", "Invoke", request, account, region)
    elif service == "events":
        entry = {"Source": "lambda", "DetailType": title, "Detail": body, "Resources": [function, destination]}
        entries = {"Entries": [entry | {"EventBusName": destination}]}
        call.operation("events", "PutEvents", entries, account, region)
    else:
        name = function.split(":")[6]
        day, second = iso8601_milliseconds(call.now)[:10], iso8601_milliseconds(call.now)[:19].replace(":", ".")
        key = f"aws/lambda/async/{name}/{day.replace('-', '/')}/{second}-{call.ids.uuid()}"
        call.operation("s3", "PutObject", {"Bucket": arn.resource, "Key": key, "Body": body.encode()})


def send_to_dead_letters(call: Call, destination: str, event: dict[str, Any], ended: Ended) -> None:
    """The event itself, with attributes that tell of its error.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
    """
    message = ""
    if ended.result is not None:
        answer = _document(ended.result.payload)
        message = answer.get("errorMessage", "") if isinstance(answer, dict) else ""
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event["id"]},
        "ErrorCode": {"DataType": "Number", "StringValue": "200" if ended.result else "429"},
        "ErrorMessage": {"DataType": "String", "StringValue": str(message)[:1024] or "none"},
    }
    arn = parse_arn(destination)
    try:
        if arn is not None and arn.service == "sqs":
            url = f"{call.endpoint}/{arn.account}/{arn.resource}"
            request = {"QueueUrl": url, "MessageBody": event["payload"], "MessageAttributes": attributes}
            call.operation("sqs", "SendMessage", request, arn.account, arn.region)
        elif arn is not None and arn.service == "sns":
            request = {"TopicArn": destination, "Message": event["payload"], "MessageAttributes": attributes}
            call.operation("sns", "Publish", request, arn.account, arn.region)
    except AwsError as error:
        call.span.note("dead letter failed", str(error))
