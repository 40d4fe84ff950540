"""Lambda authorizers: whether a function lets a request in.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.languages.policies import Circumstances, Decision, decide, parse_statement
from headwater.languages.regular_expressions import Expression, InvalidExpression, compile_expression
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.exchange import Exchange
from headwater.services.apigateway.function_events import event_1_http, event_1_rest, event_2
from headwater.services.apigateway.integration import function_arn
from headwater.services.apigateway.mapping import InvalidMapping, Selector, as_text, compile_mapping
from headwater.services.apigateway.socket_events import socket_event
from headwater.services.apigateway.tokens import TokenAuthorizer
from headwater.spine.errors import not_implemented


class Authorizer(NamedTuple):
    """``form``: ``1.0`` or ``2.0`` of HTTP APIs, ``REQUEST`` or ``TOKEN`` of REST APIs, ``socket``."""

    function: str
    form: str
    simple: bool
    sources: tuple[Selector, ...]
    valid: Expression | None = None
    """What a token must look like before the function is asked."""


class Refused(Exception):
    """The request is not let in. ``status`` is 401 where credentials are missing, 403 where they do not do;
    ``denied``: a policy said so, rather than saying nothing."""

    def __init__(self, status: int, denied: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.denied = denied


class BrokenAuthorizer(Exception):
    """The function's answer is none."""


def compile_authorizer(document: Mapping[str, Any]) -> Authorizer:
    """Compile an authorizer of either kind of API; AwsError where it cannot be."""
    kind = document.get("AuthorizerType") or document.get("type")
    if kind == "REQUEST" and "AuthorizerType" in document:
        form = document.get("AuthorizerPayloadFormatVersion") or "1.0"
        sources = [_as_http(source) for source in document.get("IdentitySource") or []]
        simple = bool(document.get("EnableSimpleResponses"))
        return Authorizer(function_arn(document.get("AuthorizerUri") or ""), form, simple, _selectors(sources))
    if kind in ("REQUEST", "TOKEN"):
        expressions = (document.get("identitySource") or "").split(",")
        sources = [f"${part.strip().removeprefix('method.')}" for part in expressions if part.strip()]
        uri = document.get("authorizerUri") or ""
        valid = _pattern(document.get("identityValidationExpression")) if kind == "TOKEN" else None
        return Authorizer(function_arn(uri), str(kind), False, _selectors(sources), valid)
    raise not_implemented(f"The authorizer type {kind} of API Gateway")


def _pattern(expression: str | None) -> Expression | None:
    try:
        return compile_expression(expression) if expression else None
    except InvalidExpression:
        raise bad_request(f"Invalid identity validation expression: {expression}") from None


def compile_token_authorizer(document: Mapping[str, Any], scopes: tuple[str, ...] = ()) -> TokenAuthorizer:
    """Compile a JWT authorizer for a route; AwsError where it cannot be."""
    configuration = document.get("JwtConfiguration") or {}
    issuer, audience = configuration.get("Issuer"), configuration.get("Audience")
    sources = document.get("IdentitySource") or []
    if not issuer or not issuer.startswith(("https://", "http://")):
        raise bad_request(f"Invalid issuer: {issuer}. Issuer must have a valid URL.")
    if not audience:
        raise bad_request("Audience is required for JWT authorizers")
    if len(sources) != 1:
        raise bad_request("JWT authorizers take one identity source")
    return TokenAuthorizer(issuer, tuple(audience), _selectors(sources)[0], scopes)


def _as_http(source: str) -> str:
    """WebSocket APIs spell it ``route.request.header.Name``."""
    own = source.startswith(("route.", "context.", "stageVariables."))
    return f"${source.removeprefix('route.')}" if own else source


def _selectors(expressions: list[str]) -> tuple[Selector, ...]:
    try:
        return tuple(compile_mapping(expression) for expression in expressions)
    except InvalidMapping as error:
        raise bad_request(str(error)) from None


def authorizer_event(authorizer: Authorizer, exchange: Exchange, arn: str) -> dict[str, Any]:
    """What the function is asked. Refused (401) where a source of identity is missing, or a token not a valid one."""
    identities = [source(exchange) for source in authorizer.sources]
    if not all(identities) or (authorizer.valid and not authorizer.valid.finds(as_text(identities[0]) or "")):
        raise Refused(401)
    if authorizer.form == "TOKEN":
        return {"type": "TOKEN", "methodArn": arn, "authorizationToken": identities[0]}
    if authorizer.form == "socket":
        return {"type": "REQUEST", "methodArn": arn, **_without_body(socket_event(exchange))}
    if authorizer.form == "REQUEST":
        return {"type": "REQUEST", "methodArn": arn, **_without_body(event_1_rest(exchange, False))}
    if authorizer.form == "1.0":
        named = {"type": "REQUEST", "methodArn": arn, "identitySource": ",".join(identities)}
        return named | _without_body(event_1_http(exchange))
    asked: dict[str, Any] = {"type": "REQUEST", "routeArn": arn, "identitySource": identities}
    return _without_body(event_2(exchange)) | asked


def _without_body(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key not in ("body", "isBase64Encoded")}


def read_failure(authorizer: Authorizer, payload: bytes) -> Exception:
    """What it means that the function failed: with the message "Unauthorized" one of REST or WebSocket APIs says no."""
    try:
        problem = orjson.loads(payload)
    except orjson.JSONDecodeError:
        problem = None
    unauthorized = isinstance(problem, dict) and problem.get("errorMessage") == "Unauthorized"
    return Refused(401) if unauthorized and authorizer.form not in ("1.0", "2.0") else BrokenAuthorizer()


def read_decision(authorizer: Authorizer, payload: bytes, arn: str, address: str) -> dict[str, Any]:
    """What integrations see as the authorizer's context. Refused (403) for a no; BrokenAuthorizer for neither."""
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise BrokenAuthorizer from None
    if not isinstance(answer, dict):
        raise BrokenAuthorizer
    context = answer.get("context") or {}
    if authorizer.simple:
        if not isinstance(answer.get("isAuthorized"), bool):
            raise BrokenAuthorizer
        if not answer["isAuthorized"]:
            raise Refused(403)
        return {"lambda": context}
    if "principalId" not in answer or not isinstance(answer.get("policyDocument"), dict):
        raise BrokenAuthorizer
    decided = decision(answer["policyDocument"], arn, address)
    if decided is not Decision.ALLOWED:
        raise Refused(403, denied=decided is Decision.EXPLICITLY_DENIED)
    if authorizer.form == "2.0":
        return {"lambda": context}
    if "usageIdentifierKey" in answer:
        context = {**context, "usageIdentifierKey": answer["usageIdentifierKey"]}
    if authorizer.form != "1.0":
        context = {name: _stringified(value) for name, value in context.items()}
    return {"principalId": answer["principalId"], **context}


def _stringified(value: Any) -> Any:
    """REST and WebSocket APIs hand on numbers and booleans of the context as texts."""
    return orjson.dumps(value).decode() if isinstance(value, int | float) else value


def decision(policy: Mapping[str, Any], arn: str, address: str) -> Decision:
    """What a policy says of ``execute-api:Invoke`` on a route, asked for from an address. BrokenAuthorizer where it is
    none."""
    listed = policy.get("Statement") or []
    statements = listed if isinstance(listed, list) else [listed]
    if not all(isinstance(statement, dict) for statement in statements):
        raise BrokenAuthorizer
    known = Circumstances({"aws:sourceip": (address,)})
    return decide(map(parse_statement, statements), "execute-api:Invoke", arn, known)
