"""REST with JSON bodies (Lambda, API Gateway, IoT, Scheduler).

https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.bindings import RequestBindings, ResponseBindings, in_body
from headwater.gateway.protocols.error_shapes import ErrorShapes
from headwater.gateway.protocols.event_plans import events_of
from headwater.gateway.protocols.json_rpc import parse_json, to_json
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.protocols.readers import Readers
from headwater.gateway.protocols.type_errors import mismatch, serialization_error
from headwater.gateway.protocols.writers import Writers
from headwater.spine.errors import AwsError
from headwater.spine.models import Model, Shape

_JSON = "application/json"
_BYTES = "application/octet-stream"
_JSON_BLOBS = ("lambda", "iot-data")
"""Services whose raw payloads are documents."""

BodyReader = Callable[[bytes, dict[str, Any]], None]
BodyWriter = Callable[[Mapping[str, Any]], Any]


class RestJson:
    """One service in this protocol."""

    def __init__(self, model: Model, errors: ErrorShapes) -> None:
        self._model = model
        self._errors = errors
        self._readers = Readers(model, mismatch)
        self._writers = Writers(model)

    def plan(self, operation: str) -> Plan:
        """Compile one operation."""
        shape = self._model.input(operation)
        bindings = RequestBindings(self._model, operation, _invalid)
        read_body = self._body_reader(shape)

        def parse(request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
            result = bindings.read(request, path)
            read_body(request.body, result)
            return result

        events = events_of(self._model, self._writers, self._model.output(operation), b"", to_json)
        return Plan(parse, self._serializer(operation), events)

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        """``x-amzn-ErrorType`` and ``{"message": "…"}``, spelt as the error's shape has it."""
        body: dict[str, Any] = {self._errors.message_key(error.code): error.message}
        if self._errors.has_member(error.code, "Type"):
            body["Type"] = "User" if error.sender_fault else "Service"
        headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", error.code), ("Content-Type", _JSON)]
        if error.status == 501 and error.message.isascii() and error.message.isprintable():
            # SDK 1 for Go looks nowhere else for the text of an error that its model lacks
            headers.append(("x-amzn-ErrorMessage", error.message))
        return HttpResponse(self._errors.status(error), headers, to_json(body | error.members, None))

    def _body_reader(self, shape: Shape) -> BodyReader:
        payload = shape.get("payload")
        if payload is not None:
            return self._payload_reader(shape, payload)
        members = {name: member for name, member in shape["members"].items() if in_body(member)}
        if not members:
            return lambda body, result: None
        reader = self._readers.structure({"type": "structure", "members": members})
        return lambda body, result: result.update(parse_json(body, reader))

    def _payload_reader(self, shape: Shape, payload: str) -> BodyReader:
        reference = shape["members"][payload]
        kind = self._model.shape(reference)["type"]
        reader = self._readers.reader(reference)

        def read(body: bytes, result: dict[str, Any]) -> None:
            if body:
                result[payload] = body if kind == "blob" else parse_json(body, reader)

        return read

    def _serializer(self, operation: str) -> Callable[[Mapping[str, Any], str], HttpResponse]:
        output = self._model.output(operation)
        status = self._model.operations[operation]["http"].get("responseCode", 200)
        if output is None:
            return lambda result, request_id: HttpResponse(status, _headers(request_id, _JSON))
        bindings = ResponseBindings(self._model, output)
        write_body, content_type = self._body_writer(output)

        def serialize(result: Mapping[str, Any], request_id: str) -> HttpResponse:
            body = b"" if status == 204 else write_body(result)
            headers = [("x-amzn-RequestId", request_id)]
            bindings.write(result, headers)
            if not any(name == "Content-Type" for name, _ in headers):
                headers.append(("Content-Type", content_type))
            code = result.get(bindings.status_member) if bindings.status_member else None
            return HttpResponse(code or status, headers, body)

        return serialize

    def _body_writer(self, output: Shape) -> tuple[BodyWriter, str]:
        payload = output.get("payload")
        if payload is None:
            members = {name: member for name, member in output["members"].items() if in_body(member)}
            if len(members) == len(output["members"]):
                writer = self._writers.structure(members)
                return (lambda result: to_json(result, writer)), _JSON
            # the other members are left out of the body by the writer, so there must be one
            always = self._writers.structure_always(members)
            return (lambda result: to_json(result, always)), _JSON
        reference = output["members"][payload]
        if self._model.shape(reference)["type"] in ("blob", "string"):
            return (lambda result: result.get(payload) or b""), _JSON if self._model.name in _JSON_BLOBS else _BYTES
        payload_writer = self._writers.writer(reference)
        return (lambda result: to_json(result.get(payload) or {}, payload_writer)), _JSON


def _headers(request_id: str, content_type: str) -> list[tuple[str, str]]:
    return [("x-amzn-RequestId", request_id), ("Content-Type", content_type)]


def _invalid(wire: str, text: str, kind: str) -> AwsError:
    return serialization_error(f"{text[:100]!r} at {wire!r} can not be converted to {kind}")
