"""Drift: how the resources of a stack differ from its template, of those types that can be read.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.templates.drift import property_differences
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.errors import resource_does_not_exist, validation_error
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.plan import PlanMemory, stored_template
from headwater.services.cloudformation.present import Declared, read
from headwater.services.cloudformation.stack import Stack, StackResource, current_resource, dumps, resources_of
from headwater.services.cloudformation.stacks import STABLE, living
from headwater.services.cloudformation.types import ResourceFailed, find_type, handler_code
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.resources import Untellable

CHECKABLE = STABLE - {"UPDATE_FAILED"} | {"UPDATE_ROLLBACK_FAILED"}
_DRIFTED = ("MODIFIED", "DELETED")


@operation("cloudformation", "DetectStackDrift")
def detect_stack_drift(call: Call, request: Request) -> Result:
    """Done when it is answered."""
    stack = _checkable(call, request["StackName"])
    wanted = request.get("LogicalResourceIds")
    for logical_id in wanted or ():
        if current_resource(call, stack, logical_id) is None:
            raise resource_does_not_exist(logical_id, stack.name)
    for resource in resources_of(call, stack):
        if resource.current and resource.physical_id and (not wanted or resource.logical_id in wanted):
            _check(call, stack, resource)
    status, drifted = _status_of(call, stack)
    _note(call, stack, status)
    identity = call.ids.uuid()
    call.store.run(tables.INSERT_DETECTION, (identity, stack.id, call.now, status, drifted))
    return {"StackDriftDetectionId": identity}


@operation("cloudformation", "DescribeStackDriftDetectionStatus", reads=True)
def describe_stack_drift_detection_status(call: Call, request: Request) -> Result:
    identity = request["StackDriftDetectionId"]
    row = call.store.one(tables.SELECT_DETECTION, (identity,))
    if row is None:
        raise validation_error(f"Stack drift detection with id {identity} does not exist")
    stack, at, status, drifted = row
    return {
        "StackId": stack,
        "StackDriftDetectionId": identity,
        "StackDriftStatus": status,
        "DetectionStatus": "DETECTION_COMPLETE",
        "DriftedStackResourceCount": drifted,
        "Timestamp": at,
    }


@operation("cloudformation", "DetectStackResourceDrift")
def detect_stack_resource_drift(call: Call, request: Request) -> Result:
    stack, logical_id = _checkable(call, request["StackName"]), request["LogicalResourceId"]
    resource = current_resource(call, stack, logical_id)
    if resource is None:
        raise resource_does_not_exist(logical_id, stack.name)
    drift = _check(call, stack, resource)
    if drift is None:
        raise validation_error(f"Drift detection is not supported for resource type {resource.type}")
    _note(call, stack, _status_of(call, stack)[0])
    return {"StackResourceDrift": drift}


@operation("cloudformation", "DescribeStackResourceDrifts", reads=True)
def describe_stack_resource_drifts(call: Call, request: Request) -> Result:
    """Of those that have been checked."""
    stack, wanted = living(call, request["StackName"]), request.get("StackResourceDriftStatusFilters")
    drifts = [each for each in drifts_of(call, stack) if not wanted or each["StackResourceDriftStatus"] in wanted]
    return a_page(drifts, request, "StackResourceDrifts")


def drifts_of(call: Call, stack: Stack) -> list[dict[str, Any]]:
    return [orjson.loads(drift) for (drift,) in call.store.all(tables.SELECT_DRIFTS, (stack.id,))]


def _checkable(call: Call, name: str) -> Stack:
    stack = living(call, name)
    if stack.status not in CHECKABLE:
        raise validation_error(f"Drift detection cannot be performed on stack {stack.id} in {stack.status} state")
    return stack


def _status_of(call: Call, stack: Stack) -> tuple[str, int]:
    statuses = [each["StackResourceDriftStatus"] for each in drifts_of(call, stack)]
    drifted = sum(status in _DRIFTED for status in statuses)
    return "DRIFTED" if drifted else "IN_SYNC", drifted


def _note(call: Call, stack: Stack, status: str) -> None:
    stack.settings["DriftInformation"] = {"StackDriftStatus": status, "LastCheckTimestamp": call.now}
    stack.save(call)


def _check(call: Call, stack: Stack, resource: StackResource) -> dict[str, Any] | None:
    """The drift of one resource, kept; None where its type cannot tell."""
    known = Declared(resource.type, resource.physical_id, resource.properties, resource.attributes)
    drift: dict[str, Any] = {
        "StackId": stack.id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.physical_id,
        "ResourceType": resource.type,
        "Timestamp": call.now,
    }
    try:
        told = read(call, find_type(call, resource.type), known)
    except (Untellable, ResourceFailed):
        return None
    except AwsError as error:
        if handler_code(error) != "NotFound":
            raise
        drift["StackResourceDriftStatus"] = "DELETED"
    else:
        drift |= _compared(call, stack, resource, told)
    call.store.run(tables.PUT_DRIFT, (stack.id, resource.logical_id, dumps(drift)))
    return drift


def _compared(call: Call, stack: Stack, resource: StackResource, told: dict[str, Any]) -> dict[str, Any]:
    memory: PlanMemory = call.memory
    hidden = memory.schemas.all.get(resource.type, {}).get("writeOnly", ())
    expected = {each: value for each, value in resource.properties.items() if each in told and each not in hidden}
    actual = {name: told[name] for name in expected}
    if isinstance(actual.get("Tags"), list):  # those of the stack come besides
        given = stored_template(call, stack).tags.keys() - {tag.get("Key") for tag in expected["Tags"]}
        actual["Tags"] = [tag for tag in actual["Tags"] if tag["Key"] not in given]
    found = list(property_differences(expected, actual))
    return {
        "ExpectedProperties": dumps(expected),
        "ActualProperties": dumps({name: value for name, value in actual.items() if value is not None}),
        "PropertyDifferences": [
            {
                "PropertyPath": each.path,
                "ExpectedValue": each.expected,
                "ActualValue": each.actual,
                "DifferenceType": each.kind,
            }
            for each in found
        ]
        or None,
        "StackResourceDriftStatus": "MODIFIED" if found else "IN_SYNC",
    }
