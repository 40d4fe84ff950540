"""Operations on stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from headwater.languages.templates import Rendered, TemplateError, difference
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.deployment import (
    BY_USER,
    LEFT_AS_FAILED,
    begin_creation,
    begin_deletion,
    begin_update,
    continue_rollback,
    roll_back,
    stop,
)
from headwater.services.cloudformation.early_validation import Finding, check_attributes, find_early
from headwater.services.cloudformation.errors import (
    NO_UPDATES,
    stack_already_exists,
    validation_error,
    wrong_state,
)
from headwater.services.cloudformation.outputs import exports_in_use
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.patience import when_settled
from headwater.services.cloudformation.plan import HIDDEN_VALUE, Plan, StoredTemplate, plan_of, stored_template
from headwater.services.cloudformation.roles import take_role
from headwater.services.cloudformation.source import (
    Source,
    check_capabilities,
    check_may_expand,
    check_types,
    read_source,
    read_url,
)
from headwater.services.cloudformation.stack import Stack, all_stacks, find_stack, look_up_stack
from headwater.services.cloudformation.stack_policy import checked_policy
from headwater.spine.arns import make_arn
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
KEPT_SETTINGS = (
    "Capabilities",
    "ClientRequestToken",
    "DeploymentConfig",
    "DisableRollback",
    "NotificationARNs",
    "OnFailure",
    "RoleARN",
    "ResourceTypes",
    "RetainExceptOnCreate",
    "RollbackConfiguration",
    "StackPolicyBody",
    "StackPolicyDuringUpdateBody",
    "TimeoutInMinutes",
)
STABLE = frozenset(
    (
        *("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_FAILED"),
        *("IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"),
    )
)
UPDATE_DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "DeploymentConfig": None,
        "DisableRollback": False,
        "Importing": {},
        "ResourceTypes": None,
        "RetainExceptOnCreate": False,
    }
)
POLICY_LIMIT = 16_384
NOT_CHECKED = {"StackDriftStatus": "NOT_CHECKED"}


def new_stack(call: Call, name: str, settings: dict[str, Any]) -> Stack:
    """A stack that is nothing yet; not stored."""
    if not NAME.fullmatch(name):
        raise validation_error(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    identity = make_arn("cloudformation", call.region, call.account, f"stack/{name}/{call.ids.uuid()}")
    call.span.subject = identity
    return Stack(
        identity,
        call.account,
        call.region,
        name,
        "REVIEW_IN_PROGRESS",
        None,
        call.now,
        None,
        None,
        0,
        0,
        0,
        settings,
        [],
    )


def settings_of(call: Call, request: Request) -> dict[str, Any]:
    """What is kept of a request. Both modes of a DeploymentConfig are the same here: what is made is ready at once."""
    take_role(call, request)
    kept = {name: request[name] for name in KEPT_SETTINGS if request.get(name) is not None}
    if (request.get("DeploymentConfig") or {}).get("DisableRollback"):
        kept["DisableRollback"] = True
    for policy in ("StackPolicy", "StackPolicyDuringUpdate"):
        if (body := read_policy(call, request, policy)) is not None:
            kept[f"{policy}Body"] = body
    return kept


def read_policy(call: Call, request: Request, name: str) -> str | None:
    """The stack policy that a request gives as ``<name>Body`` or ``<name>URL``. Raises ValidationError."""
    body, url = request.get(f"{name}Body"), request.get(f"{name}URL")
    if body is not None and url is not None:
        raise validation_error(f"You cannot specify both {name}URL and {name}Body")
    if url is not None:
        body = read_url(call, url, POLICY_LIMIT)
    return None if body is None else checked_policy(body)


# ---- create


@operation("cloudformation", "CreateStack")
def create_stack(call: Call, request: Request) -> Answer:
    name = request["StackName"]
    if request.get("DisableRollback") and request.get("OnFailure"):
        raise validation_error("You can specify either DisableRollback or OnFailure, but not both.")
    if look_up_stack(call, name) is not None:
        raise stack_already_exists(name)
    stack = new_stack(call, name, settings_of(call, request))
    if request.get("EnableTerminationProtection"):
        stack.settings["EnableTerminationProtection"] = True
    source = read_source(call, request, stack)
    capabilities = list(request.get("Capabilities") or ())
    check_may_expand(source, capabilities)
    disabled = bool(request.get("DisableValidation"))
    if source.is_slow:
        return _create_later(call.work, source, capabilities, disabled)
    return _create(call, source, source.process(), capabilities, disabled)


async def _create_later(work: Work, source: Source, capabilities: list[str], disabled: bool) -> Result:
    processed = await source.process_aside(work)
    return await work.transact(_create, source, processed, capabilities, disabled)


def _create(
    call: Call, source: Source, processed: tuple[StoredTemplate, Plan], capabilities: list[str], disabled: bool
) -> Result:
    stored, plan = processed
    check_capabilities(plan.template, capabilities)
    stack = source.stack
    check_types(plan.template, stack.settings.get("ResourceTypes"))
    if look_up_stack(call, stack.name) is not None:
        raise stack_already_exists(stack.name)
    stack.insert(call)
    operation = begin_creation(call, stack, stored, plan, _found(call, {}, plan, disabled))
    return {"StackId": stack.id, "OperationId": operation}


def _found(call: Call, former: Mapping[str, Rendered], plan: Plan, disabled: bool) -> list[Finding]:
    """What is wrong with a plan beside what there was before. Raises ValidationError."""
    try:
        check_attributes(call, plan)
    except TemplateError as error:
        raise validation_error(str(error)) from error
    rendered = _rendered(plan)
    return [] if disabled else find_early(call, rendered, difference(former, rendered))


def _rendered(plan: Plan) -> dict[str, Rendered]:
    try:
        return plan.rendered()
    except TemplateError as error:
        raise validation_error(str(error)) from error


# ---- update


@operation("cloudformation", "UpdateStack")
def update_stack(call: Call, request: Request) -> Answer:
    stack = updatable(call, request["StackName"])
    source = read_source(call, request, stack)
    capabilities = list(request.get("Capabilities") or ())
    check_may_expand(source, capabilities)
    settings = {**UPDATE_DEFAULTS, **settings_of(call, request)}
    disabled = bool(request.get("DisableValidation"))
    if source.is_slow:
        return _update_later(call.work, source, settings, disabled)
    return _update(call, source, source.process(), settings, disabled)


async def _update_later(work: Work, source: Source, settings: dict[str, Any], disabled: bool) -> Result:
    processed = await source.process_aside(work)
    return await work.transact(_update, source, processed, settings, disabled)


def _update(
    call: Call, source: Source, processed: tuple[StoredTemplate, Plan], settings: dict[str, Any], disabled: bool
) -> Result:
    stored, plan = processed
    check_capabilities(plan.template, settings.get("Capabilities", []))
    check_types(plan.template, settings.get("ResourceTypes"))
    stack = updatable(call, source.stack.id)
    if stack.status not in LEFT_AS_FAILED and not differs(call, stack, stored, plan):
        raise validation_error(NO_UPDATES)
    stack.settings.update({"StackPolicyDuringUpdateBody": None, **settings})
    operation = begin_update(call, stack, stored, plan, _found(call, plan_of(call, stack).rendered(), plan, disabled))
    return {"StackId": stack.id, "OperationId": operation}


def updatable(call: Call, name: str) -> Stack:
    stack = look_up_stack(call, name)
    if stack is None or stack.deleted is not None:
        raise validation_error(f"Stack [{name}] does not exist")
    check_updatable(stack)
    return stack


def check_updatable(stack: Stack) -> None:
    """Raises ValidationError."""
    if stack.status == "CREATE_FAILED":
        if stack.settings.get("OnFailure") == "DO_NOTHING":
            raise validation_error(
                "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. "
                "Please use disable-rollback option instead during stack creation."
            )
    elif stack.status not in STABLE:
        raise wrong_state(stack.id, stack.status)


def differs(call: Call, stack: Stack, stored: StoredTemplate, plan: Plan) -> bool:
    """Whether there is anything to update."""
    former = plan_of(call, stack)
    return (
        _rendered(plan) != former.rendered()
        or plan.rendered_outputs() != former.rendered_outputs()
        or dict(stored.tags) != dict(stored_template(call, stack).tags)
    )


@operation("cloudformation", "CancelUpdateStack")
def cancel_update_stack(call: Call, request: Request) -> Result:
    """What is being changed is awaited; then all goes back."""
    stack = living(call, request["StackName"])
    if stack.status != "UPDATE_IN_PROGRESS":
        raise validation_error("CancelUpdateStack cannot be called from current stack status")
    stack.settings["ClientRequestToken"] = request.get("ClientRequestToken")
    stop(call, stack, BY_USER)
    return {}


@operation("cloudformation", "ContinueUpdateRollback")
def continue_update_rollback(call: Call, request: Request) -> Result:
    stack = living(call, request["StackName"])
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        raise validation_error(f"Stack:{stack.id} is in {stack.status} state and can not continue update rollback.")
    skipped, forced = list(request.get("ResourcesToSkip") or ()), bool(request.get("ForceRollback"))
    if skipped and forced:
        raise validation_error("You cannot specify both ForceRollback and ResourcesToSkip")
    stack.settings["ClientRequestToken"] = request.get("ClientRequestToken")
    stack.settings |= take_role(call, request)
    continue_rollback(call, stack, skipped, forced)
    return {}


@operation("cloudformation", "RollbackStack")
def rollback_stack(call: Call, request: Request) -> Result:
    """Of a stack that was told to stay as it failed, to what it last was as a whole.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html
    """
    stack = living(call, request["StackName"])
    if stack.status not in ("CREATE_FAILED", "UPDATE_FAILED"):
        raise wrong_state(stack.id, stack.status, "rolled back")
    stack.settings["RetainExceptOnCreate"] = bool(request.get("RetainExceptOnCreate"))
    stack.settings["ClientRequestToken"] = request.get("ClientRequestToken")
    stack.settings |= take_role(call, request)
    roll_back(call, stack)
    return {"StackId": stack.id, "OperationId": stack.operation_id}


# ---- delete


@operation("cloudformation", "DeleteStack")
def delete_stack(call: Call, request: Request) -> Result:
    """A stack that does not exist is deleted already."""
    stack = look_up_stack(call, request["StackName"])
    if stack is None or stack.deleted is not None or stack.status == "DELETE_IN_PROGRESS":
        return {}
    if stack.settings.get("EnableTerminationProtection"):
        raise validation_error(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
    if stack.busy and stack.status != "CREATE_IN_PROGRESS":
        raise validation_error(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
    stack.settings["DeletionMode"] = request.get("DeletionMode")
    retained = request.get("RetainResources") or []
    if retained and stack.status != "DELETE_FAILED":
        raise validation_error(
            f"Invalid operation on stack [{stack.id}]. RetainResources can only be specified for stacks in "
            "DELETE_FAILED state."
        )
    stack.settings["RetainResources"] = retained
    stack.settings |= take_role(call, request)
    stack.settings["ClientRequestToken"] = request.get("ClientRequestToken")
    reason = exports_in_use(call, stack)
    if reason is not None:
        stack.enter(call, "DELETE_FAILED", reason)
    else:
        begin_deletion(call, stack)
    return {}


# ---- what there is


@operation("cloudformation", "DescribeStacks", abandonable=True)
def describe_stacks(call: Call, request: Request) -> Answer:
    name = request.get("StackName")
    if name:
        identity = find_stack(call, name).id
        return when_settled(call, identity, partial(_look, name=name))
    return {"Stacks": [describe(call, stack) for stack in all_stacks(call) if stack.deleted is None]}


def _look(call: Call, name: str) -> tuple[bool, Result]:
    stack = find_stack(call, name)
    return not stack.busy, {"Stacks": [describe(call, stack)]}


def describe(call: Call, stack: Stack) -> dict[str, Any]:
    stored = stored_template(call, stack)
    settings = stack.settings
    return {
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": settings.get("ChangeSetId"),
        "Description": settings.get("Description"),
        "Parameters": described_parameters(call, stack, stored) or None,
        "CreationTime": stack.created,
        "DeletionTime": stack.deleted,
        "LastUpdatedTime": stack.updated,
        "RollbackConfiguration": settings.get("RollbackConfiguration") or {},
        "StackStatus": stack.status,
        "StackStatusReason": stack.reason,
        "DisableRollback": bool(settings.get("DisableRollback")),
        "DeploymentConfig": settings.get("DeploymentConfig"),
        "RetainExceptOnCreate": settings.get("RetainExceptOnCreate") or None,
        "DeletionMode": settings.get("DeletionMode"),
        "NotificationARNs": settings.get("NotificationARNs", []),
        "TimeoutInMinutes": settings.get("TimeoutInMinutes"),
        "Capabilities": settings.get("Capabilities"),
        "Outputs": stack.outputs or None,
        "RoleARN": settings.get("RoleARN"),
        "Tags": [{"Key": key, "Value": value} for key, value in stored.tags.items()],
        "EnableTerminationProtection": bool(settings.get("EnableTerminationProtection")),
        "DriftInformation": settings.get("DriftInformation") or NOT_CHECKED,
        "LastOperations": settings.get("LastOperations"),
        "ParentId": settings.get("ParentId"),
        "RootId": settings.get("RootId"),
    }


def described_parameters(call: Call, stack: Stack, stored: StoredTemplate) -> list[dict[str, Any]]:
    if not stored.arguments:
        return []
    declared = plan_of(call, stack).template.parameters
    return [
        {
            "ParameterKey": name,
            "ParameterValue": HIDDEN_VALUE if declared[name].no_echo else argument.given,
            "ResolvedValue": argument.resolved,
        }
        for name, argument in stored.arguments.items()
    ]


@operation("cloudformation", "ListStacks", reads=True)
def list_stacks(call: Call, request: Request) -> Result:
    wanted = request.get("StackStatusFilter")
    found = [
        {
            "StackId": stack.id,
            "StackName": stack.name,
            "TemplateDescription": stack.settings.get("Description"),
            "CreationTime": stack.created,
            "LastUpdatedTime": stack.updated,
            "DeletionTime": stack.deleted,
            "StackStatus": stack.status,
            "StackStatusReason": stack.reason,
            "DriftInformation": stack.settings.get("DriftInformation") or NOT_CHECKED,
            "LastOperations": stack.settings.get("LastOperations"),
            "ParentId": stack.settings.get("ParentId"),
            "RootId": stack.settings.get("RootId"),
        }
        for stack in all_stacks(call)
        if not wanted or stack.status in wanted
    ]
    return a_page(found, request, "StackSummaries")


# ---- protection


@operation("cloudformation", "UpdateTerminationProtection")
def update_termination_protection(call: Call, request: Request) -> Result:
    stack = living(call, request["StackName"])
    stack.settings["EnableTerminationProtection"] = bool(request["EnableTerminationProtection"])
    stack.save(call)
    return {"StackId": stack.id}


@operation("cloudformation", "SetStackPolicy")
def set_stack_policy(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html"""
    stack = living(call, request["StackName"])
    if (body := read_policy(call, request, "StackPolicy")) is None:
        raise validation_error("You must specify either StackPolicyURL or StackPolicyBody")
    stack.settings["StackPolicyBody"] = body
    stack.save(call)
    return {}


@operation("cloudformation", "GetStackPolicy", reads=True)
def get_stack_policy(call: Call, request: Request) -> Result:
    return {"StackPolicyBody": living(call, request["StackName"]).settings.get("StackPolicyBody")}


def living(call: Call, name: str) -> Stack:
    stack = look_up_stack(call, name)
    if stack is None or stack.deleted is not None:
        raise validation_error(f"Stack [{name}] does not exist")
    return stack


def forget_stack(call: Call, stack: Stack) -> None:
    """Drop a stack that never was more than a review."""
    call.store.run(tables.DELETE_STACK, (stack.id,))
