"""What is done to a stack set: begun, looked at, stopped.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperation.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.stack import dumps
from headwater.services.cloudformation.stack_sets import tables
from headwater.services.cloudformation.stack_sets.errors import (
    invalid_operation,
    operation_id_exists,
    operation_in_progress,
    operation_not_found,
)
from headwater.services.cloudformation.stack_sets.sets import StackSet, find_stack_set, refuse_lacking
from headwater.spine.operations import Call, Request, Result, operation

UNDER_WAY = ("QUEUED", "RUNNING", "STOPPING")
CANCELLED = "Cancelled since failure tolerance has exceeded"
STOPPED = "Cancelled by a user action"


@dataclass(slots=True)
class SetOperation:
    """One operation on a stack set; times in ms, ``settings``: OperationPreferences and RetainStacks."""

    stack_set: str
    id: str
    number: int
    action: str
    status: str
    begun: int
    ended: int | None
    settings: dict[str, Any]

    def enter(self, call: Call, status: str) -> None:
        self.status, self.ended = status, None if status in UNDER_WAY else call.now
        call.store.run(tables.SET_OPERATION, (status, self.ended, self.stack_set, self.id))

    @property
    def preferences(self) -> dict[str, Any]:
        return dict(self.settings.get("OperationPreferences") or {})


class Target(NamedTuple):
    """Where an operation has something to do, and what came of it; in the order of ``position``."""

    position: int
    account: str
    region: str
    status: str
    reason: str | None


def begin(
    call: Call, stack_set: StackSet, action: str, request: Request, places: Sequence[tuple[str, str]]
) -> SetOperation:
    """Leave an operation on places (account, region) to be carried out. Raises OperationInProgressException,
    OperationIdAlreadyExistsException."""
    identity = request.get("OperationId") or call.ids.uuid()
    former = operations_of(call, stack_set)
    if any(each.id == identity for each in former):
        raise operation_id_exists(identity)
    if any(each.status in UNDER_WAY for each in former) and not stack_set.is_managed:
        raise operation_in_progress(stack_set.arn)
    preferences = request.get("OperationPreferences") or {}
    for kind in ("FailureTolerance", "MaxConcurrent"):
        if f"{kind}Count" in preferences and f"{kind}Percentage" in preferences:
            raise validation_error(f"You can specify either {kind}Count or {kind}Percentage, but not both")
    settings = {"OperationPreferences": preferences, "RetainStacks": request.get("RetainStacks")}
    status = "QUEUED" if stack_set.is_managed else "RUNNING"
    made = SetOperation(stack_set.id, identity, call.new_id(), action, status, call.now, None, settings)
    row = (made.stack_set, made.id, made.number, action, status, made.begun, None, dumps(settings))
    call.store.run(tables.INSERT_OPERATION, row)
    regions = [*(preferences.get("RegionOrder") or ()), *(region for _, region in places)]
    for position, (account, region) in enumerate(sorted(places, key=lambda place: regions.index(place[1]))):
        call.store.run(tables.INSERT_RESULT, (stack_set.id, identity, position, account, region))
    payload = {"stack_set": stack_set.id, "operation": identity}
    call.deliver("cloudformation.stack-set", payload, target=stack_set.arn, ordering=f"stack-set/{stack_set.id}")
    return made


def operations_of(call: Call, stack_set: StackSet) -> list[SetOperation]:
    """The newest first."""
    return [operation_of(row) for row in call.store.all(tables.SELECT_OPERATIONS, (stack_set.id,))]


def operation_of(row: tuple[Any, ...]) -> SetOperation:
    fields = [*row[:7], orjson.loads(row[7])]
    return SetOperation(*fields)


def look_up(call: Call, stack_set: str, identity: str) -> SetOperation | None:
    row = call.store.one(tables.SELECT_OPERATION, (stack_set, identity))
    return None if row is None else operation_of(row)


def targets_of(call: Call, operation: SetOperation) -> list[Target]:
    rows = call.store.all(tables.SELECT_RESULTS, (operation.stack_set, operation.id))
    return [Target._make(row) for row in rows]


def _find(call: Call, request: Request) -> SetOperation:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    found = look_up(call, stack_set.id, request["OperationId"])
    if found is None:
        raise operation_not_found(request["OperationId"], stack_set.name)
    return found


def _described(call: Call, one: SetOperation) -> dict[str, Any]:
    targets = targets_of(call, one)
    return {
        "OperationId": one.id,
        "Action": one.action,
        "Status": one.status,
        "OperationPreferences": {"RegionOrder": [], **one.preferences},
        "CreationTimestamp": one.begun,
        "EndTimestamp": one.ended,
        "StatusDetails": {
            "FailedStackInstancesCount": sum(each.status == "FAILED" for each in targets),
            "TotalStackInstancesCount": len(targets),
            "TotalAccountsCount": len({each.account for each in targets}),
        },
    }


@operation("cloudformation", "DescribeStackSetOperation", reads=True)
def describe_stack_set_operation(call: Call, request: Request) -> Result:
    one, stack_set = _find(call, request), find_stack_set(call, request["StackSetName"])
    more = {
        "StackSetId": one.stack_set,
        "RetainStacks": one.settings.get("RetainStacks"),
        "AdministrationRoleARN": stack_set.settings.get("AdministrationRoleARN"),
        "ExecutionRoleName": stack_set.settings.get("ExecutionRoleName"),
    }
    return {"StackSetOperation": {**_described(call, one), **more}}


@operation("cloudformation", "ListStackSetOperations", reads=True)
def list_stack_set_operations(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    return a_page([_described(call, each) for each in operations_of(call, stack_set)], request, "Summaries")


@operation("cloudformation", "ListStackSetOperationResults", reads=True)
def list_stack_set_operation_results(call: Call, request: Request) -> Result:
    wanted = {value for each in request.get("Filters") or () for value in str(each.get("Values", "")).split(",")}
    found = [
        {"Account": each.account, "Region": each.region, "Status": each.status, "StatusReason": each.reason}
        for each in targets_of(call, _find(call, request))
        if not wanted or each.status in wanted
    ]
    return a_page(found, request, "Summaries")


@operation("cloudformation", "StopStackSetOperation")
def stop_stack_set_operation(call: Call, request: Request) -> Result:
    """What has been begun is gone on with."""
    one = _find(call, request)
    if one.status not in UNDER_WAY:
        raise invalid_operation(f"Operation {one.id} is in {one.status} status and cannot be stopped")
    one.enter(call, "STOPPING")
    return {}
