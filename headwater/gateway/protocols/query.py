"""AWS Query: a form in, XML out.

https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols import forms
from headwater.gateway.protocols.error_shapes import ErrorShapes
from headwater.gateway.protocols.naming import form_of
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.protocols.query_reader import QueryReaders, grow
from headwater.gateway.protocols.xml_writer import XmlWriters, legible
from headwater.spine.errors import AwsError
from headwater.spine.models import Model

_SQS_NAMESPACE = "http://queue.amazonaws.com/doc/2012-11-05/"


class Query:
    """One service in this protocol."""

    def __init__(self, model: Model, errors: ErrorShapes) -> None:
        self._model = model
        self._errors = errors
        self._namespace = model.metadata.get("xmlNamespace", _SQS_NAMESPACE)
        self._readers = QueryReaders(model)
        self._writers = XmlWriters(model, legible)
        self._detail = "<Detail/>" if model.name == "sqs" else ""

    def plan(self, operation: str) -> Plan:
        """Compile one operation."""
        read = self._readers.structure(self._model.input(operation))
        output = self._model.output(operation)
        write = self._writers.members(output) if output else None
        wrapper = self._model.operations[operation].get("output", {}).get("resultWrapper", f"{operation}Result")
        opening = f'<{operation}Response xmlns="{self._namespace}">'
        closing = f"</RequestId></ResponseMetadata></{operation}Response>"

        by_path = self._model.name == "sqs" and "QueueUrl" in self._model.input(operation).get("members", ())

        def parse(request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
            result: dict[str, Any] = read(grow(forms.pairs(form_of(request))))
            if by_path and "QueueUrl" not in result and len(request.path) > 1:
                result["QueueUrl"] = request.path.rstrip("/")  # the request was sent to the queue's own URL
            return result

        def serialize(result: Mapping[str, Any], request_id: str) -> HttpResponse:
            content = f"<{wrapper}>{write(result)}</{wrapper}>" if write else ""
            text = f"{opening}{content}<ResponseMetadata><RequestId>{request_id}{closing}"
            return _response(200, text, request_id)

        return Plan(parse, serialize)

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        """``<ErrorResponse><Error><Type/><Code/><Message/></Error><RequestId/></ErrorResponse>``."""
        fault = "Sender" if error.sender_fault else "Receiver"
        members = "".join(
            f"<{name}>{legible(str(value))}</{name}>" for name, value in error.members.items() if value is not None
        )
        text = (
            f'<ErrorResponse xmlns="{self._namespace}"><Error><Type>{fault}</Type>'
            f"<Code>{legible(self._errors.query_code(error.code))}</Code><Message>{legible(error.message)}</Message>"
            f"{members}{self._detail}</Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return _response(self._errors.status(error), text, request_id)


def _response(status: int, text: str, request_id: str) -> HttpResponse:
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]
    return HttpResponse(status, headers, text.encode("utf-8", "surrogatepass"))
