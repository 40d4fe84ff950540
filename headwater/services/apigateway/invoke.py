"""A request to an API: from its stage and route to the integration's answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api.html
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.apigateway.access_logs import Served, append
from headwater.services.apigateway.authorizer import (
    Authorizer,
    BrokenAuthorizer,
    Refused,
    authorizer_event,
    read_decision,
    read_failure,
)
from headwater.services.apigateway.cors import add_cors, is_preflight, preflight
from headwater.services.apigateway.credentials import NotTrusted, principal_of
from headwater.services.apigateway.exchange import Backend, Exchange, Response, message
from headwater.services.apigateway.execution_logs import write
from headwater.services.apigateway.function_events import event_1_http, event_1_rest, event_2
from headwater.services.apigateway.function_results import (
    MalformedResult,
    response_1_http,
    response_1_rest,
    response_2,
)
from headwater.services.apigateway.gateway_responses import access_denied, answer
from headwater.services.apigateway.http_integration import HttpIntegration, run_http
from headwater.services.apigateway.integration import FunctionIntegration, ServiceIntegration
from headwater.services.apigateway.key_sets import NoKeys
from headwater.services.apigateway.mapping import as_text
from headwater.services.apigateway.parameter_changes import changed_answer, changed_request
from headwater.services.apigateway.rest_integration import TemplatedIntegration, failure, run_templated
from headwater.services.apigateway.rest_policies import shut_out
from headwater.services.apigateway.rest_validation import is_signed, refusal
from headwater.services.apigateway.service_actions import action_error, action_request
from headwater.services.apigateway.serving import Endpoint, ServedApi, ServedStage, served_api
from headwater.services.apigateway.store import REST, WEBSOCKET
from headwater.services.apigateway.tokens import TokenAuthorizer, TokenRefused, claims_of, read_token, refused
from headwater.services.apigateway.usage import check_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.spans import trace_header
from headwater.spine.work import Work

MOST_BODY_BYTES = 10 * 1024 * 1024
EXTENDED_ID = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

log = logging.getLogger(__name__)


@operation("execute-api", "Invoke", internal=True)
def invoke(call: Call, request: Request) -> Answer:
    """``ApiId``, ``Method``, ``Path`` and ``Query`` (percent-encoded), ``Headers`` (lower-case names), ``Body``,
    ``SourceIp``, ``Host`` (empty where the API was named by the path), ``Refused`` (a code and a message, where a
    signature is not what it should be), ``Vouched`` (a service of ours signs it by its role). Answers ``Status``,
    ``Headers``, ``Body``."""
    served = served_api(call, request["ApiId"])
    if served is None or served.api.kind == WEBSOCKET:
        return _answer(message(404, "Not Found"))
    stage, path = _stage_of(served, request["Path"])
    if stage is None:
        return _answer(message(403, "Forbidden") if served.api.kind == REST else message(404, "Not Found"))
    exchange = _exchange(call, served, stage, path, request)
    call.span.account, call.span.region = served.api.account, served.api.region
    call.span.subject = execution_arn(exchange, f"{exchange.method}{exchange.decoded_path}")
    origin = exchange.headers.get("origin")
    cors = served.cors if origin is not None else None
    if cors and origin and is_preflight(exchange.method, exchange.headers):
        return _finish(call.work, stage, exchange, preflight(cors, origin), None)
    if len(exchange.body) > MOST_BODY_BYTES:
        return _finish(
            call.work, stage, exchange, message(413, "Request Entity Too Large", kind="REQUEST_TOO_LARGE"), cors
        )
    found = stage.router.find(exchange.method, path)
    if found is None or found.endpoint.integration is None:
        return _finish(call.work, stage, exchange, _no_route(served, found is not None), cors)
    endpoint = found.endpoint
    exchange.route_key, exchange.resource = endpoint.route_key, endpoint.resource
    exchange.resource_id, exchange.parameters = endpoint.resource_id, found.parameters
    if endpoint.execution_log is not None and endpoint.execution_log.trace:
        exchange.told = []
    if served.policy is not None:
        arn = execution_arn(exchange, f"{exchange.method}{exchange.decoded_path}")
        if (shut := shut_out(call, served.policy, exchange, arn, identified=endpoint.identifies)) is not None:
            return _finish(call.work, stage, exchange, shut, cors, endpoint)
    if endpoint.bucket is not None and not endpoint.bucket.take(call.now):
        return _finish(call.work, stage, exchange, message(429, "Too Many Requests", kind="THROTTLED"), cors, endpoint)
    if endpoint.signed and (exchange.refused or not is_signed(exchange)):
        return _finish(call.work, stage, exchange, message(403, "Forbidden"), cors, endpoint)
    if endpoint.validation is not None and (response := refusal(endpoint.validation, exchange)) is not None:
        return _finish(call.work, stage, exchange, response, cors, endpoint)
    return _run(call.work, served, stage, endpoint, exchange, cors)


def _stage_of(served: ServedApi, path: str) -> tuple[ServedStage | None, str]:
    """The stage that the first segment names, and the rest; or the default stage, and all of the path."""
    name, _, rest = path[1:].partition("/")
    if name in served.stages and name != "$default":
        return served.stages[name], f"/{rest}"
    return served.stages.get("$default"), path


def _exchange(call: Call, served: ServedApi, stage: ServedStage, path: str, request: Request) -> Exchange:
    api = served.api
    headers = dict(request["Headers"])
    headers["x-amzn-trace-id"] = trace_header(call.cause)
    headers.setdefault("x-forwarded-for", request["SourceIp"])
    return Exchange(
        api_id=api.id,
        rest=api.kind == REST,
        account=api.account,
        region=api.region,
        stage=stage.name,
        stage_variables=stage.variables,
        method=request["Method"],
        path=path,
        query=request["Query"],
        headers=headers,
        body=request["Body"],
        source_ip=request["SourceIp"],
        domain=request["Host"] or f"{api.id}.execute-api.{api.region}.amazonaws.com",
        request_id=call.ids.uuid(),
        extended_id=call.ids.token(15, EXTENDED_ID) + "=",
        at=call.now,
        deployment_id=stage.deployment_id,
        refused=request.get("Refused"),
        vouched=request.get("Vouched", False),
    )


def _no_route(served: ServedApi, known: bool) -> Response:
    if served.api.kind == REST:
        if known:
            return failure(500)
        error = ("x-amzn-ErrorType", "MissingAuthenticationTokenException")
        return message(403, "Missing Authentication Token", error, kind="MISSING_AUTHENTICATION_TOKEN")
    return message(500, "Internal Server Error") if known else message(404, "Not Found")


def execution_arn(exchange: Exchange, route: str) -> str:
    """What is called, as policies name it; ``route`` is a method and a path, or a route key."""
    place = f"{exchange.api_id}/{exchange.stage}/{route}"
    return f"arn:aws:execute-api:{exchange.region}:{exchange.account}:{place}"


async def _run(
    work: Work,
    served: ServedApi,
    stage: ServedStage,
    endpoint: Endpoint,
    exchange: Exchange,
    cors: Mapping[str, Any] | None,
) -> Result:
    response = None
    if endpoint.authorizer is not None:
        path = exchange.decoded_path if served.api.kind == REST else exchange.resource
        arn = execution_arn(exchange, f"{exchange.method}{path}")
        if isinstance(endpoint.authorizer, TokenAuthorizer):
            response = await _verify(work, endpoint.authorizer, exchange)
        else:
            response = await authorize(work, endpoint.authorizer, exchange, arn)
    if response is None and endpoint.keyed:
        from_authorizer = served.api.document.get("apiKeySource") == "AUTHORIZER"
        response = await work.transact(check_key, exchange, from_authorizer)
    if response is None:
        response = await _integrate(work, served, endpoint, exchange)
    return _finish(work, stage, exchange, response, cors, endpoint)


async def _integrate(work: Work, served: ServedApi, endpoint: Endpoint, exchange: Exchange) -> Response:
    """The integration's answer; what access logs say of it is kept with the request."""
    integration, began = endpoint.integration, work.now
    if isinstance(integration, TemplatedIntegration):
        response = await run_templated(work, integration, exchange)
    else:
        if isinstance(integration, ServiceIntegration):
            response = await _call_service(work, integration, exchange)
            service = response.status
        else:
            assert integration is not None
            response = await _proxy(work, served, integration, exchange)
            service = response.status if isinstance(integration, HttpIntegration) else 200
        exchange.backend = Backend(None, None) if exchange.problem else Backend(service, response.status)
    if exchange.backend is not None:
        exchange.backend = exchange.backend._replace(latency=work.now - began)
    return response


