"""What becomes of events that fail: retries, age, destinations, dead letters.

https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import invalid_parameter, not_found
from headwater.services.lambda_.execution_role import check_destination
from headwater.services.lambda_.function import (
    FunctionMemory,
    find_configuration,
    find_function,
    find_setting,
    save_setting,
)
from headwater.services.lambda_.names import LATEST, Reference, refer
from headwater.services.lambda_.pages import page
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.permissions import session_of

KIND = "event"
_RETRIES = 2
_AGE = 21_600
_DESTINATIONS = frozenset({"sqs", "sns", "lambda", "events", "s3"})


class EventSettings(NamedTuple):
    """``age`` is in milliseconds; destinations are ARNs or empty; ``principal`` is a session of the function's role."""

    retries: int
    age: int
    on_success: str
    on_failure: str
    dead_letters: str
    principal: str


def find_event_settings(call: Call, reference: Reference) -> EventSettings:
    memory: FunctionMemory = call.memory
    key = (reference.arn, reference.qualifier)
    settings: EventSettings | None = memory.event_settings.get(key)
    if settings is None:
        settings = memory.event_settings[key] = _read_event_settings(call, reference)
    return settings


def _read_event_settings(call: Call, reference: Reference) -> EventSettings:
    stored = find_setting(call, reference.arn, KIND, reference.qualifier or LATEST) or {}
    destinations = stored.get("DestinationConfig") or {}
    configuration, _ = find_configuration(call, reference)
    return EventSettings(
        stored.get("MaximumRetryAttempts", _RETRIES),
        stored.get("MaximumEventAgeInSeconds", _AGE) * 1000,
        (destinations.get("OnSuccess") or {}).get("Destination") or "",
        (destinations.get("OnFailure") or {}).get("Destination") or "",
        (configuration.get("DeadLetterConfig") or {}).get("TargetArn") or "",
        session_of(configuration["Role"], reference.name),
    )


@operation("lambda", "PutFunctionEventInvokeConfig")
def put_function_event_invoke_config(call: Call, request: Request) -> Result:
    return _save(call, _find(call, request), request, {})


@operation("lambda", "UpdateFunctionEventInvokeConfig")
def update_function_event_invoke_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    return _save(call, reference, request, _stored(call, reference))


@operation("lambda", "GetFunctionEventInvokeConfig", reads=True)
def get_function_event_invoke_config(call: Call, request: Request) -> Result:
    return _stored(call, _find(call, request))


@operation("lambda", "DeleteFunctionEventInvokeConfig")
def delete_function_event_invoke_config(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    _stored(call, reference)
    call.store.run(tables.DELETE_SETTING, (reference.arn, KIND, reference.qualifier or LATEST))
    call.memory.drop(reference.arn)
    return {}


@operation("lambda", "ListFunctionEventInvokeConfigs", reads=True)
def list_function_event_invoke_configs(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    found, marker = page(
        request,
        lambda after, limit: call.store.all(tables.LIST_SETTINGS, (function.arn, KIND, after, limit)),
        most=50,
    )
    return {"FunctionEventInvokeConfigs": [orjson.loads(text) for _, text in found], "NextMarker": marker}


def _find(call: Call, request: Request) -> Reference:
    reference = refer(call, request)
    find_function(call, reference)
    find_configuration(call, reference)
    return reference


def _stored(call: Call, reference: Reference) -> dict[str, Any]:
    stored = find_setting(call, reference.arn, KIND, reference.qualifier or LATEST)
    if stored is None:
        arn = f"{reference.arn}:{reference.qualifier or LATEST}"
        raise not_found(f"The function {arn} doesn't have an EventInvokeConfig")
    return stored


def _save(call: Call, reference: Reference, request: Request, former: dict[str, Any]) -> Result:
    destinations = request.get("DestinationConfig")
    if (
        not any(request.get(m) is not None for m in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"))
        and not destinations
    ):
        raise invalid_parameter("You must specify at least one of error handling or destination setting.")
    settings: dict[str, Any] = {
        "LastModified": call.now,
        "FunctionArn": f"{reference.arn}:{reference.qualifier or LATEST}",
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    }
    settings = {**settings, **former, "LastModified": call.now}
    for member in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds"):
        if request.get(member) is not None:
            settings[member] = request[member]
    if destinations is not None:
        for condition in ("OnSuccess", "OnFailure"):
            _check_destination(call, reference, condition, (destinations.get(condition) or {}).get("Destination"))
        settings["DestinationConfig"] = {"OnSuccess": {}, "OnFailure": {}} | destinations
    save_setting(call, reference.arn, KIND, reference.qualifier or LATEST, settings)
    call.memory.drop(reference.arn)
    return settings


def _check_destination(call: Call, reference: Reference, condition: str, arn: str | None) -> None:
    if not arn:
        return
    parsed = parse_arn(arn)
    only_failures = parsed is not None and parsed.service == "s3" and condition == "OnSuccess"
    if parsed is None or parsed.service not in _DESTINATIONS or only_failures:
        raise invalid_parameter(f"The provided destination config DestinationConfig is invalid: {arn}")
    if arn == reference.arn:
        raise invalid_parameter("You can't specify the function as a destination for itself.")
    configuration, _ = find_configuration(call, reference)
    check_destination(call, parsed, configuration, f"async/{reference.name}")
