"""What routes of WebSocket APIs lead to: a function, a service with templates around it, or nothing (MOCK).

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-responses.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from headwater.languages.vtl import Template, TemplateError
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange
from headwater.services.apigateway.integration import FunctionIntegration, function_arn
from headwater.services.apigateway.mapping import InvalidMapping, Selector, as_text, compile_mapping
from headwater.services.apigateway.rest_integration import (
    IntegrationResponse,
    RefusedByGateway,
    TemplatedIntegration,
    ask,
    compile_response,
    compile_templated,
    mock,
    selected_response,
)
from headwater.services.apigateway.rest_variables import variables
from headwater.services.apigateway.socket_events import socket_context, socket_event
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.work import Work

_DEFAULT = "$default"
_REFUSALS = (AwsError, RefusedByGateway, TemplateError, TimeoutError)


class SocketAnswer(NamedTuple):
    """What came of a message. ``status`` decides on a new connection; ``headers`` have lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class SocketFailure(Exception):
    """The integration did not do; the client is told no more than that, the log and the span are."""


class SocketIntegration(NamedTuple):
    """``templated`` None: a function. ``select`` chooses the template of a message."""

    function: FunctionIntegration | None
    templated: TemplatedIntegration | None
    select: Selector


def compile_socket_integration(
    document: Mapping[str, Any], responses: Iterable[Mapping[str, Any]] = ()
) -> SocketIntegration:
    """Compile an integration with its responses; AwsError for what cannot be served."""
    kind = document.get("IntegrationType")
    if kind == "AWS_PROXY":
        timeout = document.get("TimeoutInMillis", 29_000) / 1000
        function = FunctionIntegration(function_arn(document.get("IntegrationUri") or ""), "socket", timeout)
        return SocketIntegration(function, None, lambda exchange: None)
    if kind not in ("AWS", "MOCK"):
        raise not_implemented(f"The integration type {kind} of API Gateway's WebSocket APIs")
    parameters = document.get("RequestParameters") or {}
    templated = compile_templated(
        {
            "type": kind,
            "uri": document.get("IntegrationUri"),
            "httpMethod": document.get("IntegrationMethod"),
            "contentHandling": document.get("ContentHandlingStrategy"),
            "passthroughBehavior": document.get("PassthroughBehavior"),
            "requestTemplates": document.get("RequestTemplates"),
            "requestParameters": {name: _as_rest(source) for name, source in parameters.items()},
            "timeoutInMillis": document.get("TimeoutInMillis"),
        }
    )
    answers = tuple(_compile_answer(response) for response in responses)
    return SocketIntegration(None, templated._replace(responses=answers), _selection(document))


def _as_rest(source: str) -> str:
    """Sources are spelled as those of REST APIs but for their root."""
    return re.sub(r"\Aroute\.request\.", "method.request.", source)


def _selection(document: Mapping[str, Any]) -> Selector:
    expression = (document.get("TemplateSelectionExpression") or _DEFAULT).removeprefix("\\")
    try:
        return compile_mapping(re.sub(r"\A(\$\{?)integration\.request\.", r"\1request.", expression))
    except InvalidMapping as error:
        raise bad_request(str(error)) from None


def _compile_answer(document: Mapping[str, Any]) -> IntegrationResponse:
    """``IntegrationResponseKey`` is ``$default``, or a pattern of statuses between slashes."""
    key = document["IntegrationResponseKey"]
    pattern = None if key == _DEFAULT else key.strip("/").replace("\\\\", "\\")
    return compile_response(
        {
            "statusCode": 200,
            "selectionPattern": pattern,
            "responseTemplates": document.get("ResponseTemplates"),
            "contentHandling": document.get("ContentHandlingStrategy"),
        }
    )


async def run_socket_integration(work: Work, integration: SocketIntegration, exchange: Exchange) -> SocketAnswer:
    """SocketFailure where the target fails, is too slow, or answers what is no answer."""
    try:
        if integration.function is not None:
            return await _invoke(work, integration.function, exchange)
        assert integration.templated is not None
        return await _ask(work, integration.templated, integration.select, exchange)
    except _REFUSALS as error:
        raise SocketFailure(str(error) or type(error).__name__) from None


async def _invoke(work: Work, integration: FunctionIntegration, exchange: Exchange) -> SocketAnswer:
    function = integration.function_of(exchange.stage_variables)
    request = {"FunctionName": function, "Payload": orjson.dumps(socket_event(exchange))}
    invoked = work.operation("lambda", "Invoke", request, exchange.account, exchange.region)
    result = await work.within(int(integration.timeout * 1000), invoked)
    if result.get("FunctionError"):
        raise SocketFailure("the function failed")
    return _function_answer(bytes(result.get("Payload") or b""), exchange)


def _function_answer(payload: bytes, exchange: Exchange) -> SocketAnswer:
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or not isinstance(answer.get("statusCode"), int | str):
        raise SocketFailure("the function's answer has no statusCode")
    status, headers, body = str(answer["statusCode"]), answer.get("headers") or {}, answer.get("body")
    if not (status.isdigit() and 100 <= int(status) <= 599) or not isinstance(headers, dict):
        raise SocketFailure(f"{status} is no status")
    text = body if isinstance(body, str) else "" if body is None else as_text(body) or ""
    return SocketAnswer(int(status), {str(name).lower(): str(value) for name, value in headers.items()}, text.encode())


async def _ask(work: Work, integration: TemplatedIntegration, select: Selector, exchange: Exchange) -> SocketAnswer:
    context = socket_context(exchange)
    template = _template(integration.templates, as_text(select(exchange)) or _DEFAULT)
    if template is not None:
        text = exchange.body.decode(errors="replace")
        body = template.render(variables(exchange, text, context)).encode()
    elif integration.passthrough == "NEVER" or (integration.templates and integration.passthrough != "WHEN_NO_MATCH"):
        raise SocketFailure("no template is for this message")
    else:
        body = exchange.body
    if integration.target is None:
        answer, selector = mock(body)
    else:
        answer, selector = await ask(work, integration, exchange, body, {})
    told, status = answer.body, int(answer.status)
    if integration.responses:
        chosen = selected_response(integration, selector).templates
        made = _template(chosen, _DEFAULT)
        if made is not None:
            told = made.render(variables(exchange, told.decode(errors="replace"), context)).encode()
    elif status >= 300:
        exchange.problem = f"the integration answered {status}: {told.decode(errors='replace')}"
    return SocketAnswer(status, {}, told)


def _template(templates: Mapping[str, Template], key: str) -> Template | None:
    """By the key that was selected, else the default one; a single one under a content type is that."""
    for name in (key.lower(), _DEFAULT, "application/json"):
        if name in templates:
            return templates[name]
    return None
