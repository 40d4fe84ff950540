"""OTLP over HTTP, ``POST /v1/traces``: users' own OpenTelemetry spans, shown in our traces.

JSON always; protobuf where the extra ``otel`` is installed. https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from headwater.gateway.connection import HttpConnection
from headwater.gateway.identity import DEFAULT_ACCOUNT, DEFAULT_REGION
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError
from headwater.spine.operations import ANYBODY, Caller, Result

_PATH = "/v1/traces"
_ANYBODY = Caller(DEFAULT_ACCOUNT, DEFAULT_REGION, ANYBODY)
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
_LARGEST = 64 * 1024 * 1024
_KINDS = ("", "internal", "server", "client", "producer", "consumer")
_FAILED = (2, "STATUS_CODE_ERROR")
_NANO = 1_000_000_000
_GZIP = 16 + zlib.MAX_WBITS


class OtlpSite:
    """Answers one path."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def handle(self, request: HttpRequest, connection: HttpConnection) -> bool:
        if request.path != _PATH or request.method != "POST":
            return False
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        try:
            documents = list(_documents(_decode(request, kind)))
        except _Refused as refusal:
            connection.respond(_plain(refusal.status, str(refusal)))
            return True

        def reply(result: Result | None, error: AwsError | None) -> None:
            if result is None:
                connection.respond(_plain(503, error.message if error is not None else ""))
                return
            connection.respond(HttpResponse(200, [("Content-Type", kind)], b"{}" if kind == _JSON else b""))

        operation = self._engine.find("xray", "PutSpans")
        self._engine.submit(operation, {"Documents": documents}, _ANYBODY, None, reply)
        return True


class _Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _plain(status: int, text: str) -> HttpResponse:
    return HttpResponse(status, [("Content-Type", "text/plain")], text.encode())


def _decode(request: HttpRequest, kind: str) -> Mapping[str, Any]:
    """The request as OTLP's JSON has it, ids in hexadecimal digits."""
    body = bytes(request.body)
    if request.headers.get("content-encoding") == "gzip":
        try:
            unpacked = zlib.decompressobj(_GZIP)
            body = unpacked.decompress(body, _LARGEST)
        except zlib.error:
            raise _Refused(400, "The body is no gzip.") from None
    if kind == _JSON:
        try:
            told = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise _Refused(400, "The body is no JSON.") from None
        if not isinstance(told, dict):
            raise _Refused(400, "The body is no ExportTraceServiceRequest.")
        return told
    if kind != _PROTOBUF:
        raise _Refused(415, f"The Content-Type is {_PROTOBUF} or {_JSON}.")
    try:
        from google.protobuf.json_format import MessageToDict
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    except ImportError:
        raise _Refused(501, "Protobuf needs the extra: pip install 'headwater[otel]'; JSON does not.") from None
    try:
        told = MessageToDict(ExportTraceServiceRequest.FromString(body))
    except DecodeError:
        raise _Refused(400, "The body is no ExportTraceServiceRequest.") from None
    for span in _spans(told):
        for name in ("traceId", "spanId", "parentSpanId"):
            span[1][name] = base64.b64decode(span[1].get(name) or "").hex()
    return dict(told)


def _spans(told: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Each span with its resource's attributes."""
    for resource in _list(told, "resourceSpans"):
        attributes = _attributes((resource.get("resource") or {}).get("attributes"))
        for scope in _list(resource, "scopeSpans"):
            for span in _list(scope, "spans"):
                yield attributes, span


def _list(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _attributes(pairs: Any) -> dict[str, Any]:
    found = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, dict) and isinstance(pair.get("key"), str) and isinstance(pair.get("value"), dict):
            found[pair["key"]] = next((_value(kind, each) for kind, each in pair["value"].items()), None)
    return found


def _value(kind: str, value: Any) -> Any:
    return int(value) if kind == "intValue" and str(value).lstrip("-").isdigit() else value


def _documents(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Spans as X-Ray's segment documents; what is malformed is left to be refused as such."""
    for resource, span in _spans(told):
        trace, start, end = str(span.get("traceId", "")), span.get("startTimeUnixNano"), span.get("endTimeUnixNano")
        status = span.get("status") or {}
        annotations = _attributes(span.get("attributes"))
        document: dict[str, Any] = {
            "trace_id": f"1-{trace[:8]}-{trace[8:]}",
            "id": span.get("spanId"),
            "name": str(span.get("name") or "span")[:200],
            "start_time": _seconds(start),
            "end_time": _seconds(end),
            "annotations": annotations | {key: value for key, value in resource.items() if key == "service.name"},
            "kind": _kind(span.get("kind")),
        }
        if span.get("parentSpanId"):
            document["parent_id"] = span["parentSpanId"]
        if status.get("code") in _FAILED:
            document |= {"fault": True, "cause": {"message": str(status.get("message") or "")}}
        yield document


def _seconds(nanoseconds: Any) -> float | None:
    return int(nanoseconds) / _NANO if str(nanoseconds).isdigit() else None


def _kind(kind: Any) -> str:
    if isinstance(kind, int) and 0 <= kind < len(_KINDS):
        return _KINDS[kind]
    return str(kind or "").removeprefix("SPAN_KIND_").lower()
