"""Integrations of REST APIs that are not proxies: templates and mappings around a service, or around nothing (MOCK).

https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-integration-settings.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from headwater.languages.regular_expressions import Expression, InvalidExpression, compile_expression
from headwater.languages.vtl import Template, TemplateError, compile_template
from headwater.services.apigateway.addresses import address_of, filled
from headwater.services.apigateway.credentials import Credentials, NotTrusted, credentials_of, principal_of
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Backend, Exchange, Response, message
from headwater.services.apigateway.rest_parameters import (
    AnswerMapping,
    RequestMapping,
    answer_mappings,
    request_mappings,
)
from headwater.services.apigateway.rest_service import Outgoing, Target, as_json, request_to, target_of
from headwater.services.apigateway.rest_variables import UnreadableBody, context_of, variables
from headwater.spine.errors import not_implemented
from headwater.spine.outgoing import Unreachable, send
from headwater.spine.wire import WireAnswer
from headwater.spine.work import Work

_JSON = "application/json"
_PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
_STATUS = re.compile("[1-5][0-9][0-9]")
_BARE_STATUS = re.compile(rb"^\s*\{(?:[^{}]*,)?\s*'?statusCode'?\s*:\s*(\d+)\s*[,}]")
_MOST_BODY_BYTES = 10 * 1024 * 1024
_FUNCTION_ERROR = "x-amz-function-error"


class IntegrationResponse(NamedTuple):
    """What becomes of an answer. ``pattern`` None: of those that no pattern takes."""

    status: int
    pattern: Expression | None
    mappings: tuple[AnswerMapping, ...]
    templates: Mapping[str, Template]


class TemplatedIntegration(NamedTuple):
    """``target`` is None for MOCK, and the address of an endpoint for HTTP; ``timeout`` in seconds; ``credentials``:
    the role in which it is asked."""

    target: Target | str | None
    method: str
    mappings: tuple[RequestMapping, ...]
    templates: Mapping[str, Template]
    passthrough: str
    responses: tuple[IntegrationResponse, ...]
    timeout: float
    credentials: Credentials | None


class RefusedByGateway(Exception):
    """API Gateway answers by itself; the argument is its answer."""

    def __init__(self, response: Response, problem: str = "") -> None:
        super().__init__(problem)
        self.response = response
        self.problem = problem


def compile_templated(document: Mapping[str, Any]) -> TemplatedIntegration:
    """Compile ``methodIntegration`` of type AWS, HTTP or MOCK; AwsError for what cannot be served."""
    if document.get("contentHandling") not in (None, "CONVERT_TO_TEXT"):
        raise not_implemented("contentHandling of API Gateway's integrations")
    passthrough = document.get("passthroughBehavior") or _PASSTHROUGH[0]
    if passthrough not in _PASSTHROUGH:
        raise bad_request("Invalid pass through behavior specified.")
    return TemplatedIntegration(
        _behind(document["type"].upper(), document.get("uri") or ""),
        document.get("httpMethod") or "POST",
        request_mappings(document.get("requestParameters") or {}),
        _templates(document.get("requestTemplates") or {}),
        passthrough,
        tuple(map(compile_response, (document.get("integrationResponses") or {}).values())),
        int(document.get("timeoutInMillis") or 29_000) / 1000,
        credentials_of(document.get("credentials")),
    )


def _behind(kind: str, uri: str) -> Target | str | None:
    if kind == "HTTP":
        return address_of(uri)
    return None if kind == "MOCK" else target_of(uri)


def _templates(given: Mapping[str, str | None]) -> dict[str, Template]:
    """By content type; an empty one lets bodies through as they are."""
    try:
        return {kind.lower(): compile_template(text) for kind, text in given.items() if text}
    except TemplateError as error:
        raise bad_request(f"Invalid mapping template specified: {error}") from None


def check_status(code: str) -> None:
    if _STATUS.fullmatch(code) is None:
        raise bad_request(f"Invalid status code specified: {code}")


def compile_response(document: Mapping[str, Any]) -> IntegrationResponse:
    if document.get("contentHandling") not in (None, "CONVERT_TO_TEXT"):
        raise not_implemented("contentHandling of API Gateway's integration responses")
    try:
        pattern = compile_expression(document["selectionPattern"]) if document.get("selectionPattern") else None
    except InvalidExpression as error:
        raise bad_request(f"Invalid selection pattern specified: {error}") from None
    return IntegrationResponse(
        int(document["statusCode"]),
        pattern,
        answer_mappings(document.get("responseParameters") or {}),
        _templates(document.get("responseTemplates") or {}),
    )


async def run_templated(work: Work, integration: TemplatedIntegration, exchange: Exchange) -> Response:
    """Ask the service as the request's mappings say, and answer as the response's do."""
    context = context_of(exchange)
    try:
        body = _request_body(integration, exchange, context)
        if integration.target is None:
            answer, selector = mock(body)
        elif isinstance(integration.target, str):
            answer, selector = await _ask_endpoint(integration, exchange, body, context["requestOverride"])
        else:
            answer, selector = await ask(work, integration, exchange, body, context["requestOverride"])
        return _respond(selected_response(integration, selector), exchange, answer, context)
    except RefusedByGateway as refused:
        exchange.problem = refused.problem
        return refused.response
    except TimeoutError:
        exchange.problem = f"no answer within {integration.timeout:g} s"
        return failure(504, "INTEGRATION_TIMEOUT", "Endpoint request timed out")
    except UnreadableBody as error:
        exchange.problem = str(error)
        return failure(400, "BAD_REQUEST_BODY", f"Could not parse request body into json: {error}")
    except TemplateError as error:
        exchange.problem = str(error)
        return failure(500)


def failure(status: int, kind: str = "API_CONFIGURATION_ERROR", text: str = "Internal server error") -> Response:
    """API Gateway's own answer to what went wrong."""
    error = "InternalServerErrorException" if status >= 500 else "BadRequestException"
    return message(status, text, ("x-amzn-ErrorType", error), kind=kind)


