"""Spans as OTLP's protobuf, by OpenTelemetry's semantic conventions.

https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as OtlpSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from headwater import __version__
from headwater.spine.spans import Span, brief, name_of

_MESSAGING: Mapping[str, str] = MappingProxyType(
    {"sqs": "aws_sqs", "sns": "aws.sns", "events": "aws.eventbridge", "kinesis": "aws.kinesis"}
)
_SENDS = ("Send", "Publish", "PutEvents", "PutRecord")
_RECEIVES = ("Receive", "Poll", "GetRecords")
_GOOD = ("ok", "again")
_MICRO, _MILLI = 1000, 1_000_000  # in nanoseconds


def encode(spans: list[Span]) -> bytes:
    """One request; the spans of each of our services under a resource of its own."""
    request = ExportTraceServiceRequest()
    scopes: dict[str, Any] = {}
    for span in spans:
        service = span.name.partition(":")[0].partition(".")[0]
        if service not in scopes:
            resource = request.resource_spans.add()
            told = {"service.name": service, "service.namespace": "headwater", "cloud.provider": "aws"}
            _put(resource.resource.attributes, told)
            scopes[service] = resource.scope_spans.add()
            scopes[service].scope.name, scopes[service].scope.version = "headwater", __version__
        _fill(scopes[service].spans.add(), span, service)
    return bytes(request.SerializeToString())


def _fill(made: OtlpSpan, span: Span, service: str) -> None:
    made.trace_id = bytes.fromhex(span.trace[2:10] + span.trace[11:])
    made.span_id = bytes.fromhex(name_of(span.id))
    if span.parent is not None:
        made.parent_span_id = bytes.fromhex(name_of(span.parent))
    method = span.name.partition(":")[2]
    made.name = span.name
    made.kind = _kind(span, method)
    made.start_time_unix_nano = span.started * _MILLI
    made.end_time_unix_nano = span.started * _MILLI + (span.duration or 0) * _MICRO
    _put(made.attributes, _attributes(span, service, method))
    failure = None if span.outcome in _GOOD else span.outcome
    failure = failure or (span.notes or {}).get("functionError")
    if failure is not None:
        made.status.code = Status.STATUS_CODE_ERROR
        made.status.message = str(failure)


def _kind(span: Span, method: str) -> OtlpSpan.SpanKind.ValueType:
    if span.kind == "delivery" or method.startswith(_RECEIVES):
        return OtlpSpan.SPAN_KIND_CONSUMER
    return OtlpSpan.SPAN_KIND_PRODUCER if method.startswith(_SENDS) else OtlpSpan.SPAN_KIND_SERVER


def _attributes(span: Span, service: str, method: str) -> dict[str, Any]:
    told: dict[str, Any] = {"cloud.account.id": span.account, "cloud.region": span.region}
    if method:
        told |= {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": method}
    if span.subject is not None:
        told["cloud.resource_id"] = span.subject
    name = (span.subject or "").rpartition(":")[2].rpartition("/")[2]
    if service in _MESSAGING and (span.kind == "delivery" or method.startswith((*_SENDS, *_RECEIVES))):
        told |= {"messaging.system": _MESSAGING[service], "messaging.destination.name": name}
        kind = "process" if span.kind == "delivery" else "send" if method.startswith(_SENDS) else "receive"
        told["messaging.operation.type"] = kind
    if span.name in ("lambda:Invoke", "lambda.event"):
        told |= {"faas.invoked_name": name, "faas.invoked_provider": "aws", "faas.invoked_region": span.region}
        if span.notes and "requestId" in span.notes:
            told["faas.invocation_id"] = span.notes["requestId"]
    if span.outcome not in _GOOD:
        told["error.type"] = span.outcome
    return told | {f"headwater.{key}": value for key, value in brief(span.notes or {}).items()}


def _put(attributes: Any, values: Mapping[str, Any]) -> None:
    """Add to a message's attributes; filled in place, which is quicker than building them apart."""
    for key, value in values.items():
        pair = attributes.add()
        pair.key = key
        if isinstance(value, bool):
            pair.value.bool_value = value
        elif isinstance(value, int) and -(2**63) <= value < 2**63:
            pair.value.int_value = value
        elif isinstance(value, float):
            pair.value.double_value = value
        else:
            pair.value.string_value = str(value)
