"""Operations that HTTP APIs call themselves, without a function between.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import orjson

from headwater.services.apigateway.exchange import Response
from headwater.spine.errors import AwsError
from headwater.spine.operations import Result

_JSON = [("content-type", "application/x-amz-json-1.1")]
_XML = [("content-type", "text/xml")]
_NUMBERS = frozenset({"DelaySeconds", "MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds"})
_STRUCTURES = frozenset(
    {"AttributeNames", "MessageAttributeNames", "MessageAttributes", "MessageSystemAttributes", "Resources"}
)
_DATES = frozenset({"startDate", "stopDate"})
_FLATTENED = MappingProxyType(
    {"Messages": "Message", "Attributes": "Attribute", "MessageAttributes": "MessageAttribute"}
)


class Action(NamedTuple):
    """An integration subtype: the operation, its parameters, how they make a request and an answer."""

    service: str
    operation: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    request: Callable[[dict[str, Any]], dict[str, Any]]
    answer: Callable[[Action, Result, str], Response]

    @property
    def members(self) -> tuple[str, ...]:
        return self.required + self.optional


def action_request(action: Action, given: Mapping[str, str]) -> dict[str, Any]:
    """The operation's request from parameters, which are texts; AwsError where one does not fit."""
    typed: dict[str, Any] = {}
    for name, value in given.items():
        try:
            typed[name] = int(value) if name in _NUMBERS else orjson.loads(value) if name in _STRUCTURES else value
        except ValueError:
            raise AwsError("BadRequestException", f"Invalid value for the parameter {name}.") from None
    return action.request(typed)


def action_error(error: AwsError) -> Response:
    body = orjson.dumps({"__type": error.code, "message": error.message})
    return Response(error.status, list(_JSON), body)


def _json_answer(action: Action, result: Result, request_id: str) -> Response:
    shown = {key: value / 1000 if key in _DATES else value for key, value in result.items() if value is not None}
    return Response(200, list(_JSON), orjson.dumps(shown))


def _xml_answer(action: Action, result: Result, request_id: str) -> Response:
    name = action.operation
    inside = "".join(_element(key, value) for key, value in result.items() if value is not None)
    text = (
        f'<?xml version="1.0"?><{name}Response xmlns="http://queue.amazonaws.com/doc/2012-11-05/">'
        f"<{name}Result>{inside}</{name}Result>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{name}Response>"
    )
    return Response(200, list(_XML), text.encode())


def _element(name: str, value: Any) -> str:
    """SQS's XML: lists without a wrapper, maps as elements of Name and Value."""
    if isinstance(value, list):
        return "".join(_element(_FLATTENED.get(name, name), item) for item in value)
    if isinstance(value, dict) and name in _FLATTENED:
        entry = _FLATTENED[name]
        return "".join(
            f"<{entry}>{_element('Name', key)}{_element('Value', item)}</{entry}>" for key, item in value.items()
        )
    if isinstance(value, dict):
        return f"<{name}>{''.join(_element(key, item) for key, item in value.items())}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def _entry(given: dict[str, Any]) -> dict[str, Any]:
    return {"Entries": [given]}


def _record(given: dict[str, Any]) -> dict[str, Any]:
    """Kinesis takes what the parameter says as it is: the data's Base64."""
    text = given["Data"]
    if len(text) % 4:
        problem = f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
        raise AwsError("SerializationException", f"'{text}' can not be converted to a Blob: {problem}")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise AwsError("SerializationException", f"'{text}' can not be converted to a Blob: {error}") from None
    return {**given, "Data": data}


def _lower_first(given: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in given.items()}


ACTIONS: Mapping[str, Action] = MappingProxyType(
    {
        "EventBridge-PutEvents": Action(
            "events",
            "PutEvents",
            ("Detail", "DetailType", "Source"),
            ("Time", "EventBusName", "Resources", "TraceHeader"),
            _entry,
            _json_answer,
        ),
        "SQS-SendMessage": Action(
            "sqs",
            "SendMessage",
            ("QueueUrl", "MessageBody"),
            (
                "DelaySeconds",
                "MessageAttributes",
                "MessageDeduplicationId",
                "MessageGroupId",
                "MessageSystemAttributes",
            ),
            dict,
            _xml_answer,
        ),
        "SQS-ReceiveMessage": Action(
            "sqs",
            "ReceiveMessage",
            ("QueueUrl",),
            (
                "AttributeNames",
                "MaxNumberOfMessages",
                "MessageAttributeNames",
                "ReceiveRequestAttemptId",
                "VisibilityTimeout",
                "WaitTimeSeconds",
            ),
            dict,
            _xml_answer,
        ),
        "SQS-DeleteMessage": Action("sqs", "DeleteMessage", ("ReceiptHandle", "QueueUrl"), (), dict, _xml_answer),
        "SQS-PurgeQueue": Action("sqs", "PurgeQueue", ("QueueUrl",), (), dict, _xml_answer),
        "Kinesis-PutRecord": Action(
            "kinesis",
            "PutRecord",
            ("StreamName", "Data", "PartitionKey"),
            ("SequenceNumberForOrdering", "ExplicitHashKey"),
            _record,
            _json_answer,
        ),
        "StepFunctions-StartExecution": Action(
            "states", "StartExecution", ("StateMachineArn",), ("Name", "Input"), _lower_first, _json_answer
        ),
        "StepFunctions-StartSyncExecution": Action(
            "states",
            "StartSyncExecution",
            ("StateMachineArn",),
            ("Name", "Input", "TraceHeader"),
            _lower_first,
            _json_answer,
        ),
        "StepFunctions-StopExecution": Action(
            "states", "StopExecution", ("ExecutionArn",), ("Cause", "Error"), _lower_first, _json_answer
        ),
    }
)