def unreachable() -> Response:
    return failure(504, "INTEGRATION_FAILURE", "Network error communicating with endpoint")


def _request_body(integration: TemplatedIntegration, exchange: Exchange, context: dict[str, Any]) -> bytes:
    kind = exchange.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    template = integration.templates.get(kind)
    if template is not None:
        text = exchange.body.decode(errors="replace")
        return template.render(variables(exchange, text, context)).encode()
    refused = integration.passthrough == "NEVER" or (integration.passthrough == _PASSTHROUGH[1])
    if refused and (integration.templates or integration.passthrough == "NEVER"):
        unsupported = failure(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")
        raise RefusedByGateway(unsupported, f"no template for {kind}")
    return exchange.body


def mock(body: bytes) -> tuple[WireAnswer, str]:
    """The request's body says the status. Names need no quotes there: the CDK writes ``{ statusCode: 200 }``."""
    try:
        status = int(orjson.loads(body)["statusCode"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        written = _BARE_STATUS.search(body)
        if written is None:
            problem = "a MOCK integration's request template has to give a statusCode"
            raise RefusedByGateway(failure(500), problem) from None
        status = int(written[1])
    return WireAnswer(status, {}, b""), str(status)


def _places(
    integration: TemplatedIntegration, exchange: Exchange, override: dict[str, Any]
) -> dict[str, dict[str, str]]:
    """Headers, query and path parameters of what is sent, as the mappings and then the template say."""
    places: dict[str, dict[str, str]] = {"header": {"content-type": _JSON}, "querystring": {}, "path": {}}
    for mapping in integration.mappings:
        value = mapping.source(exchange)
        if value is not None:
            places[mapping.place][mapping.name.lower() if mapping.place == "header" else mapping.name] = value
    for place, values in override.items():
        for name, value in values.items():
            places[place][name.lower() if place == "header" else name] = str(value)
    return places


async def _ask_endpoint(
    integration: TemplatedIntegration, exchange: Exchange, body: bytes, override: dict[str, Any]
) -> tuple[WireAnswer, str]:
    """An HTTP endpoint's answer; its status selects the response. Nothing of the request goes there unmapped."""
    places = _places(integration, exchange, override)
    url = filled(str(integration.target), exchange.stage_variables, places["path"])
    if query := urlencode(places["querystring"]):
        url += ("&" if "?" in url else "?") + query
    own = {"accept": _JSON, "user-agent": f"AmazonAPIGateway_{exchange.api_id}"}
    headers = own | {"x-amzn-apigateway-api-id": exchange.api_id} | places["header"]
    method = exchange.method if integration.method == "ANY" else integration.method
    exchange.backend = Backend(None, None)
    try:
        answer = await send(method, url, headers, body, seconds=integration.timeout, most=_MOST_BODY_BYTES)
    except Unreachable as error:
        if error.timed_out:
            raise TimeoutError from None
        raise RefusedByGateway(unreachable(), f"{method} {url}: {error.message}") from None
    exchange.backend = Backend(answer.status, answer.status)
    if exchange.told is not None:
        exchange.told += [
            f"Endpoint request body after transformations: {body.decode(errors='replace')}",
            f"Sending request to {url}",
            f"Received response. Status: {answer.status}",
            f"Endpoint response body before transformations: {answer.body.decode(errors='replace')}",
        ]
    return WireAnswer(answer.status, dict(answer.headers), answer.body), str(answer.status)


async def ask(
    work: Work, integration: TemplatedIntegration, exchange: Exchange, body: bytes, override: dict[str, Any]
) -> tuple[WireAnswer, str]:
    """The service's answer, and the text that selects the response."""
    target = integration.target
    assert isinstance(target, Target)
    places = _places(integration, exchange, override)
    outgoing = Outgoing(integration.method, places["header"], places["querystring"], places["path"], body)
    request = request_to(target, outgoing, exchange, work.engine.endpoint)
    try:
        principal = await principal_of(work, integration.credentials)
    except NotTrusted as refusal:
        raise RefusedByGateway(failure(500), str(refusal)) from None
    sent = work.send(request, exchange.account, target.region or exchange.region, principal)
    exchange.backend = Backend(None, None)
    answer = await work.within(int(integration.timeout * 1000), sent)
    exchange.backend = Backend(answer.status, answer.status)
    if exchange.told is not None:
        exchange.told += [
            f"Endpoint request body after transformations: {body.decode(errors='replace')}",
            f"Sending request to {request.service}: {request.method} {request.path}",
            f"Received response. Status: {answer.status}",
            f"Endpoint response body before transformations: {answer.body.decode(errors='replace')}",
        ]
    if target.service != "lambda":
        return as_json(target, answer), str(answer.status)
    if answer.status >= 300:
        raise RefusedByGateway(failure(500), f"Invoke answered {answer.status}: {answer.body.decode(errors='replace')}")
    return answer, _error_of(answer) if _FUNCTION_ERROR in answer.headers else ""


def _error_of(answer: WireAnswer) -> str:
    """The message of a function's error, which patterns are matched with."""
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return ""
    return str(document.get("errorMessage") or "") if isinstance(document, dict) else ""


def selected_response(integration: TemplatedIntegration, text: str) -> IntegrationResponse:
    for response in integration.responses:
        if response.pattern is not None and response.pattern.matches(text):
            return response
    for response in integration.responses:
        if response.pattern is None:
            return response
    raise RefusedByGateway(failure(500), f"no integration response is for {text!r}")


def _respond(
    selected: IntegrationResponse, exchange: Exchange, answer: WireAnswer, context: dict[str, Any]
) -> Response:
    kind, template = _accepted(selected.templates, exchange.headers.get("accept", ""))
    body = answer.body
    if template is not None:
        try:
            body = template.render(variables(exchange, body.decode(errors="replace"), context)).encode()
        except UnreadableBody as error:
            raise TemplateError(str(error)) from None
    headers = {"content-type": kind}
    for mapping in selected.mappings:
        value = mapping.source(exchange, answer)
        if value is not None:
            headers[mapping.name.lower()] = value
    override = context["responseOverride"]
    headers |= {name.lower(): str(value) for name, value in override["header"].items()}
    status = str(override.get("status") or selected.status)
    if not (status.isdigit() and 200 <= int(status) <= 599):
        raise RefusedByGateway(failure(500), f"{status} is no status")
    return Response(int(status), list(headers.items()), body)


def _accepted(templates: Mapping[str, Template], accept: str) -> tuple[str, Template | None]:
    """The template of a type that the client asks for, else JSON's, else the first."""
    if not templates:
        return _JSON, None
    asked = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    kind = next((kind for kind in (*asked, _JSON) if kind in templates), next(iter(templates)))
    return kind, templates[kind]
