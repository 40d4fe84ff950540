"""What routes lead to, compiled: a function, an operation of a service, an endpoint, or a fixed answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from headwater.services.apigateway.credentials import Credentials, credentials_of
from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.http_integration import HttpIntegration, compile_http, compile_rest_http
from headwater.services.apigateway.mapping import InvalidMapping, Selector, compile_mapping
from headwater.services.apigateway.parameter_changes import Changes, compile_changes
from headwater.services.apigateway.rest_integration import TemplatedIntegration, compile_templated
from headwater.services.apigateway.service_actions import ACTIONS, Action
from headwater.spine.errors import not_implemented

_INVOCATION = re.compile(r"arn:[^:]+:apigateway:[^:]+:lambda:path/[0-9-]+/functions/(.+)/invocations\Z")
_VARIABLE = re.compile(r"\$\{stageVariables\.([A-Za-z0-9_]+)\}")
_FUNCTION = re.compile(r"arn:[^:]+:lambda:")


class FunctionIntegration(NamedTuple):
    """Invoke a function. ``payload`` is ``1.0``, ``2.0`` or ``rest``; ``timeout`` in seconds; ``credentials``: the role
    in which that is done, where it is not the function's own policy that lets API Gateway in."""

    function: str
    payload: str
    timeout: float
    changes: Changes | None = None
    credentials: Credentials | None = None

    def function_of(self, variables: Mapping[str, str]) -> str:
        """The function's ARN, with the stage's variables filled in."""
        return _VARIABLE.sub(lambda match: variables.get(match[1], ""), self.function)


class ServiceIntegration(NamedTuple):
    """Call an operation with parameters selected from the request; ``timeout`` in seconds; ``credentials``: the role
    in which that is done."""

    action: Action
    parameters: dict[str, Selector]
    timeout: float
    credentials: Credentials | None


Integration = FunctionIntegration | ServiceIntegration | TemplatedIntegration | HttpIntegration


def check_integration(document: Mapping[str, Any]) -> None:
    """AwsError where an HTTP API's integration cannot be."""
    compile_integration(document)


def compile_integration(document: Mapping[str, Any]) -> Integration:
    """Compile an integration of an HTTP API."""
    kind = document.get("IntegrationType")
    if kind == "HTTP_PROXY" and document.get("ConnectionType", "INTERNET") == "INTERNET":
        return compile_http(document)
    if kind != "AWS_PROXY":
        raise not_implemented(f"The integration type {kind} of API Gateway")
    timeout = document.get("TimeoutInMillis", 30_000) / 1000
    if subtype := document.get("IntegrationSubtype"):
        if document.get("ResponseParameters"):
            raise not_implemented("ResponseParameters of an API Gateway integration with a subtype")
        return _compile_service(subtype, document, timeout)
    changes = compile_changes(document.get("RequestParameters") or {}, document.get("ResponseParameters") or {})
    payload = document.get("PayloadFormatVersion", "1.0")
    if payload not in ("1.0", "2.0"):
        raise bad_request("PayloadFormatVersion must be one of: 1.0, 2.0")
    function = function_arn(document.get("IntegrationUri") or "")
    return FunctionIntegration(function, payload, timeout, changes, _role_of(document.get("CredentialsArn")))


def _role_of(credentials: str | None) -> Credentials | None:
    """``arn:aws:iam::*:user/*`` means the caller's own credentials, which are not handed on here."""
    return credentials_of(credentials) if credentials and ":role/" in credentials else None


def function_arn(uri: str) -> str:
    """The function of an integration's URI, which wraps its ARN or is it."""
    match = _INVOCATION.match(uri)
    arn = match[1] if match else uri
    if not _FUNCTION.match(arn) and not _VARIABLE.search(arn):
        raise bad_request("Invalid function ARN or invalid uri")
    return arn


def _compile_service(subtype: str, document: Mapping[str, Any], timeout: float) -> ServiceIntegration:
    given: Mapping[str, str] = document.get("RequestParameters") or {}
    action = ACTIONS.get(subtype)
    if action is None:
        raise not_implemented(f"The integration subtype {subtype} of API Gateway")
    if missing := [name for name in action.required if name not in given]:
        raise bad_request(f"Parameter(s) {', '.join(missing)} are missing for integration subtype {subtype}")
    if unknown := [name for name in given if name not in action.members and name != "Region"]:
        raise bad_request(f"Parameter(s) {', '.join(unknown)} are not supported for integration subtype {subtype}")
    try:
        parameters = {name: compile_mapping(expression) for name, expression in given.items()}
    except InvalidMapping as error:
        raise bad_request(str(error)) from None
    return ServiceIntegration(action, parameters, timeout, credentials_of(document.get("CredentialsArn")))


def compile_rest_integration(document: Mapping[str, Any]) -> Integration:
    """Compile ``methodIntegration`` of a REST API's method."""
    kind = str(document.get("type", "")).upper()
    if kind == "AWS_PROXY":
        timeout = int(document.get("timeoutInMillis") or 29_000) / 1000
        function, role = function_arn(document.get("uri") or ""), _role_of(document.get("credentials"))
        return FunctionIntegration(function, "rest", timeout, credentials=role)
    if kind in ("AWS", "MOCK"):
        return compile_templated(document)
    if document.get("connectionType", "INTERNET") == "INTERNET" and kind in ("HTTP", "HTTP_PROXY"):
        return compile_rest_http(document) if kind == "HTTP_PROXY" else compile_templated(document)
    raise not_implemented(f"The integration type {kind} of API Gateway's REST APIs")
