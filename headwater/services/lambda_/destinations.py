"""Where Lambda sends the results of events and of failed batches.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from headwater.spine.arns import parse_arn
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_milliseconds

if TYPE_CHECKING:
    from headwater.services.lambda_.asynchronous import Ended

_SUCCESS, _FAILURE = (f"Lambda Function Invocation Result - {outcome}" for outcome in ("Success", "Failure"))


def send_result(
    call: Call, destination: str, principal: str, function: str, event: dict[str, Any], ended: Ended
) -> None:
    """The record of an event's end, to a destination of its kind, in a session of the function's role."""
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
    title = _SUCCESS if ended.condition == "Success" else _FAILURE
    folder = f"async/{function.split(':')[6]}"
    _send_record(call, Way(destination, principal, title, function, folder), record)


def _document(payload: bytes) -> Any:
    """A function's answer as JSON; as text where it is none."""
    try:
        return orjson.loads(payload or b"null")
    except orjson.JSONDecodeError:
        return payload.decode("utf-8", "replace")


def send_batch(
    call: Call, destination: str, principal: str | None, mapping: str, record: dict[str, Any], event: dict[str, Any]
) -> None:
    """The record of a batch that a mapping (its UUID) gives up. A bucket gets the event itself too.

    https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    (batch,) = (each for name, each in record.items() if name.endswith("BatchInfo"))
    if destination.split(":")[2] == "s3":
        record = record | {"payload": event}
    _send_record(call, Way(destination, principal, _FAILURE, "", f"{mapping}/{batch['shardId']}"), record)


class Way(NamedTuple):
    """To a destination, in the session ``principal`` of the function's role; with what an event of EventBridge is
    called, of which function it is, and the folder of a bucket that it belongs to."""

    destination: str
    principal: str | None
    title: str
    function: str
    folder: str


def _send_record(call: Call, way: Way, record: dict[str, Any]) -> None:
    """Hand a record to a destination. A refusal is noted on the span, as AWS only counts it."""
    try:
        _send(call, way, orjson.dumps(record).decode())
    except AwsError as error:
        call.span.note("destination failed", str(error))


def _send(call: Call, way: Way, body: str) -> None:
    destination, principal = way.destination, way.principal
    arn = parse_arn(destination)
    service = arn.service if arn else ""
    if arn is None or service not in ("sqs", "sns", "lambda", "events", "s3"):
        raise not_implemented(f"The Lambda destination {destination}")
    account, region = arn.account or None, arn.region or None
    if service == "sqs":
        url = f"{call.endpoint}/{arn.account}/{arn.resource}"
        call.operation("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body}, account, region, principal)
    elif service == "sns":
        call.operation("sns", "Publish", {"TopicArn": destination, "Message": body}, account, region, principal)
    elif service == "lambda":
        request = {"FunctionName": destination, "InvocationType": "Event", "Payload": body.encode()}
        call.operation("lambda", "Invoke", request, account, region, principal)
    elif service == "events":
        entry = {"Source": "lambda", "DetailType": way.title, "Detail": body, "Resources": [way.function, destination]}
        entries = {"Entries": [entry | {"EventBusName": destination}]}
        call.operation("events", "PutEvents", entries, account, region, principal)
    else:
        request = {"Bucket": arn.resource, "Key": _key(call, way.folder), "Body": body.encode()}
        call.operation("s3", "PutObject", request, principal=principal)


def _key(call: Call, folder: str) -> str:
    time = iso8601_milliseconds(call.now)
    return f"aws/lambda/{folder}/{time[:10].replace('-', '/')}/{time[:19].replace(':', '.')}-{call.ids.uuid()}"


def send_to_dead_letters(call: Call, destination: str, principal: str, event: dict[str, Any], ended: Ended) -> None:
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
            call.operation("sqs", "SendMessage", request, arn.account, arn.region, principal)
        elif arn is not None and arn.service == "sns":
            request = {"TopicArn": destination, "Message": event["payload"], "MessageAttributes": attributes}
            call.operation("sns", "Publish", request, arn.account, arn.region, principal)
    except AwsError as error:
        call.span.note("dead letter failed", str(error))
