"""Function URLs: a function with an HTTP address of its own.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import conflict, function_not_found, not_found
from headwater.services.lambda_.function import find_alias, find_function, find_setting, save_setting
from headwater.services.lambda_.names import Reference, refer
from headwater.services.lambda_.pages import page
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.timestamps import iso8601_milliseconds

KIND = "url"
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@operation("lambda", "CreateFunctionUrlConfig")
def create_function_url_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    if find_setting(call, reference.arn, KIND, reference.qualifier) is not None:
        raise conflict(
            f"Failed to create function url config for [functionArn = {reference.qualified}]. Error message: "
            " FunctionUrlConfig exists for this Lambda function"
        )
    identity = call.ids.token(32, _ID_LETTERS)
    call.store.run(tables.INSERT_URL, (identity, reference.arn, reference.qualifier))
    configuration = {
        "FunctionUrl": f"{call.endpoint}/_aws/lambda-url/{identity}/",
        "FunctionArn": reference.qualified,
        "CreationTime": iso8601_milliseconds(call.now),
    }
    return _save(call, reference, configuration, request)


@operation("lambda", "UpdateFunctionUrlConfig")
def update_function_url_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    return _save(call, reference, _stored(call, reference), request)


@operation("lambda", "GetFunctionUrlConfig", reads=True)
def get_function_url_config(call: Call, request: Request) -> Result:
    return _stored(call, _find(call, request))


@operation("lambda", "DeleteFunctionUrlConfig")
def delete_function_url_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    _stored(call, reference)
    call.store.run(tables.DELETE_SETTING, (reference.arn, KIND, reference.qualifier))
    call.store.run(tables.DELETE_URL, (reference.arn, reference.qualifier))
    return {}


@operation("lambda", "ListFunctionUrlConfigs", reads=True)
def list_function_url_configs(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))

    def rows(after: str, limit: int) -> list[tuple[Any, ...]]:
        found = call.store.all(tables.LIST_SETTINGS, (function.arn, KIND, after, limit))
        unqualified = None if after else find_setting(call, function.arn, KIND, "")
        return [("", orjson.dumps(unqualified)), *found] if unqualified else found

    found, marker = page(request, rows, most=50)
    return {"FunctionUrlConfigs": [orjson.loads(text) for _, text in found], "NextMarker": marker}


def _find(call: Call, request: Request) -> Reference:
    reference = refer(call, request)
    find_function(call, reference)
    if reference.qualifier and find_alias(call, reference.arn, reference.qualifier) is None:
        raise function_not_found(reference.qualified)
    return reference


def _stored(call: Call, reference: Reference) -> dict[str, Any]:
    stored = find_setting(call, reference.arn, KIND, reference.qualifier)
    if stored is None:
        raise not_found("The resource you requested does not exist.")
    return stored


def _save(call: Call, reference: Reference, configuration: dict[str, Any], request: Request) -> Result:
    configuration["InvokeMode"] = request.get("InvokeMode") or configuration.get("InvokeMode") or "BUFFERED"
    configuration["LastModifiedTime"] = iso8601_milliseconds(call.now)
    for member in ("AuthType", "Cors"):
        if request.get(member) is not None:
            configuration[member] = request[member]
    save_setting(call, reference.arn, KIND, reference.qualifier, configuration)
    return configuration
