"""A stack's life: which phase it is in, and what follows when all tasks of the phase are done.

The status is the phase. Tasks are rows and each is carried out by a delivery, so a phase goes on after a crash.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from headwater.languages.templates import TemplateError
from headwater.services.cloudformation import stack_operations, tables
from headwater.services.cloudformation.alarms import alarmed
from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.outputs import settle_outputs
from headwater.services.cloudformation.plan import Plan, StoredTemplate, plan_of
from headwater.services.cloudformation.stack import (
    STACK_TYPE,
    Stack,
    StackResource,
    find_resource,
    find_stack,
    resources_of,
)
from headwater.services.cloudformation.stack_policy import DELETE, denial
from headwater.services.cloudformation.tasks import (
    Task,
    forget_tasks,
    plan_deletion,
    plan_deployment,
    plan_restoration,
    renew_tasks,
    set_state,
    tasks_of,
)
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call

BY_USER = "User Initiated"
REFUSED = "Validation failure detected. See the operation's FAILED event for details."
Findings = Sequence[dict[str, Any]]
LEFT_AS_FAILED = frozenset(("CREATE_FAILED", "UPDATE_FAILED"))
# Phases that end as soon as something fails.
FORWARD = frozenset(("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"))


# ---- beginnings


def begin_creation(call: Call, stack: Stack, stored: StoredTemplate, plan: Plan, findings: Findings = ()) -> str:
    """The operation's id. ``findings`` are what was found wrong with the template: then nothing is made."""
    operation = stack.begin_operation(call, "CREATE_STACK")
    if stack.settings.get("TimeoutInMinutes"):
        begin_timer(call, stack)
    _take_up(call, stack, stored, plan, "CREATE_IN_PROGRESS")
    if findings:
        stack_operations.end(call, operation, "FAILED", findings)
        _give_up_creation(call, stack, REFUSED, REFUSED)
    else:
        _deploy(call, stack, plan)
    return operation


def begin_update(call: Call, stack: Stack, stored: StoredTemplate, plan: Plan, findings: Findings = ()) -> str:
    stack.updated = call.now
    operation = stack.begin_operation(call, "UPDATE_STACK")
    _take_up(call, stack, stored, plan, "UPDATE_IN_PROGRESS")
    if findings:
        stack_operations.end(call, operation, "FAILED", findings)
        _roll_back_update(call, stack, REFUSED)
    else:
        _deploy(call, stack, plan)
    return operation


def begin_import(call: Call, stack: Stack, stored: StoredTemplate, plan: Plan) -> str:
    """``Importing`` among the settings says what is there already."""
    operation = stack.begin_operation(call, "CREATE_STACK" if stack.status == "REVIEW_IN_PROGRESS" else "UPDATE_STACK")
    _take_up(call, stack, stored, plan, "IMPORT_IN_PROGRESS")
    _deploy(call, stack, plan)
    return operation


def _take_up(call: Call, stack: Stack, stored: StoredTemplate, plan: Plan, status: str) -> None:
    """Make a template the one in force, for a new operation."""
    forget_tasks(call, stack)
    call.store.run(tables.DELETE_DRIFTS, (stack.id,))
    stack.settings.pop("DriftInformation", None)
    stack.operation += 1
    if stack.status not in LEFT_AS_FAILED:  # a rollback leads to what last was whole, over all failures since
        stack.former = stack.template
    stack.template = stack.operation
    stack.settings["Description"] = plan.template.description
    stored.save(call, stack, stack.operation)
    stack.settings.pop("WatchedUntil", None)
    stack.enter(call, status, BY_USER)


def _deploy(call: Call, stack: Stack, plan: Plan) -> None:
    plan_deployment(call, stack, plan)
    if stack.triggers and stack.status != "IMPORT_IN_PROGRESS":
        if (told := alarmed(call, stack)) is not None:
            stack.settings["Stopping"] = told
        else:
            watching = {"stack": stack.id, "operation": stack.operation}
            call.deliver("cloudformation.triggers", watching, target=stack.id)
    advance(call, stack)


def begin_deletion(call: Call, stack: Stack, reason: str = BY_USER) -> None:
    """Delete everything; while a creation runs, as soon as what runs is done."""
    if stack.busy:
        stack.settings["DeletionRequested"] = True
        stack.save(call)
        return
    _begin_deletion(call, stack, reason)