async def _proxy(
    work: Work, served: ServedApi, integration: FunctionIntegration | HttpIntegration, exchange: Exchange
) -> Response:
    """The request as it came to a function or an endpoint, with what the integration says is to be changed."""
    changes = integration.changes
    seen = changed_request(changes.request, exchange) if changes else exchange
    if isinstance(integration, HttpIntegration):
        response = await run_http(integration, seen, exchange)
    else:
        response = await _invoke_function(work, served, integration, seen)
        exchange.problem = exchange.problem or seen.problem
    return changed_answer(changes, exchange, response) if changes else response


async def authorize(work: Work, authorizer: Authorizer, exchange: Exchange, arn: str) -> Response | None:
    """The answer to a request that is not let in; None where it is."""
    try:
        event = authorizer_event(authorizer, exchange, arn)
        request = {"FunctionName": authorizer.function, "Payload": orjson.dumps(event)}
        result = await work.operation("lambda", "Invoke", request, exchange.account, exchange.region)
        if result.get("FunctionError"):
            raise read_failure(authorizer, bytes(result["Payload"]))
        exchange.authorizer = read_decision(authorizer, bytes(result["Payload"]), arn, exchange.source_ip)
    except Refused as refused:
        exchange.problem = "refused by the authorizer"
        of_rest = authorizer.form in ("REQUEST", "TOKEN")
        if refused.status == 401:
            headers = [("x-amzn-ErrorType", "UnauthorizedException")] if of_rest else []
            return message(401, "Unauthorized", *headers, kind="UNAUTHORIZED")
        if of_rest:
            return access_denied(refused.denied)
        return message(refused.status, "Forbidden", kind="ACCESS_DENIED")
    except (BrokenAuthorizer, AwsError) as error:
        exchange.problem = str(error) or "the authorizer gave no decision"
        return message(500, "Internal Server Error", kind="AUTHORIZER_FAILURE")
    return None


