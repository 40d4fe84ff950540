"""The parameters of a connection: as requests give them, as the secret keeps them, and as they are shown again.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnectionAuthRequestParameters.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from headwater.services.events.errors import validation

_MEMBER = {
    "BASIC": "BasicAuthParameters",
    "API_KEY": "ApiKeyAuthParameters",
    "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}
_HTTP = (
    ("HeaderParameters", "header_parameters"),
    ("QueryStringParameters", "query_string_parameters"),
    ("BodyParameters", "body_parameters"),
)


class Parameters(NamedTuple):
    """``secret`` in the names of AWS's secret, ``shown`` in those of its API."""

    kind: str
    secret: dict[str, Any]
    shown: dict[str, Any]

    @property
    def secret_text(self) -> str:
        return orjson.dumps(self.secret).decode()

    @property
    def shown_text(self) -> str:
        return orjson.dumps(self.shown).decode()


def read_parameters(kind: str, given: Mapping[str, Any]) -> Parameters:
    """The parameters of a request; AwsError where they are not those of its type."""
    member = _MEMBER[kind]
    own = given.get(member)
    if not own:
        raise validation(f"Parameter AuthParameters is not valid. Reason: {member} is required for {kind}.")
    for other in _MEMBER.values():
        if other != member and given.get(other):
            raise validation(f"Parameter AuthParameters is not valid. Reason: {other} is not supported for {kind}.")
    secret, shown = _own(kind, own)
    result: dict[str, Any] = {member: shown}
    invocation = given.get("InvocationHttpParameters")
    if invocation is not None:
        secret["invocation_http_parameters"] = _stored(invocation)
        result["InvocationHttpParameters"] = _shown(invocation)
    return Parameters(kind, secret, result)


def _own(kind: str, own: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    if kind == "BASIC":
        return {"username": own["Username"], "password": own["Password"]}, {"Username": own["Username"]}
    if kind == "API_KEY":
        secret = {"api_key_name": own["ApiKeyName"], "api_key_value": own["ApiKeyValue"]}
        return secret, {"ApiKeyName": own["ApiKeyName"]}
    client = own["ClientParameters"]
    secret = {
        "client_id": client["ClientID"],
        "client_secret": client["ClientSecret"],
        "authorization_endpoint": own["AuthorizationEndpoint"],
        "http_method": own["HttpMethod"],
    }
    shown: dict[str, Any] = {
        "AuthorizationEndpoint": own["AuthorizationEndpoint"],
        "ClientParameters": {"ClientID": client["ClientID"]},
        "HttpMethod": own["HttpMethod"],
    }
    if (extra := own.get("OAuthHttpParameters")) is not None:
        secret["oauth_http_parameters"] = _stored(extra)
        shown["OAuthHttpParameters"] = _shown(extra)
    return secret, shown


def _stored(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {
        stored: [
            {"key": each["Key"], "value": each.get("Value") or "", "is_value_secret": bool(each.get("IsValueSecret"))}
            for each in parameters[name]
        ]
        for name, stored in _HTTP
        if parameters.get(name)
    }


def _shown(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Secret values are left out."""
    shown: dict[str, Any] = {}
    for name, _ in _HTTP:
        if parameters.get(name):
            shown[name] = [
                {"Key": each["Key"], "IsValueSecret": secret} | ({} if secret else {"Value": each.get("Value") or ""})
                for each in parameters[name]
                for secret in (bool(each.get("IsValueSecret")),)
            ]
    return shown


def merged(secret: Mapping[str, Any], former: str, kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an update: those given over those that the secret holds."""
    whole: dict[str, Any] = {}
    invocation = secret.get("invocation_http_parameters")
    if invocation is not None:
        whole["InvocationHttpParameters"] = _given(invocation)
    if former == kind and secret:
        whole[_MEMBER[kind]] = _own_given(kind, secret)
    for name, value in given.items():
        if value is None:
            continue
        below = whole.get(name)
        if name == _MEMBER[kind] and below is not None:
            client = below.get("ClientParameters")
            whole[name] = {**below, **{key: each for key, each in value.items() if each is not None}}
            if client is not None and value.get("ClientParameters"):
                whole[name]["ClientParameters"] = {**client, **value["ClientParameters"]}
        else:
            whole[name] = value
    return whole


def _own_given(kind: str, secret: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "BASIC":
        return {"Username": secret["username"], "Password": secret["password"]}
    if kind == "API_KEY":
        return {"ApiKeyName": secret["api_key_name"], "ApiKeyValue": secret["api_key_value"]}
    own = {
        "ClientParameters": {"ClientID": secret["client_id"], "ClientSecret": secret["client_secret"]},
        "AuthorizationEndpoint": secret["authorization_endpoint"],
        "HttpMethod": secret["http_method"],
    }
    if "oauth_http_parameters" in secret:
        own["OAuthHttpParameters"] = _given(secret["oauth_http_parameters"])
    return own


def _given(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [
            {"Key": each["key"], "Value": each["value"], "IsValueSecret": each["is_value_secret"]}
            for each in stored[below]
        ]
        for name, below in _HTTP
        if below in stored
    }
