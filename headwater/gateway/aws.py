"""Requests to AWS's own APIs: from bytes to an operation, and from its outcome to bytes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from headwater.gateway.connection import HttpConnection
from headwater.gateway.event_frames import CONTENT_TYPE
from headwater.gateway.identity import MOST_KEPT, Callers, credential_of, scope_of, service_of
from headwater.gateway.messages import HttpRequest, HttpResponse
from headwater.gateway.protocols import Protocol, WireService, load_service
from headwater.gateway.protocols.naming import CBOR_JSON
from headwater.gateway.protocols.plans import Plan
from headwater.gateway.sessions import Sessions, expired
from headwater.gateway.signatures import heed
from headwater.gateway.users import as_user, is_of_user
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError, internal_error, not_implemented
from headwater.spine.event_streams import EventStream
from headwater.spine.fault_errors import Unanswered
from headwater.spine.operations import Caller, Operation, Result
from headwater.spine.permissions import in_role
from headwater.spine.spans import cause_of

_NO_PATH: Mapping[str, str] = MappingProxyType({})
_XML_SERVICES = ("cloudfront", "route53")  # whose requests are no forms, and whose answers are XML nevertheless
_FOR_BROWSERS = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))

log = logging.getLogger(__name__)


class Route(NamedTuple):
    """What a kind of request means: who calls which operation, and how it travels."""

    service: str
    wire: WireService
    protocol: Protocol
    operation: Operation
    plan: Plan
    caller: Caller


class AwsApis:
    """Finds the service, parses, submits, serialises."""

    def __init__(self, engine: Engine, models: Mapping[str, str | None]) -> None:
        self._engine = engine
        self._models = models
        self._wires: dict[str, WireService] = {}
        self._callers = Callers()
        self._sessions = Sessions()
        # by target and credential scope, which clients repeat all day
        self._routes: dict[tuple[str, str], Route] = {}

    def handle(self, request: HttpRequest, connection: HttpConnection) -> None:
        headers = request.headers
        credential = credential_of(headers)
        request_id = self._engine.ids.uuid()
        path: Mapping[str, str] = _NO_PATH
        route = self._routes.get((headers.get("x-amz-target", ""), credential))
        if route is None or "smithy-protocol" in headers or headers.get("content-type") == CBOR_JSON:
            found = self._find(request, credential, request_id)
            if isinstance(found, HttpResponse):
                connection.respond(found)
                return
            route, path = found
        if request.flaw is not None:
            operation, refused = heed(route.operation, request.flaw, route.protocol, request.excused)
            route = route._replace(operation=operation)
            if refused is not None:
                self._submit(route, {}, request, request_id, connection)
                return
        session = self._sessions.find(request)
        if session is not None:
            if session.expires <= self._engine.clock.now():
                error = expired(route.service, route.protocol)
                connection.respond(route.wire.error(route.protocol, error, request_id, route.operation.name))
                return
            caller = route.caller._replace(principal=session.principal)
            route = route._replace(caller=caller, operation=in_role(route.operation))
        try:
            parameters = route.plan.parse(request, path)
        except AwsError as error:
            connection.respond(route.wire.error(route.protocol, error, request_id, route.operation.name))
            return
        except Exception:  # the edge of the process: bad input must never be a traceback
            log.exception("request could not be read", extra={"operation": route.operation.title})
            connection.respond(route.wire.error(route.protocol, internal_error(), request_id, route.operation.name))
            return
        self._submit(route, parameters, request, request_id, connection)

    def _submit(
        self,
        route: Route,
        parameters: dict[str, Any],
        request: HttpRequest,
        request_id: str,
        connection: HttpConnection,
    ) -> None:
        headers = request.headers
        # S3 answers browsers by the CORS rules of each bucket
        kind = _Reply if route.plan.events is None else _StreamingReply
        reply = kind(connection, route, request_id, "origin" in headers and route.service != "s3")
        self._engine.submit(
            route.operation,
            parameters,
            route.caller,
            cause_of(headers),
            reply,
            reply.abandon_with_client if route.operation.abandonable else None,
        )

    def _find(
        self, request: HttpRequest, credential: str, request_id: str
    ) -> tuple[Route, Mapping[str, str]] | HttpResponse:
        """The route of a request and the parameters of its path, or the error to answer with."""
        scope = scope_of(request, credential)
        service = service_of(request, scope)
        try:
            wire = self._wire(service)
        except AwsError as error:
            return _unknown_service(error, service, request, request_id)
        protocol = wire.protocol_of(request)
        name: str | None = None
        try:
            name, path = wire.match(request, protocol)
            operation = self._engine.find(service, name)
            if operation.internal:
                raise not_implemented(f"The operation {service}:{name}")
            caller, of_user = self._callers.find(scope), is_of_user(scope.access_key)
            if of_user:
                caller = as_user(self._engine, caller, scope.access_key, service, protocol)
                operation = in_role(operation)
            route = Route(service, wire, protocol, operation, wire.plan(name, protocol), caller)
        except AwsError as error:
            return wire.error(protocol, error, request_id, name)
        except Exception:  # the edge of the process: bad input must never be a traceback
            log.exception("request could not be routed", extra={"service": service, "operation": name})
            return wire.error(protocol, internal_error(), request_id, name)
        target = request.headers.get("x-amz-target")
        # a user's key may be taken from him
        if target and credential and protocol == "json" and not of_user and len(self._routes) < MOST_KEPT:
            self._routes[(target, credential)] = route
        return route, path

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

    __slots__ = ("_browser", "_connection", "_request_id", "_route")

    def __init__(self, connection: HttpConnection, route: Route, request_id: str, browser: bool) -> None:
        self._connection = connection
        self._route = route
        self._request_id = request_id
        self._browser = browser

    def __call__(self, result: Result | None, error: AwsError | None) -> None:
        route = self._route
        if error is None and result is not None:
            try:
                response = route.plan.serialize(result, self._request_id)
            except Exception:  # the edge of the process: a result that does not fit is a fault of ours
                log.exception("result could not be written", extra={"operation": route.operation.title})
                error = internal_error()
        if error is not None:
            if type(error) is Unanswered:
                self._connection.close()
                return
            response = route.wire.error(route.protocol, error, self._request_id, route.operation.name)
        if self._browser:
            response.headers += _FOR_BROWSERS
        self._connection.respond(response)

    def abandon_with_client(self, task: asyncio.Task[None]) -> None:
        self._connection.abandoned = task.cancel


class _StreamingReply(_Reply):
    """The same for an operation that answers with events, as long as the client stays."""

    __slots__ = ()

    def __call__(self, result: Result | None, error: AwsError | None) -> None:
        connection, events = self._connection, self._route.plan.events
        if error is not None or result is None or events is None:
            super().__call__(None, error)
            return
        stream: EventStream = result[events.member]
        connection.begin_stream(CONTENT_TYPE)
        if events.initial:
            connection.send_chunk(events.initial)

        def send(kind: str, value: Mapping[str, Any]) -> None:
            if not connection.send_chunk(events.write(kind, value)):
                connection.close()  # a stream with a gap is none

        connection.abandoned = stream.send_to(send, connection.end_stream)


def _unknown_service(error: AwsError, service: str, request: HttpRequest, request_id: str) -> HttpResponse:
    """No model tells the protocol of a service that we lack: forms are answered in XML, all else in JSON."""
    headers = [("x-amzn-RequestId", request_id), ("x-amzn-ErrorType", error.code)]
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if not form and service not in _XML_SERVICES:
        body = f'{{"__type":"{error.code}","message":"{error.message}"}}'
        return HttpResponse(error.status, [("Content-Type", "application/x-amz-json-1.1"), *headers], body.encode())
    from headwater.gateway.protocols.xml_writer import escape

    told = f"<Error><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
    if service == "ec2":
        body = f"<Response><Errors>{told}</Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        body = f"<ErrorResponse>{told}<RequestId>{request_id}</RequestId></ErrorResponse>"
    return HttpResponse(error.status, [("Content-Type", "text/xml"), *headers], body.encode())
