"""Signals that a resource waits for while it is made: what has come to a handle's URL, or by SignalResource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.errors import resource_does_not_exist, validation_error
from headwater.services.cloudformation.responses import RESPONSE_SIGNAL
from headwater.services.cloudformation.stack import current_resource, record
from headwater.services.cloudformation.stacks import living
from headwater.services.cloudformation.types import ResourceFailed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Watch

SIGNALLED = "AWS::CloudFormation::WaitCondition"
SUCCESS, FAILURE = "SUCCESS", "FAILURE"
_DURATION = re.compile(r"PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_LONGEST = 43_200

Signals = dict[str, dict[str, str]]
"""By UniqueId: Status, Data, Reason."""


def policy_of(policy: Mapping[str, Any]) -> tuple[int, int]:
    """For how many seconds a creation policy waits, and for how many signals. Raises ResourceFailed."""
    wanted = policy.get("ResourceSignal") or {}
    duration = _DURATION.fullmatch(str(wanted.get("Timeout", "PT5M")))
    if duration is None:
        raise ResourceFailed(f"CreationPolicy: the Timeout {wanted['Timeout']} is no duration such as PT15M")
    hours, minutes, seconds = (int(part or 0) for part in duration.groups())
    try:
        count = int(wanted.get("Count", 1))
    except (TypeError, ValueError):
        raise ResourceFailed(f"CreationPolicy: the Count {wanted['Count']} is no whole number") from None
    return min(hours * 3600 + minutes * 60 + seconds, _LONGEST), count


def begin_signals(call: Call, token: str, owner: str) -> None:
    """Keep what comes for a token; what has come already stays."""
    if call.store.run(tables.INSERT_RESPONSE, (token, owner, call.now)):
        _save(call, token, {})


def watch_signals(call: Call, token: str) -> tuple[Watch, Signals]:
    return call.watch((RESPONSE_SIGNAL, token)), read_signals(call, token)


def read_signals(call: Call, token: str) -> Signals:
    signals = _find(call, token)
    if signals is None:
        raise ResourceFailed("The Handle of a WaitCondition is no WaitConditionHandle's")
    return signals


def _find(call: Call, token: str) -> Signals | None:
    row = call.store.one(tables.SELECT_RESPONSE, (token,))
    return signals_of(row[1]) if row is not None else None


def signals_of(body: str | None) -> Signals | None:
    """What has come to a handle; None where it is no handle's row."""
    kept = orjson.loads(body) if body else {}
    found: Signals | None = None if "Status" in kept else kept.get("Signals")
    return found


def keep_signal(call: Call, token: str, signals: Signals, body: Any) -> None:
    """The first signal of a UniqueId counts."""
    if not isinstance(body, Mapping) or body.get("Status") not in (SUCCESS, FAILURE) or not body.get("UniqueId"):
        raise AwsError("ValidationError", "A signal has a Status of SUCCESS or FAILURE, and a UniqueId.", 400)
    told = {name: str(body[name]) for name in ("Status", "Data", "Reason") if body.get(name) is not None}
    _save(call, token, {str(body["UniqueId"]): told} | signals)
    call.signal((RESPONSE_SIGNAL, token))


def _save(call: Call, token: str, signals: Signals) -> None:
    call.store.run(tables.SET_RESPONSE, (orjson.dumps({"Signals": signals}).decode(), token))


@operation("cloudformation", "SignalResource")
def signal_resource(call: Call, request: Request) -> Result:
    """To a resource that waits by its creation policy."""
    stack, logical_id = living(call, request["StackName"]), request["LogicalResourceId"]
    resource = current_resource(call, stack, logical_id)
    if resource is None:
        raise resource_does_not_exist(logical_id, stack.name)
    if not stack.busy:
        raise validation_error(f"Stack {stack.id} is in {stack.status} state and cannot be signaled")
    token = f"{stack.id}/{logical_id}"
    signals = _find(call, token)
    if signals is None or resource.status != "CREATE_IN_PROGRESS":
        raise validation_error(f"Resource {logical_id} is in {resource.status} state and cannot be signaled")
    if request["UniqueId"] not in signals:
        told = f"Received {request['Status']} signal with UniqueId {request['UniqueId']}"
        record(call, stack, logical_id, resource.physical_id, resource.type, resource.status, told)
        keep_signal(call, token, signals, request)
    return {}