async def _verify(work: Work, authorizer: TokenAuthorizer, exchange: Exchange) -> Response | None:
    """The answer to a request whose token does not let it in; None where it does."""
    try:
        token = read_token(authorizer, as_text(authorizer.source(exchange)))
        try:
            keys = await work.memory.key_sets.of(authorizer.issuer, token.headers().get("kid"), work.now)
        except NoKeys as error:
            log.warning("keys of an issuer cannot be had: %s", error)
            raise refused(authorizer, "OIDC discovery endpoint communication error") from error
        exchange.authorizer, exchange.by_token = claims_of(authorizer, token, keys, work.now), True
    except TokenRefused as refusal:
        exchange.problem = refusal.challenge
        text = "Forbidden" if refusal.status == 403 else "Unauthorized"
        return message(refusal.status, text, ("www-authenticate", refusal.challenge))
    return None


async def _invoke_function(
    work: Work, served: ServedApi, integration: FunctionIntegration, exchange: Exchange
) -> Response:
    rest = integration.payload == "rest"
    if rest:
        event = event_1_rest(exchange, _is_binary(served, exchange.headers.get("content-type", "")))
    else:
        event = event_2(exchange) if integration.payload == "2.0" else event_1_http(exchange)
    request = {
        "FunctionName": integration.function_of(exchange.stage_variables),
        "Payload": orjson.dumps(event),
    }
    try:
        principal = await principal_of(work, integration.credentials)
        invoked = work.operation("lambda", "Invoke", request, exchange.account, exchange.region, principal)
        result = await work.within(int(integration.timeout * 1000), invoked)
        return _function_response(served, integration, exchange, result)
    except TimeoutError:
        exchange.problem = f"no answer within {integration.timeout:g} s"
        if rest:
            return failure(504, "INTEGRATION_TIMEOUT", "Endpoint request timed out")
        return message(503, "Service Unavailable")
    except (AwsError, MalformedResult, NotTrusted) as error:
        exchange.problem = str(error)
        if rest and not isinstance(error, NotTrusted):
            return failure(502, "INTEGRATION_FAILURE")
        return failure(500) if rest else message(500, "Internal Server Error")


