"""One AWS service as the gateway sees it: which operation a request means, and how that operation travels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Literal
from typing import Protocol as Interface

from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols.error_shapes import ErrorShapes
from headwater.gateway.protocols.naming import CBOR_JSON, action_of, operation_of
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.protocols.routes import Routes
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.models import Model, load_model

Protocol = Literal["json", "json-cbor", "query", "rest-json", "rest-xml", "smithy-rpc-v2-cbor"]

_NO_PATH: Mapping[str, str] = {}


class _Wire(Interface):
    def plan(self, operation: str) -> Plan: ...

    def error(self, error: AwsError, request_id: str, operation: str | None) -> HttpResponse: ...


_ROOMS: Mapping[Protocol, tuple[str, str]] = {
    "json": ("json_rpc", "JsonRpc"),
    "json-cbor": ("cbor", "JsonCbor"),
    "query": ("query", "Query"),
    "rest-json": ("rest_json", "RestJson"),
    "rest-xml": ("rest_xml", "RestXml"),
    "smithy-rpc-v2-cbor": ("cbor", "RpcCbor"),
}


def _wire_of(protocol: Protocol) -> Callable[[Model, ErrorShapes], _Wire]:
    """The protocol's own room is loaded by the first request that speaks it."""
    room, name = _ROOMS[protocol]
    found: Callable[[Model, ErrorShapes], _Wire] = getattr(import_module(f"headwater.gateway.protocols.{room}"), name)
    return found


class WireService:
    """A service's model with everything compiled from it so far."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.operation_names = frozenset(model.operations)
        self.target_prefix: str | None = model.metadata.get("targetPrefix")
        protocols: list[Protocol] = list(model.metadata.get("protocols", (model.metadata["protocol"],)))
        if model.name == "sqs" and "query" not in protocols:
            protocols.append("query")  # AWS still answers it, and older SDKs speak nothing else
        self.protocols: tuple[Protocol, ...] = tuple(protocols)
        self._errors = ErrorShapes(model)
        self._wires: dict[str, _Wire] = {}
        self._plans: dict[tuple[str, str], Plan] = {}
        self._routes = Routes(model) if self.protocols[0].startswith("rest") else None

    def protocol_of(self, request: HttpRequest) -> Protocol:
        """The protocol that a request to this service speaks."""
        headers = request.headers
        if headers.get("content-type") == CBOR_JSON and self.protocols[0] == "json":
            return "json-cbor"
        if len(self.protocols) == 1:
            return self.protocols[0]
        if "smithy-protocol" in headers and "smithy-rpc-v2-cbor" in self.protocols:
            return "smithy-rpc-v2-cbor"
        return "json" if "x-amz-target" in headers else "query" if "query" in self.protocols else self.protocols[0]

    def match(self, request: HttpRequest, protocol: Protocol) -> tuple[str, Mapping[str, str]]:
        """The operation that a request means and the parameters of its path; AwsError where there is none."""
        if self._routes is not None:
            return self._match_route(self._routes, request)
        if protocol in ("json", "json-cbor"):
            target = request.headers.get("x-amz-target", "").rpartition(".")[2]
            return self._known(target, "UnknownOperationException", ""), _NO_PATH
        if protocol == "smithy-rpc-v2-cbor":
            return self._known(operation_of(request.path), "UnknownOperationException", ""), _NO_PATH
        action = action_of(request)
        if action is None:
            raise AwsError("MissingAction", "The request must contain the parameter Action.")
        version = self.model.metadata["apiVersion"]
        missing = f"Could not find operation {action[:200]} for version {version}"
        return self._known(action, "InvalidAction", missing), _NO_PATH

    def plan(self, operation: str, protocol: Protocol) -> Plan:
        """How an operation travels in a protocol; compiled on first use."""
        plan = self._plans.get((operation, protocol))
        if plan is None:
            plan = self._wire(protocol).plan(operation)
            if protocol == "json-cbor" and self.model.streams_events(operation):
                raise not_implemented(f"The event stream of {operation} in the protocol {protocol}")
            self._plans[operation, protocol] = plan
        return plan

    def error(self, protocol: Protocol, error: AwsError, request_id: str, operation: str | None) -> HttpResponse:
        """An error as this protocol writes it."""
        return self._wire(protocol).error(error, request_id, operation)

    def _wire(self, protocol: Protocol) -> _Wire:
        wire = self._wires.get(protocol)
        if wire is None:
            wire = self._wires[protocol] = _wire_of(protocol)(self.model, self._errors)
        return wire

    def _match_route(self, routes: Routes, request: HttpRequest) -> tuple[str, Mapping[str, str]]:
        found = routes.match(request)
        if found is not None:
            return found
        if self.protocols[0] == "rest-xml":
            message = "The specified method is not allowed against this resource."
            raise AwsError("MethodNotAllowed", message, 405, Method=request.method)
        raise AwsError("UnknownOperationException", "", 404)

    def _known(self, operation: str, code: str, message: str) -> str:
        if operation not in self.operation_names:
            raise AwsError(code, message)
        return operation


def load_service(model_name: str) -> WireService:
    """The service of a botocore model (``sqs``, ``stepfunctions``, ``iot-data``); LookupError where there is none."""
    return WireService(load_model(model_name))