def _begin_deletion(call: Call, stack: Stack, reason: str) -> None:
    forget_tasks(call, stack)
    for left in ("DeletionRequested", "Stopping"):
        stack.settings.pop(left, None)
    stack.operation += 1
    stack.begin_operation(call, "DELETE_STACK")
    stack.enter(call, "DELETE_IN_PROGRESS", reason)
    plan_deletion(call, stack, _existing(call, stack))
    advance(call, stack)


def continue_rollback(call: Call, stack: Stack, given: Sequence[str], forced: bool) -> None:
    """Try again what failed in an update's rollback; what is skipped (given, or when forced all that failed) is taken
    for done, also within nested stacks (``NestedStackName.LogicalId``). Raises ValidationError."""
    failed = {task.logical_id: task for task in tasks_of(call, stack) if task.state == "failed"}
    skipped = [name for name in given if "." not in name]
    if others := [name for name in skipped if name not in failed]:
        raise validation_error(f"Resources [{', '.join(others)}] did not fail to be rolled back and cannot be skipped.")
    stack.settings["Skipping"] = {"ResourcesToSkip": [*given], "ForceRollback": forced}
    if forced:
        skipped = [name for name, task in failed.items() if not _is_nested(call, task)]
    renew_tasks(call, stack, skipped)
    stack.begin_operation(call, "CONTINUE_ROLLBACK")
    stack.enter(call, "UPDATE_ROLLBACK_IN_PROGRESS", BY_USER)
    for name in skipped:
        if (row := find_resource(call, failed[name].resource)) is not None:
            row.go_back()
            row.enter(call, stack, "UPDATE_COMPLETE")
    advance(call, stack)


def _is_nested(call: Call, task: Task) -> bool:
    row = find_resource(call, task.resource)
    return row is not None and row.type == STACK_TYPE


def roll_back(call: Call, stack: Stack) -> None:
    """Take back what was left as it failed."""
    forget_tasks(call, stack)
    if stack.status == "CREATE_FAILED":
        _take_back_creation(call, stack, BY_USER)
    else:
        _take_back_update(call, stack, BY_USER)


def stop(call: Call, stack: Stack, reason: str) -> None:
    """Begin nothing more of a creation or an update; once all is done that has been begun, take it back."""
    stack.settings["Stopping"] = reason
    stack.save(call)
    advance(call, stack)


def _stopped(stack: Stack) -> str:
    """Why, or an empty text."""
    return str(stack.settings.pop("Stopping", ""))


def begin_timer(call: Call, stack: Stack) -> None:
    """Of a stack that may take only so long to be made.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (TimeoutInMinutes)
    """
    due = call.now + int(stack.settings["TimeoutInMinutes"]) * 60_000
    stack.settings["Timer"] = call.deliver("cloudformation.timeout", {"stack": stack.id}, target=stack.id, due=due)
    stack.save(call)


def _end_timer(call: Call, stack: Stack) -> None:
    if (timer := stack.settings.pop("Timer", None)) is not None:
        call.cancel(timer)


@delivery("cloudformation.timeout")
def time_out(call: Call, item: Delivery) -> None:
    stack = find_stack(call, item.payload["stack"])
    if stack.settings.pop("Timer", None) is not None and stack.status == "CREATE_IN_PROGRESS":
        stop(call, stack, "Stack creation time exceeded the specified timeout. ")


def _existing(call: Call, stack: Stack) -> list[StackResource]:
    return [each for each in resources_of(call, stack) if not each.status.startswith("DELETE_COMPLETE")]


# ---- the middle


def advance(call: Call, stack: Stack) -> None:
    """Start every task whose turn has come; with none left, end the phase."""
    tasks = tasks_of(call, stack)
    states = {task.key: task.state for task in tasks}
    failed = "failed" in states.values() or "Stopping" in stack.settings
    stopping = (failed and stack.status in FORWARD) or "DeletionRequested" in stack.settings
    if not stopping and _start_ready(call, tasks, states):
        return
    if "running" not in states.values():
        _end_timer(call, stack)
        if "DeletionRequested" in stack.settings:
            _begin_deletion(call, stack, BY_USER)
        else:
            _ENDS[stack.status](call, stack, failed)


def _start_ready(call: Call, tasks: list[Task], states: dict[str, str]) -> bool:
    """Whether something is under way, be it started here or before."""
    for task in tasks:
        if task.state != "waiting":
            continue
        needed = {states.get(key, "done") for key in task.needs}
        if needed <= {"done"}:
            states[task.key] = "running"
            set_state(call, task, "running")
            call.deliver("cloudformation.resource", {"task": task.id}, target=task.stack)
        elif needed & {"failed", "blocked"}:
            states[task.key] = "blocked"
            set_state(call, task, "blocked")
    return "running" in states.values()


