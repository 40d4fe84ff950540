"""A request to Cloud Control carried out by the resource's type, as CloudFormation has it done."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.control_requests import ControlRequest, find_request
from headwater.services.cloudformation.errors import already_exists
from headwater.services.cloudformation.plan import PlanMemory
from headwater.services.cloudformation.present import existing
from headwater.services.cloudformation.stack import dumps
from headwater.services.cloudformation.types import (
    ResourceFailed,
    StackChange,
    attempt,
    find_type,
    name_suffix,
    wait_for,
)
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Step

Later = Coroutine[Any, Any, Callable[[Call], None]] | None


def _give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    request = find_request(call, item.payload["token"])
    if request is not None and request.status == "IN_PROGRESS":
        request.end(call, "FAILED", "InternalFailure", why.message)


@delivery("cloudcontrol.request", exhausted=_give_up)
def carry_out(call: Call, item: Delivery) -> Later:
    request = find_request(call, item.payload["token"])
    if request is None or request.status != "IN_PROGRESS":
        return None
    change = StackChange(
        type=request.type,
        logical_id=request.type.rpartition("::")[2],
        stack_id="",
        stack_name="cloudcontrol",
        properties=request.properties,
        previous=item.payload["previous"],
        physical_id=item.payload["physical_id"],
        attributes=item.payload["attributes"],
        suffix=name_suffix(request.token, 0),
        token=request.token,
    )
    try:
        step = attempt(call, change, _VERBS[request.operation])
    except ResourceFailed as error:
        _failed(call, request, error)
        return None
    except Replace:
        request.end(call, "FAILED", "NotUpdatable", "This change needs a new resource.")
        return None
    if step is not None:
        return _wait(call, request.token, change, step)
    _done(call, request, change)
    return None


async def _wait(call: Call, token: str, change: StackChange, step: Coroutine[Any, Any, None]) -> Callable[[Call], None]:
    failure = await wait_for(call, change, step)

    def finish(call: Call) -> None:
        request = find_request(call, token)
        if request is None or request.status != "IN_PROGRESS":
            return
        if failure is not None:
            _failed(call, request, failure)
        else:
            _done(call, request, change)

    return finish


def _failed(call: Call, request: ControlRequest, error: ResourceFailed) -> None:
    request.end(call, "FAILED", error.code, error.message)


def _done(call: Call, request: ControlRequest, change: StackChange) -> None:
    memory: PlanMemory = call.memory
    place = (call.account, call.region, request.type, change.physical_id)
    if request.operation == "DELETE":
        call.store.run(tables.DELETE_CONTROL_RESOURCE, place)
    else:
        known = (dumps(request.properties), dumps(change.attributes), call.now)
        call.store.run(tables.PUT_CONTROL_RESOURCE, (*place, *known))
        schemas, told = memory.schemas, (change.attributes, request.properties)
        request.identifier = schemas.identifier(request.type, change.physical_id, *told)
        request.properties = schemas.model(request.type, request.properties, change.attributes)
    request.end(call, "SUCCESS")


def _create(call: Call, change: Change) -> Step:
    memory: PlanMemory = call.memory
    name = memory.schemas.name(change.type, change.properties)
    if (there := existing(call, change.type, change.properties, name)) is not None:
        raise AwsError("AlreadyExists", already_exists(change.type, name or there))
    return find_type(call, change.type).create(call, change)


def _update(call: Call, change: Change) -> Step:
    return find_type(call, change.type).update(call, change)


def _delete(call: Call, change: Change) -> Step:
    return find_type(call, change.type).delete(call, change)


_VERBS: Mapping[str, Callable[[Call, Change], Step]] = MappingProxyType(
    {"CREATE": _create, "UPDATE": _update, "DELETE": _delete}
)
