"""Stack instances: in which accounts and regions a stack set is deployed, and the operations that change that.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackInstance.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.stack import dumps
from headwater.services.cloudformation.stack_sets import tables
from headwater.services.cloudformation.stack_sets.errors import (
    instance_not_found,
    operation_in_progress,
    stack_set_not_empty,
)
from headwater.services.cloudformation.stack_sets.operations import UNDER_WAY, begin, operations_of
from headwater.services.cloudformation.stack_sets.sets import (
    StackSet,
    as_parameters,
    find_stack_set,
    given_values,
    refuse_lacking,
    take,
)
from headwater.spine.operations import Call, Request, Result, operation

Place = tuple[str, str]
"""Account and region."""


@dataclass(slots=True)
class Instance:
    """A stack instance: ``status`` is CURRENT, OUTDATED or INOPERABLE, ``detailed`` what its last operation made of
    it; ``overrides`` are values of parameters by name."""

    stack_set: str
    account: str
    region: str
    stack: str | None
    status: str
    detailed: str
    reason: str | None
    overrides: dict[str, str]
    operation: str

    def save(self, call: Call) -> None:
        state = (self.stack, self.status, self.detailed, self.reason, dumps(self.overrides), self.operation)
        call.store.run(tables.PUT_INSTANCE, (self.stack_set, self.account, self.region, *state))


def instance_of(row: tuple[Any, ...]) -> Instance:
    fields = [*row[:7], orjson.loads(row[7]), row[8]]
    return Instance(*fields)


def look_up(call: Call, stack_set: str, account: str, region: str) -> Instance | None:
    row = call.store.one(tables.SELECT_INSTANCE, (stack_set, account, region))
    return None if row is None else instance_of(row)


def instances_of(call: Call, stack_set: StackSet) -> list[Instance]:
    return [instance_of(row) for row in call.store.all(tables.SELECT_INSTANCES, (stack_set.id,))]


def _places(request: Request) -> list[Place]:
    accounts, regions = request.get("Accounts") or (), request.get("Regions") or ()
    if not accounts or not regions:
        raise validation_error("You must specify Accounts and Regions")
    return list(dict.fromkeys((account, region) for region in regions for account in accounts))


def _affect(call: Call, instances: Iterable[Instance], operation: str, status: str | None = None) -> None:
    """Note of which operation the instances wait for their turn."""
    for each in instances:
        each.operation, each.detailed, each.reason = operation, "PENDING", None
        each.status = status or each.status
        each.save(call)


@operation("cloudformation", "CreateStackInstances")
def create_stack_instances(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set, places = find_stack_set(call, request["StackSetName"]), _places(request)
    made = begin(call, stack_set, "CREATE", request, places)
    for account, region in places:
        one = look_up(call, stack_set.id, account, region)
        one = one or Instance(stack_set.id, account, region, None, "OUTDATED", "PENDING", None, {}, made.id)
        if request.get("ParameterOverrides") is not None:
            one.overrides = given_values(request["ParameterOverrides"], one.overrides)
        _affect(call, [one], made.id)
    return {"OperationId": made.id}


@operation("cloudformation", "UpdateStackInstances")
def update_stack_instances(call: Call, request: Request) -> Result:
    """With other values of parameters; those that are not given any more are the stack set's again."""
    refuse_lacking(request)
    stack_set, places = find_stack_set(call, request["StackSetName"]), _places(request)
    found = [_existing(call, stack_set, place) for place in places]
    made = begin(call, stack_set, "UPDATE", request, places)
    for one in found:
        if request.get("ParameterOverrides") is not None:
            one.overrides = given_values(request["ParameterOverrides"], one.overrides)
    _affect(call, found, made.id, "OUTDATED")
    return {"OperationId": made.id}


@operation("cloudformation", "UpdateStackSet")
def update_stack_set(call: Call, request: Request) -> Result:
    """All instances, or those in the accounts and regions given: the others are left behind."""
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    named = request.get("Accounts") or request.get("Regions")
    found = instances_of(call, stack_set)
    wanted = [_existing(call, stack_set, place) for place in _places(request)] if named else found
    take(call, stack_set, request)
    stack_set.save(call)
    made = begin(call, stack_set, "UPDATE", request, [(each.account, each.region) for each in wanted])
    for each in found:
        each.status = "OUTDATED" if each.status == "CURRENT" else each.status
        each.save(call)
    _affect(call, wanted, made.id, "OUTDATED")
    return {"OperationId": made.id}


@operation("cloudformation", "DeleteStackInstances")
def delete_stack_instances(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    found = [one for place in _places(request) if (one := look_up(call, stack_set.id, *place)) is not None]
    made = begin(call, stack_set, "DELETE", request, [(each.account, each.region) for each in found])
    _affect(call, found, made.id)
    return {"OperationId": made.id}


@operation("cloudformation", "DeleteStackSet")
def delete_stack_set(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    if any(each.status in UNDER_WAY for each in operations_of(call, stack_set)):
        raise operation_in_progress(stack_set.arn)
    if instances_of(call, stack_set):
        raise stack_set_not_empty()
    stack_set.deleted = call.now
    stack_set.save(call)
    return {}


def _existing(call: Call, stack_set: StackSet, place: Place) -> Instance:
    found = look_up(call, stack_set.id, *place)
    if found is None:
        raise instance_not_found(stack_set.name, *place)
    return found


@operation("cloudformation", "DescribeStackInstance", reads=True)
def describe_stack_instance(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    one = _existing(call, stack_set, (request["StackInstanceAccount"], request["StackInstanceRegion"]))
    return {"StackInstance": {**_summary(one), "ParameterOverrides": as_parameters(one.overrides)}}


@operation("cloudformation", "ListStackInstances", reads=True)
def list_stack_instances(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    account, region = request.get("StackInstanceAccount"), request.get("StackInstanceRegion")
    filters = {each.get("Name"): each.get("Values") for each in request.get("Filters") or ()}
    found = [
        _summary(each)
        for each in instances_of(call, stack_set)
        if account in (None, each.account)
        and region in (None, each.region)
        and filters.get("DETAILED_STATUS") in (None, each.detailed)
        and filters.get("LAST_OPERATION_ID") in (None, each.operation)
        and filters.get("DRIFT_STATUS") in (None, "NOT_CHECKED")
    ]
    return a_page(found, request, "Summaries")


def _summary(one: Instance) -> dict[str, Any]:
    return {
        "StackSetId": one.stack_set,
        "Region": one.region,
        "Account": one.account,
        "StackId": one.stack,
        "Status": one.status,
        "StatusReason": one.reason,
        "StackInstanceStatus": {"DetailedStatus": one.detailed},
        "OrganizationalUnitId": "",
        "DriftStatus": "NOT_CHECKED",
        "LastOperationId": one.operation,
    }
