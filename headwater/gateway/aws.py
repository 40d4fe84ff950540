"""Requests to AWS's own APIs: from bytes to an operation, and from its outcome to bytes."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from headwater.gateway.connection import HttpConnection
from headwater.gateway.identity import Callers, Scopes, service_of
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols import Protocol, WireService, load_service
from headwater.gateway.protocols.plans import Plan
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError, internal_error, not_implemented
from headwater.spine.operations import Operation, Result
from headwater.spine.spans import parse_trace_header

_FOR_BROWSERS = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))

log = logging.getLogger(__name__)


class AwsApis:
    """Finds the service, parses, submits, serialises."""

    def __init__(self, engine: Engine, models: Mapping[str, str | None]) -> None:
        self._engine = engine
        self._models = models
        self._wires: dict[str, WireService] = {}
        self._callers = Callers()
        self._scopes = Scopes()

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None:
        scope = self._scopes.of(request)
        service = service_of(request, scope)
        request_id = self._engine.ids.uuid()
        try:
            wire = self._wire(service)
        except AwsError as error:
            connection.respond(_unknown_service(error, request_id))
            return
        protocol = wire.protocol_of(request)
        name: str | None = None
        try:
            name, path = wire.match(request, protocol)
            operation = self._engine.find(service, name)
            if operation.internal:
                raise not_implemented(f"The operation {service}:{name}")
            plan = wire.plan(name, protocol)
            parameters = plan.parse(request, path)
        except AwsError as error:
            connection.respond(wire.error(protocol, error, request_id, name))
            return
        except Exception:  # the edge of the process: bad input must never be a traceback
            log.exception("request could not be read", extra={"service": service, "operation": name})
            connection.respond(wire.error(protocol, internal_error(), request_id, name))
            return
        header = request.headers.get("x-amzn-trace-id")
        reply = _Reply(connection, wire, protocol, plan, operation, request_id)
        # S3 answers browsers by the CORS rules of each bucket
        reply.browser = "origin" in request.headers and service != "s3"
        self._engine.submit(
            operation,
            parameters,
            self._callers.find(scope),
            parse_trace_header(header) if header else None,
            reply,
            reply.waiting,
        )

    def _wire(self, service: str) -> WireService:
        wire = self._wires.get(service)
        if wire is None:
            model = self._models.get(service)
            if model is None:
                raise not_implemented(f"The service {service}")
            wire = self._wires[service] = load_service(model)
        return wire


class _Reply:
    """Writes an operation's outcome to the connection that asked for it."""

    __slots__ = ("_connection", "_operation", "_plan", "_protocol", "_request_id", "_wire", "browser", "waiting")

    def __init__(
        self,
        connection: HttpConnection,
        wire: WireService,
        protocol: Protocol,
        plan: Plan,
        operation: Operation,
        request_id: str,
    ) -> None:
        self._connection = connection
        self._wire = wire
        self._protocol = protocol
        self._plan = plan
        self._operation = operation
        self._request_id = request_id
        self.browser = False
        self.waiting = self._abandon_with_client if operation.abandonable else None

    def __call__(self, result: Result | None, error: AwsError | None) -> None:
        if error is None and result is not None:
            try:
                response = self._plan.serialize(result, self._request_id)
            except Exception:  # the edge of the process: a result that does not fit is a fault of ours
                log.exception("result could not be written", extra={"operation": self._operation.title})
                error = internal_error()
        if error is not None:
            response = self._wire.error(self._protocol, error, self._request_id, self._operation.name)
        if self.browser:
            response.headers += _FOR_BROWSERS
        self._connection.respond(response)

    def _abandon_with_client(self, task: object) -> None:
        self._connection.abandoned = task.cancel  # type: ignore[attr-defined]


def _unknown_service(error: AwsError, request_id: str) -> HttpResponse:
    """No model tells the protocol of a service that we lack: JSON is what most clients read."""
    body = f'{{"__type":"{error.code}","message":"{error.message}"}}'.encode()
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("x-amzn-RequestId", request_id),
        ("x-amzn-ErrorType", error.code),
    ]
    return HttpResponse(error.status, headers, body)
