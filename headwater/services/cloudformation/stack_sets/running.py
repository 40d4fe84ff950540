"""An operation on a stack set carried out: region by region, in each some accounts at a time, until too many failed.

What has come of each place is a row, and a stack is named after its operation: after a crash the operation goes on
where it was.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html (StackSet operation options)
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from headwater.services.cloudformation import tables as stack_tables
from headwater.services.cloudformation.errors import NO_UPDATES
from headwater.services.cloudformation.nested import until_settled
from headwater.services.cloudformation.stack import Stack, look_up_stack
from headwater.services.cloudformation.stack_sets import tables
from headwater.services.cloudformation.stack_sets.instances import look_up as look_up_instance
from headwater.services.cloudformation.stack_sets.operations import (
    CANCELLED,
    STOPPED,
    UNDER_WAY,
    SetOperation,
    Target,
    look_up,
    targets_of,
)
from headwater.services.cloudformation.stack_sets.sets import StackSet, as_parameters, stack_set_of
from headwater.services.cloudformation.types import ResourceFailed
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.work import Work

_NEVER_WHOLE = frozenset(("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"))
_DEPLOYED = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE"))
_EVENTS = 1000
Run = Coroutine[Any, Any, Callable[[Call], None]]


def _give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    operation = look_up(call, item.payload["stack_set"], item.payload["operation"])
    if operation is not None and operation.status in UNDER_WAY:
        operation.enter(call, "FAILED")


@delivery("cloudformation.stack-set", exhausted=_give_up)
def run(call: Call, item: Delivery) -> Run | None:
    operation = look_up(call, item.payload["stack_set"], item.payload["operation"])
    if operation is None or operation.status not in UNDER_WAY:
        return None
    if operation.status == "QUEUED":
        operation.enter(call, "RUNNING")
    return _run(call.work, operation, targets_of(call, operation))


async def _run(work: Work, operation: SetOperation, targets: list[Target]) -> Callable[[Call], None]:
    regions: dict[str, list[Target]] = {}
    for target in targets:
        regions.setdefault(target.region, []).append(target)
    if operation.preferences.get("RegionConcurrencyType") == "PARALLEL":
        await work.together(*(_region(work, operation, each) for each in regions.values()))
    else:
        for each in regions.values():
            if not await _region(work, operation, each):
                break
    return lambda call: _finish(call, operation)


async def _region(work: Work, operation: SetOperation, targets: list[Target]) -> bool:
    """Whether the next region's turn comes."""
    tolerated = _share(operation, "FailureTolerance", len(targets), 0)
    width = max(1, _share(operation, "MaxConcurrent", len(targets), 1))
    if operation.preferences.get("ConcurrencyMode") != "SOFT_FAILURE_TOLERANCE":
        width = min(width, tolerated + 1)
    failures = sum(each.status == "FAILED" for each in targets)
    left = [each for each in targets if each.status in ("PENDING", "RUNNING")]
    while left and failures <= tolerated:
        if await work.transact(_is_stopping, operation):
            return False
        done = await work.together(*(_carry_out(work, operation, each) for each in left[:width]))
        failures, left = failures + done.count(False), left[width:]
    return failures <= tolerated


def _share(operation: SetOperation, kind: str, accounts: int, default: int) -> int:
    """A number of accounts that is given as such, or in percent of those of a region (rounded down)."""
    percentage = operation.preferences.get(f"{kind}Percentage")
    if percentage is not None:
        return accounts * int(percentage) // 100
    return int(operation.preferences.get(f"{kind}Count", default))


def _is_stopping(call: Call, operation: SetOperation) -> bool:
    found = look_up(call, operation.stack_set, operation.id)
    return found is None or found.status == "STOPPING"


def _finish(call: Call, operation: SetOperation) -> None:
    found, targets = look_up(call, operation.stack_set, operation.id), targets_of(call, operation)
    if found is None:
        return
    stopped = found.status == "STOPPING"
    for each in targets:
        if each.status == "PENDING":
            _note(call, operation, each, "CANCELLED", STOPPED if stopped else CANCELLED)
    by_region: dict[str, list[Target]] = {}
    for each in targets:
        by_region.setdefault(each.region, []).append(each)
    failed = any(
        sum(each.status == "FAILED" for each in within) > _share(operation, "FailureTolerance", len(within), 0)
        for within in by_region.values()
    )
    found.enter(call, "STOPPED" if stopped else "FAILED" if failed else "SUCCEEDED")


def _note(call: Call, operation: SetOperation, target: Target, status: str, reason: str | None = None) -> None:
    """What has become of a place, in the operation's results and of its instance."""
    call.store.run(tables.SET_RESULT, (status, reason, operation.stack_set, operation.id, target.position))
    instance = look_up_instance(call, operation.stack_set, target.account, target.region)
    if instance is None:
        return
    if status == "SUCCEEDED" and operation.action == "DELETE":
        call.store.run(tables.DELETE_INSTANCE, (operation.stack_set, target.account, target.region))
        return
    instance.detailed, instance.reason = status, reason
    if status == "SUCCEEDED":
        instance.status = "CURRENT"
    elif status == "FAILED" and operation.action == "DELETE":
        instance.status = instance.detailed = "INOPERABLE"
    instance.save(call)


