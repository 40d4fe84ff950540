"""AWS JSON 1.0 and 1.1: ``X-Amz-Target``, a JSON object each way.

https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
"""

from __future__ import annotations

import binascii
import zlib
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.gateway.event_frames import event
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.error_shapes import ErrorShapes
from headwater.gateway.protocols.event_plans import events_of
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.protocols.readers import Reader, Readers
from headwater.gateway.protocols.type_errors import dynamodb_mismatch, mismatch, serialization_error
from headwater.gateway.protocols.writers import Writer, Writers, without_nulls
from headwater.spine.errors import AwsError
from headwater.spine.models import Model

_DYNAMODB = ("dynamodb", "dynamodbstreams")
_CORAL = "com.amazon.coral.service#"
_NAMESPACES = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810#",
    "dynamodbstreams": "com.amazonaws.dynamodb.v20120810#",
    "sqs": "com.amazonaws.sqs#",
}
"""Services that say where an error's shape lives; the others give its bare name."""
_FRAMEWORK = {"ValidationException": "com.amazon.coral.validate#"}
_CAPITAL_MESSAGE = frozenset({"SerializationException", "UnknownOperationException", "AccessDeniedException"})


class JsonRpc:
    """One service in this protocol."""

    def __init__(self, model: Model, errors: ErrorShapes) -> None:
        self._model = model
        self._errors = errors
        self._content_type = f"application/x-amz-json-{model.metadata.get('jsonVersion', '1.0')}"
        self._checksum = model.name in _DYNAMODB
        self._readers = Readers(model, dynamodb_mismatch if model.name in _DYNAMODB else mismatch)
        self._writers = Writers(model)
        self._namespace = _NAMESPACES.get(model.name)

    def plan(self, operation: str) -> Plan:
        """Compile one operation."""
        reader = self._readers.structure(self._model.input(operation))
        output = self._model.output(operation)
        writer = self._writers.structure(output["members"]) if output else None

        def parse(request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
            return parse_json(request.body, reader)

        def serialize(result: Mapping[str, Any], request_id: str) -> HttpResponse:
            return self._response(200, b"" if output is None else to_json(result, writer), request_id)

        first = event("initial-response", b"{}")
        return Plan(parse, serialize, events_of(self._model, self._writers, output, first, to_json))

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        """``{"__type": "namespace#Code", "message": "…"}`` and the error shape's further members."""
        key = "Message" if error.code in _CAPITAL_MESSAGE else self._errors.message_key(error.code)
        body = {"__type": self._type(error.code), **({key: error.message} if error.message else {})}
        response = self._response(self._errors.status(error), to_json(body | error.members, None), request_id)
        if "awsQueryCompatible" in self._model.metadata:
            fault = "Sender" if error.sender_fault else "Receiver"
            response.headers.append(("x-amzn-query-error", f"{self._errors.query_code(error.code)};{fault}"))
        return response

    def _type(self, code: str) -> str:
        if self._namespace is None:
            return code
        if code in self._model.shapes:
            return self._namespace + code
        return _FRAMEWORK.get(code, _CORAL) + code

    def _response(self, status: int, body: bytes, request_id: str) -> HttpResponse:
        headers = [("x-amzn-RequestId", request_id), ("Content-Type", self._content_type)]
        if self._checksum:
            headers.append(("x-amz-crc32", str(zlib.crc32(body))))
        return HttpResponse(status, headers, body)


def parse_json(body: bytes, reader: Reader) -> dict[str, Any]:
    """The input in a JSON body; an empty body is an empty object."""
    if not body:
        return {}
    try:
        result: dict[str, Any] = reader(orjson.loads(body))
    except (orjson.JSONDecodeError, RecursionError):
        raise serialization_error() from None
    return result


def to_json(result: Mapping[str, Any], writer: Writer | None) -> bytes:
    """A JSON body without nulls; bytes become base64."""
    value = result if writer is None else writer(result)
    body = orjson.dumps(value, default=_encode_blob)
    if b"null" in body:  # a null member, or only the word in some text
        body = orjson.dumps(without_nulls(value), default=_encode_blob)
    return body


def _encode_blob(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return binascii.b2a_base64(value, newline=False).decode("ascii")
    raise TypeError(f"{type(value).__name__} has no place in an operation's result")
