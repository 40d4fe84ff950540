"""What a stack consists of and what happened to it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.drift import drifts_of
from headwater.services.cloudformation.errors import invalid_properties, resource_does_not_exist, validation_error
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.stack import (
    Stack,
    StackResource,
    current_resource,
    dumps,
    find_stack,
    resources_of,
)
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation

EVENTS_A_PAGE = RESOURCES_AT_MOST = 100
AFTER_ALL = 2**63 - 1
VALIDATION_FAILED = invalid_properties("", ()).partition(" for resource")[0]
NOT_CHECKED = {"StackResourceDriftStatus": "NOT_CHECKED"}


@operation("cloudformation", "DescribeStackEvents", reads=True)
def describe_stack_events(call: Call, request: Request) -> Result:
    """Newest first, a hundred a page."""
    token = request.get("NextToken")
    before = AFTER_ALL if token is None else whole(token)
    if before is None:
        raise validation_error("NextToken is not valid")
    stack = find_stack(call, request["StackName"])
    rows = call.store.all(tables.SELECT_EVENTS, (stack.id, before, EVENTS_A_PAGE + 1))
    result: Result = {"StackEvents": [describe_event(stack, row) for row in rows[:EVENTS_A_PAGE]]}
    if len(rows) > EVENTS_A_PAGE:
        result["NextToken"] = str(rows[EVENTS_A_PAGE - 1][0])
    return result


def describe_event(stack: Stack, row: tuple[Any, ...]) -> dict[str, Any]:
    _, _, event, logical_id, physical_id, kind, status, reason, at, properties, token, operation = row
    return {
        "StackId": stack.id,
        "EventId": event,
        "StackName": stack.name,
        "OperationId": operation,
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceType": kind,
        "Timestamp": at,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ResourceProperties": properties,
        "ClientRequestToken": token,
        "DetailedStatus": "VALIDATION_FAILED" if reason and reason.startswith(VALIDATION_FAILED) else None,
    }


def described(
    resource: StackResource, drifts: Mapping[str, dict[str, Any]], time: str = "LastUpdatedTimestamp"
) -> dict[str, Any]:
    return {
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id or None,
        "ResourceType": resource.type,
        time: resource.changed,
        "ResourceStatus": resource.status,
        "ResourceStatusReason": resource.reason,
        "DriftInformation": drifts.get(resource.logical_id, NOT_CHECKED),
    }


def drift_information(call: Call, stack: Stack) -> dict[str, dict[str, Any]]:
    """By logical ids, of the resources that have been checked."""
    return {
        each["LogicalResourceId"]: {
            "StackResourceDriftStatus": each["StackResourceDriftStatus"],
            "LastCheckTimestamp": each["Timestamp"],
        }
        for each in drifts_of(call, stack)
    }


def current(call: Call, stack: Stack) -> list[StackResource]:
    listed = [each for each in resources_of(call, stack) if each.current]
    return sorted(listed, key=lambda each: each.logical_id)


@operation("cloudformation", "ListStackResources", reads=True)
def list_stack_resources(call: Call, request: Request) -> Result:
    stack = find_stack(call, request["StackName"])
    drifts = drift_information(call, stack)
    return a_page([described(each, drifts) for each in current(call, stack)], request, "StackResourceSummaries")


@operation("cloudformation", "DescribeStackResource", reads=True)
def describe_stack_resource(call: Call, request: Request) -> Result:
    stack = find_stack(call, request["StackName"])
    resource = current_resource(call, stack, request["LogicalResourceId"])
    if resource is None:
        raise resource_does_not_exist(request["LogicalResourceId"], stack.name)
    detail = {"StackName": stack.name, "StackId": stack.id, **described(resource, drift_information(call, stack))}
    if resource.metadata is not None:
        detail["Metadata"] = dumps(resource.metadata)
    return {"StackResourceDetail": detail}


@operation("cloudformation", "DescribeStackResources", reads=True)
def describe_stack_resources(call: Call, request: Request) -> Result:
    name, physical_id = request.get("StackName"), request.get("PhysicalResourceId")
    if (name is None) == (physical_id is None):
        raise validation_error("Exactly one of StackName or PhysicalResourceId must be specified.")
    if name is None:
        row = call.store.one(tables.SELECT_BY_PHYSICAL_ID, (call.account, call.region, physical_id or ""))
        if row is None:
            raise validation_error(f"Stack for {physical_id} does not exist")
        name = row[0]
    stack = find_stack(call, name)
    logical_id = request.get("LogicalResourceId")
    listed = [each for each in current(call, stack) if logical_id in (None, each.logical_id)]
    identity = {"StackName": stack.name, "StackId": stack.id}
    drifts = drift_information(call, stack)
    return {
        "StackResources": [{**identity, **described(each, drifts, "Timestamp")} for each in listed[:RESOURCES_AT_MOST]]
    }
