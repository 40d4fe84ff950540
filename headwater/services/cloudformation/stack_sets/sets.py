"""Stack sets themselves: a template with parameters, and how they are described.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSet.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from headwater.languages.templates import TemplateError, parse, parse_parameters, resolve_parameters, transforms_of
from headwater.services.cloudformation.errors import insufficient_capabilities, validation_error
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.source import (
    BODY_LIMIT,
    check_capabilities,
    load_body,
    parameters_section,
    read_text,
    stored_parameter,
)
from headwater.services.cloudformation.stack import dumps
from headwater.services.cloudformation.stack_sets import tables
from headwater.services.cloudformation.stack_sets.errors import stack_set_exists, stack_set_not_found
from headwater.spine.arns import make_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_KEPT = ("Description", "Capabilities", "Tags", "AdministrationRoleARN", "ExecutionRoleName", "ManagedExecution")
_LACKING = (
    *("AutoDeployment", "DeploymentTargets", "StackId", "ExecutionRoleTemplateBody", "ExecutionRoleTemplateUrl"),
    *("UseAdminExecutionRole", "StackSetOutputBucket"),
)


@dataclass(slots=True)
class StackSet:
    """A stack set; ``settings`` are members of the API's StackSet, with ``Parameters`` as values by names."""

    id: str
    account: str
    region: str
    name: str
    deleted: int | None
    body: str
    settings: dict[str, Any]

    def insert(self, call: Call) -> None:
        row = (self.id, self.account, self.region, self.name, self.deleted, self.body, dumps(self.settings))
        call.store.run(tables.INSERT_SET, row)

    def save(self, call: Call) -> None:
        call.store.run(tables.UPDATE_SET, (self.deleted, self.body, dumps(self.settings), self.id))

    @property
    def arn(self) -> str:
        return make_arn("cloudformation", self.region, self.account, f"stackset/{self.id}")

    @property
    def parameters(self) -> dict[str, str]:
        return dict(self.settings.get("Parameters", {}))

    @property
    def is_managed(self) -> bool:
        """Whether operations may wait for one another."""
        return bool((self.settings.get("ManagedExecution") or {}).get("Active"))


def stack_set_of(row: tuple[Any, ...]) -> StackSet:
    fields = [*row[:6], orjson.loads(row[6])]
    return StackSet(*fields)


def find_stack_set(call: Call, name: str) -> StackSet:
    """By name, id (``name:uuid``) or ARN. Raises StackSetNotFoundException."""
    identity = name.partition(":stackset/")[2] or name
    if ":" in identity:
        row = call.store.one(tables.SELECT_SET, (identity,))
    else:
        row = call.store.one(tables.SELECT_SET_BY_NAME, (call.account, call.region, identity))
    if row is None or row[1:3] != (call.account, call.region) or row[4] is not None:
        raise stack_set_not_found(name)
    found = stack_set_of(row)
    call.span.subject = found.arn
    return found


def refuse_lacking(request: Request) -> None:
    """What needs AWS Organizations, or is not here. Raises NotImplemented."""
    if request.get("PermissionModel") == "SERVICE_MANAGED" or request.get("CallAs") == "DELEGATED_ADMIN":
        raise not_implemented("The permission model SERVICE_MANAGED of stack sets (AWS Organizations)")
    for name in _LACKING:
        if request.get(name):
            raise not_implemented(f"{name} of stack sets")


def take(call: Call, stack_set: StackSet, request: Request) -> None:
    """Take over what a request says of a template, its parameters and all else. Raises ValidationError."""
    if not request.get("UsePreviousTemplate"):
        stack_set.body = read_text(call, request)
        large = len(stack_set.body.encode()) > BODY_LIMIT
        stack_set.settings["TemplateURL"] = request["TemplateURL"] if large else None
    stack_set.settings |= {name: request[name] for name in _KEPT if request.get(name) is not None}
    body = load_body(stack_set.body)
    given = given_values(request.get("Parameters") or (), stack_set.parameters)
    try:
        declared = parse_parameters(parameters_section(body))
        resolve_parameters(declared, given, lambda name: stored_parameter(call, name))
        template = None if transforms_of(body) else parse(body)
    except TemplateError as error:
        raise validation_error(str(error)) from error
    capabilities = stack_set.settings.get("Capabilities") or []
    if template is not None:
        check_capabilities(template, capabilities)
    elif "CAPABILITY_AUTO_EXPAND" not in capabilities:
        raise insufficient_capabilities(["CAPABILITY_AUTO_EXPAND"])
    stack_set.settings["Parameters"] = given


def given_values(parameters: Any, former: Mapping[str, str]) -> dict[str, str]:
    """Values by names; what is to stay as it was is looked up among the former ones."""
    given = {}
    for each in parameters:
        key = each.get("ParameterKey", "")
        if not each.get("UsePreviousValue"):
            given[key] = each.get("ParameterValue", "")
        elif key in former:
            given[key] = former[key]
    return given


def as_parameters(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


@operation("cloudformation", "CreateStackSet")
def create_stack_set(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    name, token = request["StackSetName"], request.get("ClientRequestToken")
    row = call.store.one(tables.SELECT_SET_BY_NAME, (call.account, call.region, name))
    if row is not None:
        former = stack_set_of(row)
        if token and former.settings.get("ClientRequestToken") == token:
            return {"StackSetId": former.id}
        raise stack_set_exists(name)
    settings = {"ClientRequestToken": token}
    made = StackSet(f"{name}:{call.ids.uuid()}", call.account, call.region, name, None, "", settings)
    take(call, made, request)
    made.insert(call)
    call.span.subject = made.arn
    return {"StackSetId": made.id}


@operation("cloudformation", "DescribeStackSet", reads=True)
def describe_stack_set(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    stack_set = find_stack_set(call, request["StackSetName"])
    instances = call.store.all(tables.SELECT_INSTANCES, (stack_set.id,))
    settings, role = stack_set.settings, f"arn:aws:iam::{stack_set.account}:role/AWSCloudFormationStackSet"
    described = {
        **summary(stack_set),
        "StackSetARN": stack_set.arn,
        "TemplateBody": stack_set.body,
        "Parameters": as_parameters(stack_set.parameters),
        "Capabilities": settings.get("Capabilities", []),
        "Tags": settings.get("Tags", []),
        "AdministrationRoleARN": settings.get("AdministrationRoleARN") or f"{role}AdministrationRole",
        "ExecutionRoleName": settings.get("ExecutionRoleName") or "AWSCloudFormationStackSetExecutionRole",
        "OrganizationalUnitIds": [],
        "Regions": sorted({row[2] for row in instances}),
    }
    return {"StackSet": {name: value for name, value in described.items() if name != "DriftStatus"}}


def summary(stack_set: StackSet) -> dict[str, Any]:
    return {
        "StackSetName": stack_set.name,
        "StackSetId": stack_set.id,
        "Description": stack_set.settings.get("Description"),
        "Status": "ACTIVE" if stack_set.deleted is None else "DELETED",
        "PermissionModel": "SELF_MANAGED",
        "ManagedExecution": {"Active": stack_set.is_managed},
        "DriftStatus": "NOT_CHECKED",
    }


@operation("cloudformation", "ListStackSets", reads=True)
def list_stack_sets(call: Call, request: Request) -> Result:
    refuse_lacking(request)
    found = [summary(stack_set_of(row)) for row in call.store.all(tables.SELECT_SETS, (call.account, call.region))]
    return a_page([each for each in found if request.get("Status") in (None, each["Status"])], request, "Summaries")