def finish_task(call: Call, stack: Stack, task: Task, failed: bool) -> None:
    set_state(call, task, "failed" if failed else "done")
    advance(call, stack)


# ---- ends of phases


def _is_watched(call: Call, stack: Stack) -> bool:
    """Whether the operation, all of which is deployed, is watched for a while yet, as its RollbackConfiguration says.
    Then it ends later."""
    minutes = int((stack.settings.get("RollbackConfiguration") or {}).get("MonitoringTimeInMinutes") or 0)
    if minutes and "WatchedUntil" not in stack.settings:
        until = stack.settings["WatchedUntil"] = call.now + minutes * 60_000
        payload = {"stack": stack.id, "operation": stack.operation}
        call.deliver("cloudformation.watched", payload, target=stack.id, due=until)
        stack.save(call)
    return bool(minutes) and call.now < int(stack.settings["WatchedUntil"])


def _created(call: Call, stack: Stack, failed: bool) -> None:
    if not failed and _is_watched(call, stack):
        return
    reason = _stopped(stack) + _failures(call, stack) if failed else _settle(call, stack)
    if reason is None:
        _complete(call, stack, "CREATE_COMPLETE")
    else:
        _give_up_creation(call, stack, reason, f"{reason}Rollback requested by user.")


def _give_up_creation(call: Call, stack: Stack, reason: str, rollback_reason: str) -> None:
    choice = stack.settings.get("OnFailure") or ("DO_NOTHING" if stack.settings.get("DisableRollback") else "ROLLBACK")
    forget_tasks(call, stack)
    if choice == "DO_NOTHING":
        stack.enter(call, "CREATE_FAILED", reason)
        return
    if choice == "ROLLBACK":
        _take_back_creation(call, stack, rollback_reason)
        return
    stack.begin_operation(call, "DELETE_STACK")
    stack.enter(call, "DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
    plan_deletion(call, stack, _existing(call, stack))
    advance(call, stack)


def _take_back_creation(call: Call, stack: Stack, reason: str) -> None:
    stack.begin_operation(call, "ROLLBACK")
    stack.enter(call, "ROLLBACK_IN_PROGRESS", reason)
    plan_deletion(call, stack, _existing(call, stack))
    advance(call, stack)


def _updated(call: Call, stack: Stack, failed: bool) -> None:
    wanted = plan_of(call, stack).resources
    if cancelled := _stopped(stack):
        forget_tasks(call, stack)
        _take_back_update(call, stack, cancelled)
        return
    if not failed and _is_watched(call, stack):
        return
    reason = _failures(call, stack) if failed else _kept_by_policy(call, stack, wanted) or _settle(call, stack)
    forget_tasks(call, stack)
    if reason is not None:
        _roll_back_update(call, stack, reason)
        return
    stack.enter(call, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    plan_deletion(
        call,
        stack,
        [each for each in resources_of(call, stack) if not each.current or each.logical_id not in wanted],
    )
    advance(call, stack)


def _kept_by_policy(call: Call, stack: Stack, wanted: Container[str]) -> str | None:
    """Why the stack's policy does not let go of resources that the template has no more."""
    kept = []
    for resource in resources_of(call, stack):
        if resource.current and resource.logical_id not in wanted:
            denied = denial(stack.settings, DELETE, resource.logical_id, resource.type)
            if denied is not None:
                resource.enter(call, stack, "UPDATE_FAILED", denied)
                kept.append(resource.logical_id)
    return f"The following resource(s) failed to update: [{', '.join(kept)}]. " if kept else None


def _roll_back_update(call: Call, stack: Stack, reason: str) -> None:
    if stack.settings.get("DisableRollback"):
        stack.enter(call, "UPDATE_FAILED", reason)
    else:
        _take_back_update(call, stack, reason)


def _take_back_update(call: Call, stack: Stack, reason: str) -> None:
    if not stack.former:  # it never was whole
        _take_back_creation(call, stack, reason)
        return
    stack.template = stack.former
    stack.begin_operation(call, "ROLLBACK")
    stack.enter(call, "UPDATE_ROLLBACK_IN_PROGRESS", reason)
    changed = []
    for resource in resources_of(call, stack):
        if resource.made_by > stack.former:
            resource.current = False
            resource.save(call)
        elif resource.previous is not None:
            changed.append(resource)
        elif resource.replaced_by > stack.former:
            resource.current, resource.replaced_by = True, 0
            resource.save(call)
    plan_restoration(call, stack, changed)
    advance(call, stack)


def _update_rolled_back(call: Call, stack: Stack, failed: bool) -> None:
    if failed:
        stack.enter(call, "UPDATE_ROLLBACK_FAILED", _failures(call, stack))
        return
    forget_tasks(call, stack)
    stack.enter(call, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    plan_deletion(call, stack, [each for each in resources_of(call, stack) if not each.current])
    advance(call, stack)


def _cleaned(call: Call, stack: Stack, failed: bool) -> None:
    _complete(call, stack, stack.status.removesuffix("_CLEANUP_IN_PROGRESS"))


def _creation_rolled_back(call: Call, stack: Stack, failed: bool) -> None:
    if failed:
        stack.enter(call, "ROLLBACK_FAILED", _failures(call, stack))
    else:
        _complete(call, stack, "ROLLBACK_COMPLETE")


def _imported(call: Call, stack: Stack, failed: bool) -> None:
    """What could not be imported whole is let go; nothing that is there is touched."""
    reason = _failures(call, stack) if failed else _settle(call, stack)
    if reason is None:
        _complete(call, stack, "IMPORT_COMPLETE")
        return
    stack.template = stack.former
    stack.begin_operation(call, "ROLLBACK")
    stack.enter(call, "IMPORT_ROLLBACK_IN_PROGRESS", reason)
    for resource in resources_of(call, stack):
        if resource.made_by > stack.former:
            call.store.run(tables.DELETE_RESOURCE, (resource.id,))
    if stack.former:
        _complete(call, stack, "IMPORT_ROLLBACK_COMPLETE")
    else:
        forget_tasks(call, stack)
        for over in ("Imported", "Importing"):
            stack.settings.pop(over, None)
        stack.enter(call, "REVIEW_IN_PROGRESS", reason)


def _deleted(call: Call, stack: Stack, failed: bool) -> None:
    if failed:
        stack.enter(call, "DELETE_FAILED", _failures(call, stack))
        return
    stack.deleted = call.now
    call.store.run(tables.DELETE_EXPORTS_OF, (stack.id,))
    call.store.run(tables.FORGET_IMPORTS, (stack.id, stack.operation + 1))
    call.store.run(tables.DELETE_CHANGE_SETS, (stack.id,))
    call.store.run(tables.DELETE_DRIFTS, (stack.id,))
    call.store.run(tables.DELETE_DETECTIONS, (stack.id,))
    _complete(call, stack, "DELETE_COMPLETE")


def _complete(call: Call, stack: Stack, status: str) -> None:
    """The operation is over; what was kept for its rollback goes."""
    forget_tasks(call, stack)
    stack.former = stack.template
    for over in ("Imported", "Importing", "RetainExceptOnCreate", "Skipping"):
        stack.settings.pop(over, None)
    call.store.run(tables.FORGET_PREVIOUS, (stack.id,))
    call.store.run(tables.DELETE_RESPONSES, (stack.id,))
    call.store.run(tables.FORGET_TEMPLATES, (stack.id, stack.template))
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        stack.settings.pop("Skipped", None)
        call.store.run(tables.FORGET_IMPORTS, (stack.id, stack.operation))
    stack.enter(call, status)


def _settle(call: Call, stack: Stack) -> str | None:
    """Evaluate and publish the outputs; why that failed, or None."""
    try:
        stack.outputs = call.engine.attempt(settle_outputs, call, stack, plan_of(call, stack))
    except TemplateError as error:
        return f"{error} "
    return None


def _failures(call: Call, stack: Stack) -> str:
    """`The following resource(s) failed to create: [A, B]. `, by what was tried with them."""
    failed = {task.logical_id for task in tasks_of(call, stack) if task.state == "failed"}
    reasons = []
    for verb in ("create", "update", "delete", "import"):
        names = [
            each.logical_id
            for each in resources_of(call, stack)
            if each.logical_id in failed and each.status == f"{verb.upper()}_FAILED"
        ]
        if names:
            reasons.append(f"The following resource(s) failed to {verb}: [{', '.join(names)}]. ")
    return "".join(reasons)


_ENDS: Mapping[str, Callable[[Call, Stack, bool], None]] = MappingProxyType(
    {
        "CREATE_IN_PROGRESS": _created,
        "ROLLBACK_IN_PROGRESS": _creation_rolled_back,
        "UPDATE_IN_PROGRESS": _updated,
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": _cleaned,
        "UPDATE_ROLLBACK_IN_PROGRESS": _update_rolled_back,
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": _cleaned,
        "DELETE_IN_PROGRESS": _deleted,
        "IMPORT_IN_PROGRESS": _imported,
    }
)