def _function_response(
    served: ServedApi, integration: FunctionIntegration, exchange: Exchange, result: Result
) -> Response:
    payload = bytes(result.get("Payload") or b"")
    if result.get("FunctionError"):
        raise MalformedResult("the function failed")
    if integration.payload == "rest":
        accepted = exchange.headers.get("accept", "").partition(",")[0]
        return response_1_rest(payload, _is_binary(served, accepted))
    return response_2(payload) if integration.payload == "2.0" else response_1_http(payload)


def _is_binary(served: ServedApi, media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    major = kind.partition("/")[0]
    return any(binary.lower() in ("*/*", f"{major}/*", kind) for binary in served.binary_types)


async def _call_service(work: Work, integration: ServiceIntegration, exchange: Exchange) -> Response:
    selected = {name: as_text(select(exchange)) for name, select in integration.parameters.items()}
    region = selected.pop("Region", None) or exchange.region
    given = {name: value for name, value in selected.items() if value is not None}
    action = integration.action
    try:
        request = action_request(action, given)
        principal = await principal_of(work, integration.credentials)
        called = work.operation(action.service, action.operation, request, exchange.account, region, principal)
        result = await work.within(int(integration.timeout * 1000), called)
    except TimeoutError:
        return message(503, "Service Unavailable")
    except NotTrusted as refusal:
        exchange.problem = str(refusal)
        return message(500, "Internal Server Error")
    except AwsError as error:
        exchange.problem = str(error)
        return action_error(error)
    return action.answer(action, result, exchange.request_id)


def _finish(
    work: Work,
    stage: ServedStage,
    exchange: Exchange,
    response: Response,
    cors: Mapping[str, Any] | None,
    endpoint: Endpoint | None = None,
) -> Result:
    """The answer with the headers that API Gateway adds; its lines in the stage's logs follow."""
    work.span.note("status", response.status)
    if exchange.problem:
        work.span.note("problem", exchange.problem)
    if exchange.rest and response.kind:
        response = answer(stage.gateway_responses, exchange, response)
    if cors:
        response = add_cors(cors, exchange.headers["origin"], response)
    if exchange.rest:
        response.headers.append(("x-amzn-RequestId", exchange.request_id))
        response.headers.append(("x-amz-apigw-id", exchange.extended_id))
    else:
        response.headers.append(("apigw-requestid", exchange.extended_id))
    if stage.access_log is not None:
        served = Served(exchange, response, work.now - exchange.at)
        work.spawn(append(work, stage.access_log, served))
    if endpoint is not None and endpoint.execution_log is not None:
        work.spawn(write(work, endpoint.execution_log, exchange, response))
    return _answer(response)


def _answer(response: Response) -> Result:
    return {"Status": response.status, "Headers": response.headers, "Body": response.body}
