"""Aliases: names that point to versions.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import conflict, function_not_found, invalid_parameter, not_found, stale_revision
from headwater.services.lambda_.function import Function, find_alias, find_function, find_version
from headwater.services.lambda_.names import LATEST, refer
from headwater.services.lambda_.pages import page
from headwater.spine.operations import Call, Request, Result, operation

Alias = dict[str, Any]


@operation("lambda", "CreateAlias")
def create_alias(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    name = request["Name"]
    if find_alias(call, function.arn, name) is not None:
        raise conflict(f"Alias already exists: {function.arn}:{name}")
    alias: Alias = {"AliasArn": f"{function.arn}:{name}", "Name": name, "Description": ""}
    _configure(call, function, alias, request)
    return alias


@operation("lambda", "GetAlias", reads=True)
def get_alias(call: Call, request: Request) -> Result:
    return _find(call, find_function(call, refer(call, request)), request)


@operation("lambda", "UpdateAlias")
def update_alias(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    alias = _find(call, function, request)
    if request.get("RevisionId") not in (None, alias["RevisionId"]):
        raise stale_revision()
    _configure(call, function, alias, request)
    return alias


@operation("lambda", "DeleteAlias")
def delete_alias(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    call.store.run(tables.DELETE_ALIAS, (function.arn, request["Name"]))
    call.store.run(tables.DELETE_QUALIFIER_SETTINGS, (function.arn, request["Name"]))
    call.memory.drop(function.arn)
    return {}


@operation("lambda", "ListAliases", reads=True)
def list_aliases(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    found, marker = page(
        request, lambda after, limit: call.store.all(tables.LIST_ALIASES, (function.arn, after, limit))
    )
    aliases: list[Alias] = [orjson.loads(text) for _, text in found]
    version = request.get("FunctionVersion")
    if version:
        aliases = [alias for alias in aliases if alias["FunctionVersion"] == version]
    return {"Aliases": aliases, "NextMarker": marker}


def _find(call: Call, function: Function, request: Request) -> Alias:
    alias = find_alias(call, function.arn, request["Name"])
    if alias is None:
        raise not_found(f"Cannot find alias arn: {function.arn}:{request['Name']}")
    return alias


def _configure(call: Call, function: Function, alias: Alias, request: Request) -> None:
    if request.get("FunctionVersion"):
        alias["FunctionVersion"] = request["FunctionVersion"]
    if request.get("Description") is not None:
        alias["Description"] = request["Description"]
    if request.get("RoutingConfig") is not None:
        weights = request["RoutingConfig"].get("AdditionalVersionWeights") or {}
        alias.pop("RoutingConfig", None)
        if weights:
            _check_weights(alias["FunctionVersion"], weights)
            alias["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    for version in (alias["FunctionVersion"], *weights):
        if find_version(call, function.arn, version) is None:
            raise function_not_found(f"{function.arn}:{version}")
    alias["RevisionId"] = call.ids.uuid()
    call.store.run(tables.PUT_ALIAS, (function.arn, alias["Name"], orjson.dumps(alias).decode()))
    call.memory.drop(function.arn)


def _check_weights(version: str, weights: dict[str, float]) -> None:
    if len(weights) > 1:
        raise invalid_parameter("Number of items in AdditionalVersionWeights cannot be greater than 1")
    if version == LATEST or LATEST in weights:
        raise invalid_parameter("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise invalid_parameter(
            f"Invalid function version {version}. Function version {version} is already included in routing "
            "configuration."
        )
