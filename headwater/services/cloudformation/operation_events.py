"""What happened in an operation on a stack or a change set, and why it failed.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.change_sets import find_change_set
from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.stack import find_stack
from headwater.services.cloudformation.stack_operations import StackOperation, find, operations_of
from headwater.spine.operations import Call, Request, Result, operation


@operation("cloudformation", "DescribeEvents", reads=True)
def describe_events(call: Call, request: Request) -> Result:
    """The newest first; only what failed where ``Filters`` ask for that."""
    failed = (request.get("Filters") or {}).get("FailedEvents")
    found = [
        each
        for one in _operations(call, request)
        for each in _events(call, one)
        if not failed or each["EventType"].endswith("_ERROR")
    ]
    return a_page(found, request, "OperationEvents")


def _operations(call: Call, request: Request) -> Iterable[StackOperation]:
    name, change_set, identity = (request.get(each) for each in ("StackName", "ChangeSetName", "OperationId"))
    if change_set:
        of_change_set = find(call, find_change_set(call, change_set, name).operation_id)
        return [] if of_change_set is None else [of_change_set]  # one that is older than operations' ids has none
    if identity:
        one = find(call, identity)
        if one is None or (name and find_stack(call, name).id != one.stack):
            raise validation_error(f"Operation [{identity}] does not exist")
        return [one]
    if not name:
        raise validation_error("One of ChangeSetName, OperationId or StackName must be specified.")
    return operations_of(call, find_stack(call, name).id)


def _events(call: Call, one: StackOperation) -> Iterator[dict[str, Any]]:
    shared = {
        "StackId": one.stack,
        "OperationId": one.id,
        "OperationType": one.type,
        "ClientRequestToken": one.token,
    }
    yield {
        "EventId": one.id,
        **shared,
        "OperationStatus": one.status,
        "EventType": "STACK_EVENT",
        "Timestamp": one.ended or one.begun,
        "StartTime": one.begun,
        "EndTime": one.ended,
        "DetailedStatus": "VALIDATION_FAILED" if one.findings else None,
    }
    for index, finding in enumerate(one.findings):
        yield {"EventId": f"{one.id}-{index}", **shared, "Timestamp": one.ended, **finding}
    for row in call.store.all(tables.SELECT_EVENTS_OF_OPERATION, (one.stack, one.id)):
        _, _, event, logical_id, physical_id, kind, status, reason, at, properties, _, _ = row
        yield {
            "EventId": event,
            **shared,
            "EventType": "PROVISIONING_ERROR" if _is_error(row) else "PROGRESS_EVENT",
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceType": kind,
            "Timestamp": at,
            "ResourceStatus": status,
            "ResourceStatusReason": reason,
            "ResourceProperties": properties,
        }


def _is_error(row: tuple[Any, ...]) -> bool:
    """A resource that failed; that its stack failed too is told of the operation."""
    return str(row[6]).endswith("_FAILED") and row[4] != row[1]