# ---- one place


async def _carry_out(work: Work, operation: SetOperation, target: Target) -> bool:
    """Whether that succeeded. It is done as by somebody of that account, in that region."""
    await work.transact(_note, operation, target, "RUNNING")
    there = work.caused_by(work.cause, work.caller._replace(account=target.account, region=target.region))
    step = _delete if operation.action == "DELETE" else _deploy
    try:
        reason = await step(there, operation, target)
    except AwsError as error:
        reason = error.message or error.code
    except ResourceFailed as failure:  # the stack went while it was awaited
        reason = str(failure)
    await work.transact(_note, operation, target, "SUCCEEDED" if reason is None else "FAILED", reason)
    return reason is None


async def _deploy(work: Work, operation: SetOperation, target: Target) -> str | None:
    """Why that failed, or None. What the operation has begun already is only awaited."""
    request, stack = await work.transact(_request, operation, target)
    if stack is not None and _is_begun(stack, operation):
        return await _outcome(work, stack.id)
    if stack is not None and stack.status in _NEVER_WHOLE:
        await work.operation("cloudformation", "DeleteStack", {"StackName": stack.id})
        stack = await until_settled(work, stack.id)
        if stack.deleted is None:
            return stack.reason
        stack = None
    if stack is None:
        made = await work.operation("cloudformation", "CreateStack", request)
        await work.transact(_keep_stack, operation, target, made["StackId"])
        return await _outcome(work, made["StackId"])
    try:
        await work.operation("cloudformation", "UpdateStack", {**request, "StackName": stack.id})
    except AwsError as error:
        if error.message != NO_UPDATES:
            raise
        return None
    return await _outcome(work, stack.id)


def _is_begun(stack: Stack, operation: SetOperation) -> bool:
    return bool(stack.settings.get("ClientRequestToken") == operation.id)


def _request(call: Call, operation: SetOperation, target: Target) -> tuple[dict[str, Any], Stack | None]:
    """What is asked of CloudFormation in a place, and the stack that is there."""
    stack_set: StackSet = stack_set_of(call.store.one(tables.SELECT_SET, (operation.stack_set,)) or ())
    instance = look_up_instance(call, stack_set.id, target.account, target.region)
    settings, overrides = stack_set.settings, instance.overrides if instance is not None else {}
    name = _name(stack_set, operation, target)
    url = settings.get("TemplateURL")
    source = {"TemplateURL": url} if url else {"TemplateBody": stack_set.body}
    request = {
        "StackName": name,
        **source,
        "Parameters": as_parameters({**stack_set.parameters, **overrides}),
        "Capabilities": settings.get("Capabilities") or [],
        "Tags": settings.get("Tags") or [],
        "ClientRequestToken": operation.id,
    }
    stack = look_up_stack(call, instance.stack) if instance is not None and instance.stack else None
    if stack is None or stack.deleted is not None:
        stack = look_up_stack(call, name)
        if stack is not None:
            _keep_stack(call, operation, target, stack.id)
    return request, stack


def _name(stack_set: StackSet, operation: SetOperation, target: Target) -> str:
    """The same whenever it is made again."""
    digest = hashlib.sha256(f"{stack_set.id}/{operation.id}/{target.account}/{target.region}".encode()).digest()
    return f"StackSet-{stack_set.name[:80]}-{uuid.UUID(bytes=digest[:16], version=4)}"


def _keep_stack(call: Call, operation: SetOperation, target: Target, stack: str) -> None:
    instance = look_up_instance(call, operation.stack_set, target.account, target.region)
    if instance is not None:
        instance.stack = stack
        instance.save(call)


async def _outcome(work: Work, stack_id: str) -> str | None:
    stack = await until_settled(work, stack_id)
    return None if stack.status in _DEPLOYED else await work.transact(_why, stack)


def _why(call: Call, stack: Stack) -> str:
    """The first resource that failed since the stack's last beginning."""
    told = stack.reason or f"The stack is in {stack.status} state"
    for row in call.store.all(stack_tables.SELECT_EVENTS, (stack.id, 2**63 - 1, _EVENTS)):
        _, _, _, logical_id, physical_id, kind, status, reason, *_ = row
        if physical_id == stack.id:
            if status in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"):
                break
        elif status.endswith("_FAILED"):
            told = f"ResourceLogicalId:{logical_id}, ResourceType:{kind}, ResourceStatusReason:{reason}."
    return told


async def _delete(work: Work, operation: SetOperation, target: Target) -> str | None:
    instance = await work.transact(look_up_instance, operation.stack_set, target.account, target.region)
    if operation.settings.get("RetainStacks") or instance is None or instance.stack is None:
        return None
    stack = await work.transact(look_up_stack, instance.stack)
    if stack is None or stack.deleted is not None:
        return None
    await work.operation("cloudformation", "DeleteStack", {"StackName": stack.id})
    stack = await until_settled(work, stack.id)
    return None if stack.deleted is not None else stack.reason
