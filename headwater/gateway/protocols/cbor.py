"""CBOR: Smithy RPC v2 (CloudWatch in newer SDKs, ``POST /service/X/operation/Y``), and what AWS's JSON protocol is in
CBOR, which Java's SDKs speak to Kinesis: ``X-Amz-Target``, and instants in milliseconds.

https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import cbor2

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.error_shapes import ErrorShapes
from headwater.gateway.protocols.naming import CBOR_JSON
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.protocols.readers import CborReaders, Reader
from headwater.gateway.protocols.type_errors import mismatch, serialization_error
from headwater.gateway.protocols.writers import Writers, without_nulls
from headwater.spine.errors import AwsError
from headwater.spine.models import Model
from headwater.spine.timestamps import epoch

_EPOCH_TAG = 1


class RpcCbor:
    """One service in this protocol."""

    def __init__(self, model: Model, errors: ErrorShapes) -> None:
        self._model = model
        self._errors = errors
        self._readers = CborReaders(model, mismatch, rename=False)
        self._writers = Writers(model, timestamp=_instant, rename=False)

    def plan(self, operation: str) -> Plan:
        """Compile one operation."""
        reader = self._readers.structure(self._model.input(operation))
        output = self._model.output(operation)
        writer = self._writers.structure(output["members"]) if output else None

        def parse(request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
            return _parse(request.body, reader)

        def serialize(result: Mapping[str, Any], request_id: str) -> HttpResponse:
            if output is None:
                return HttpResponse(200, [("x-amzn-RequestId", request_id), _PROTOCOL])
            value = result if writer is None else writer(result)
            return _response(200, value, request_id)

        return Plan(parse, serialize)

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        """``{"__type": "Code", "message": "…"}``, and the older protocol's code in a header."""
        body = {"__type": error.code, "message": error.message, **error.members}
        response = _response(self._errors.status(error), body, request_id)
        if "awsQueryCompatible" in self._model.metadata:
            fault = "Sender" if error.sender_fault else "Receiver"
            response.headers.append(("x-amzn-query-error", f"{self._errors.query_code(error.code)};{fault}"))
        return response


_PROTOCOL = ("smithy-protocol", "rpc-v2-cbor")


class JsonCbor:
    """One service in the JSON protocol's twin."""

    def __init__(self, model: Model, errors: ErrorShapes) -> None:
        self._model = model
        self._errors = errors
        self._readers = CborReaders(model, mismatch)
        self._writers = Writers(model, timestamp=_milliseconds)

    def plan(self, operation: str) -> Plan:
        """Compile one operation."""
        reader = self._readers.structure(self._model.input(operation))
        output = self._model.output(operation)
        writer = self._writers.structure(output["members"]) if output else None

        def parse(request: HttpRequest, path: Mapping[str, str]) -> dict[str, Any]:
            return _parse(request.body, reader, _SECONDS)

        def serialize(result: Mapping[str, Any], request_id: str) -> HttpResponse:
            value = result if writer is None else writer(result)
            return _twin(200, {} if output is None else value, request_id)

        return Plan(parse, serialize)

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        body = {"__type": error.code, "message": error.message, **error.members}
        return _twin(self._errors.status(error), body, request_id)


def _milliseconds(instant: int) -> cbor2.CBORTag:
    return cbor2.CBORTag(_EPOCH_TAG, instant)


def _twin(status: int, value: Any, request_id: str) -> HttpResponse:
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", CBOR_JSON)]
    return HttpResponse(status, headers, cbor2.dumps(without_nulls(value)))


# an instant in milliseconds as the seconds that readers take
_SECONDS = MappingProxyType({_EPOCH_TAG: lambda value, immutable: value / 1000})


def _parse(body: bytes, reader: Reader, tags: Mapping[int, Any] | None = None) -> dict[str, Any]:
    if not body:
        return {}
    try:
        result: dict[str, Any] = reader(cbor2.loads(body, semantic_decoders=tags))
    except (cbor2.CBORError, RecursionError, ValueError, OverflowError):
        raise serialization_error() from None
    return result


def _instant(milliseconds: int) -> cbor2.CBORTag:
    return cbor2.CBORTag(_EPOCH_TAG, epoch(milliseconds))


def _response(status: int, value: Any, request_id: str) -> HttpResponse:
    headers = [("x-amzn-RequestId", request_id), _PROTOCOL, ("Content-Type", "application/cbor")]
    return HttpResponse(status, headers, cbor2.dumps(without_nulls(value)))
