"""One resource's turn: made, changed, replaced, restored or deleted, by a delivery.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from headwater.languages.templates import Resource as Declared
from headwater.languages.templates import Scope, TemplateError, evaluate, resolve_dynamic
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.deployment import finish_task
from headwater.services.cloudformation.errors import already_exists
from headwater.services.cloudformation.importing import take_in
from headwater.services.cloudformation.localise import localise
from headwater.services.cloudformation.plan import PlanMemory, plan_of, stored_template
from headwater.services.cloudformation.present import existing, holder
from headwater.services.cloudformation.roles import session_of_stack
from headwater.services.cloudformation.stack import (
    Stack,
    StackResource,
    current_resource,
    dumps,
    find_resource,
    find_stack,
)
from headwater.services.cloudformation.stack_policy import MODIFY, REPLACE, denial
from headwater.services.cloudformation.surroundings import Surroundings, dynamic_value
from headwater.services.cloudformation.tasks import Task, find_task
from headwater.services.cloudformation.types import (
    ResourceFailed,
    StackChange,
    attempt,
    failure_of,
    find_type,
    name_suffix,
    wait_for,
)
from headwater.services.cloudformation.witness import Witness
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Step

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."
Later = Coroutine[Any, Any, Callable[[Call], None]] | None


@dataclass(frozen=True)
class Wanted:
    """A declared resource with its functions evaluated."""

    type: str
    properties: dict[str, Any]
    depends: list[str]
    deletion_policy: str
    replace_policy: str
    metadata: Any
    creation_policy: Any = None
    shown: str | None = None

    def apply(self, row: StackResource) -> None:
        row.type, row.properties, row.depends = self.type, self.properties, self.depends
        row.deletion_policy, row.replace_policy, row.metadata = (
            self.deletion_policy,
            self.replace_policy,
            self.metadata,
        )
        row.shown = self.shown


# ---- the delivery


def _give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """A fault of ours: the resource has failed, and the stack knows."""
    task = find_task(call, item.payload["task"])
    if task is None or task.state != "running":
        return
    stack = find_stack(call, task.stack)
    row = find_resource(call, task.resource) if task.resource else current_resource(call, stack, task.logical_id)
    if row is None:
        declared = plan_of(call, stack).resources[task.logical_id]
        row = _new_row(call, stack, _nothing(declared.type), task.logical_id)
    verb = "DELETE" if task.action == "delete" else "UPDATE" if row.physical_id else "CREATE"
    row.enter(call, stack, f"{verb}_FAILED", f"Internal Failure: {why.message}")
    finish_task(call, stack, task, failed=True)


@delivery("cloudformation.resource", exhausted=_give_up)
def provision(call: Call, item: Delivery) -> Later:
    task = find_task(call, item.payload["task"])
    if task is None or task.state != "running":
        return None
    return _ACTIONS[task.action](call, find_stack(call, task.stack), task)


def _run(
    call: Call,
    stack: Stack,
    task: Task,
    row: StackResource,
    change: StackChange,
    method: Callable[[Call, Change], Step],
    done: Callable[[Call, Stack, StackResource, StackChange], None],
    replace: Callable[[Call, Stack, StackResource], Later] | None = None,
) -> Later:
    """One step of the row's type; its outcome is written now or, where it waits, later."""

    def failed(call: Call, stack: Stack, row: StackResource, error: ResourceFailed) -> None:
        if task.action == "delete" and stack.settings.get("DeletionMode") == "FORCE_DELETE_STACK":
            _deleted(call, stack, row, "DELETE_SKIPPED", str(error))
            finish_task(call, stack, task, failed=False)
            return
        row.enter(call, stack, row.status.replace("_IN_PROGRESS", "_FAILED"), str(error))
        finish_task(call, stack, task, failed=True)

    try:
        step = attempt(call, change, method, session_of_stack(stack))
    except ResourceFailed as error:
        if task.action == "deploy":
            row.previous = None  # the savepoint undid all of it: there is nothing to restore or to delete
        failed(call, stack, row, error)
        return None
    except Replace:
        if replace is None:
            failed(call, stack, row, ResourceFailed("This change cannot be undone without a replacement."))
            return None
        return replace(call, stack, row)
    if step is None:
        done(call, stack, row, change)
        finish_task(call, stack, task, failed=False)
        return None
    return _wait(call, task, row.id, change, step, done, failed)


async def _wait(
    call: Call,
    task: Task,
    row_id: int,
    change: StackChange,
    step: Coroutine[Any, Any, None],
    done: Callable[[Call, Stack, StackResource, StackChange], None],
    failed: Callable[[Call, Stack, StackResource, ResourceFailed], None],
) -> Callable[[Call], None]:
    error = await wait_for(call, change, step)

    def finish(call: Call) -> None:
        stack, row = find_stack(call, task.stack), find_resource(call, row_id)
        if row is None:
            return
        if error is not None:
            row.physical_id = row.physical_id or change.physical_id
            failed(call, stack, row, error)
        else:
            done(call, stack, row, change)
            finish_task(call, stack, task, failed=False)

    return finish


def _change(call: Call, stack: Stack, task: Task, row: StackResource, properties: dict[str, Any]) -> StackChange:
    return StackChange(
        type=row.type,
        logical_id=row.logical_id,
        stack_id=stack.id,
        stack_name=stack.name,
        properties=properties,
        physical_id=row.physical_id,
        attributes=dict(row.attributes),
        tags={} if task.action == "delete" else dict(plan_of(call, stack).tags),
        suffix=name_suffix(stack.id, row.id),
        token=f"{stack.id}/{task.id}/{row.id}",
        begun=row.changed,
    )


# ---- deploying


def _deploy(call: Call, stack: Stack, task: Task) -> Later:
    plan = plan_of(call, stack)
    row = current_resource(call, stack, task.logical_id)
    declared = plan.resources[task.logical_id]
    try:
        wanted = _evaluate(call, stack, declared)
    except TemplateError as error:
        row = row or _new_row(call, stack, _nothing(declared.type), task.logical_id)
        row.enter(call, stack, "UPDATE_FAILED" if row.physical_id else "CREATE_FAILED", str(error))
        finish_task(call, stack, task, failed=True)
        return None
    if row is None and task.logical_id in stack.settings.get("Importing", ()):
        _import(call, stack, task, _new_row(call, stack, wanted, task.logical_id))
        return None
    if row is None:
        row = _new_row(call, stack, wanted, task.logical_id)
        row.enter(call, stack, "CREATE_IN_PROGRESS")
        return _create(call, stack, task, row, wanted)
    if not row.physical_id:  # a former attempt came to nothing, or was interrupted
        again = row.status.endswith("_IN_PROGRESS")
        if not again:
            row.enter(call, stack, "CREATE_IN_PROGRESS")
        return _create(call, stack, task, row, wanted, again=again)
    if row.logical_id in stack.settings.get("Skipped", ()):
        wanted.apply(row)
        row.enter(call, stack, "UPDATE_COMPLETE")
        finish_task(call, stack, task, failed=False)
        return None
    if row.type != wanted.type:
        return _replace(call, stack, task, row, wanted)
    if row.properties == wanted.properties and row.status.endswith("_COMPLETE") and not _is_retagged(call, stack, row):
        wanted.apply(row)
        row.save(call)
        finish_task(call, stack, task, failed=False)
        return None
    return _update(call, stack, task, row, wanted)


def _is_retagged(call: Call, stack: Stack, row: StackResource) -> bool:
    """Whether the stack has other tags than before, and the resource is of a type that takes them."""
    memory: PlanMemory = call.memory
    if "Tags" not in memory.schemas.all.get(row.type, {}).get("properties", ()):
        return False
    former = stored_template(call, stack, stack.former)
    return row.made_by <= stack.former and dict(former.tags) != dict(plan_of(call, stack).tags)


def _import(call: Call, stack: Stack, task: Task, row: StackResource) -> None:
    row.enter(call, stack, "IMPORT_IN_PROGRESS")
    try:
        take_in(call, row, stack.settings["Importing"][row.logical_id])
    except ResourceFailed as error:
        row.enter(call, stack, "IMPORT_FAILED", str(error))
        finish_task(call, stack, task, failed=True)
        return
    stack.settings["Imported"] = [*stack.settings.get("Imported", ()), row.logical_id]
    row.enter(call, stack, "IMPORT_COMPLETE", "Resource import completed.")
    stack.save(call)
    finish_task(call, stack, task, failed=False)


def _evaluate(call: Call, stack: Stack, declared: Declared) -> Wanted:
    plan = plan_of(call, stack)
    surroundings = Surroundings(call, stack)
    scope = plan.scope(surroundings)
    properties = evaluate(declared.properties, scope)
    properties = resolve_dynamic(properties, lambda service, name: dynamic_value(call, service, name))
    return Wanted(
        declared.type,
        localise(properties, call.endpoint),
        sorted(plan.graph[declared.logical_id]),
        str(evaluate(declared.deletion_policy, scope) or "Delete"),
        str(evaluate(declared.update_replace_policy, scope) or "Delete"),
        evaluate(declared.metadata, scope),
        evaluate(declared.creation_policy, scope),
        _shown(call, plan.hiding_scope(surroundings), declared) if plan.has_secrets else None,
    )


def _shown(call: Call, scope: Scope, declared: Declared) -> str:
    """What events tell of its properties: no secrets, dynamic references as they are written."""
    return dumps(localise(evaluate(declared.properties, scope), call.endpoint))


def _nothing(kind: str) -> Wanted:
    """For a resource of which no more is known than its type."""
    return Wanted(kind, {}, [], "Delete", "Delete", None)


def _new_row(call: Call, stack: Stack, wanted: Wanted, logical_id: str) -> StackResource:
    row = StackResource(
        id=call.new_id(),
        stack=stack.id,
        logical_id=logical_id,
        current=True,
        type=wanted.type,
        physical_id="",
        status="CREATE_IN_PROGRESS",
        reason=None,
        changed=call.now,
        made_by=stack.operation,
        replaced_by=0,
        properties=wanted.properties,
    )
    wanted.apply(row)
    row.insert(call)
    return row


def _create(
    call: Call,
    stack: Stack,
    task: Task,
    row: StackResource,
    wanted: Wanted,
    former: StackResource | None = None,
    again: bool = False,
) -> Later:
    """``again``: it was begun before, so that what is there under its name may be its own."""
    wanted.apply(row)
    properties = Witness(wanted.properties)
    change = _change(call, stack, task, row, properties)
    change.creation_policy = wanted.creation_policy

    def create(call: Call, change: Change) -> Step:
        _check_properties(call, row, wanted)
        if not again:
            _check_name(call, row, former)
        step = find_type(call, row.type).create(call, change)
        if step is None and former is not None and change.physical_id == former.physical_id:
            raise ResourceFailed(_rename(former))
        if step is None and (owner := holder(call, row.type, change.physical_id, row.id)) is not None:
            raise ResourceFailed(f"{change.physical_id} already exists in stack {owner}")
        return step

    def done(call: Call, stack: Stack, row: StackResource, change: StackChange) -> None:
        wanted.apply(row)
        row.physical_id, row.attributes = change.physical_id, change.attributes
        row.enter(call, stack, row.status, "Resource creation Initiated")
        row.enter(call, stack, row.status.replace("_IN_PROGRESS", "_COMPLETE"), _told(call, row, properties.unseen()))

    return _run(call, stack, task, row, change, create, done)


def _check_name(call: Call, row: StackResource, former: StackResource | None) -> None:
    """Many an operation that makes something would take what is there for it. Raises ResourceFailed."""
    memory: PlanMemory = call.memory
    name = memory.schemas.name(row.type, row.properties)
    there = existing(call, row.type, row.properties, name)
    if there is None:
        return
    if former is not None and there == former.physical_id:
        raise ResourceFailed(_rename(former))
    if (owner := holder(call, row.type, there, row.id)) is not None:
        raise ResourceFailed(f"{there} already exists in stack {owner}")
    raise failure_of(call, AwsError("AlreadyExists", already_exists(row.type, name or there)))


def _update(call: Call, stack: Stack, task: Task, row: StackResource, wanted: Wanted) -> Later:
    memory: PlanMemory = call.memory
    if memory.schemas.is_replaced(row.type, row.properties, wanted.properties):
        return _replace(call, stack, task, row, wanted)
    if row.previous is None and row.made_by != stack.operation:
        row.previous = row.snapshot
    row.enter(call, stack, "UPDATE_IN_PROGRESS")
    properties = Witness(wanted.properties)
    change = _change(call, stack, task, row, properties)
    change.previous = row.properties
    differs = row.properties != wanted.properties  # else it is only brought back from a failure
    denied = denial(stack.settings, MODIFY, row.logical_id, row.type) if differs else None

    def update(call: Call, change: Change) -> Step:
        _check_properties(call, row, wanted)
        step = find_type(call, row.type).update(call, change)  # may say that this is a replacement
        if denied is None:
            return step
        if step is not None:
            step.close()
        raise ResourceFailed(denied)  # the savepoint undoes what was done

    def done(call: Call, stack: Stack, row: StackResource, change: StackChange) -> None:
        if change.physical_id != row.physical_id:
            _leave_behind(call, stack, row)
        told = _told(call, row, properties.unseen(change.previous))
        wanted.apply(row)
        row.physical_id, row.attributes = change.physical_id, change.attributes
        row.enter(call, stack, "UPDATE_COMPLETE", told)

    def replace(call: Call, stack: Stack, row: StackResource) -> Later:
        row.previous = None
        return _replace(call, stack, task, row, wanted)

    return _run(call, stack, task, row, change, update, done, replace)


def _check_properties(call: Call, row: StackResource, wanted: Wanted) -> None:
    memory: PlanMemory = call.memory
    if (problem := memory.schemas.problem(wanted.type, row.logical_id, wanted.properties)) is not None:
        raise ResourceFailed(problem)


def _told(call: Call, row: StackResource, names: list[str]) -> str | None:
    """What had no effect, if anything."""
    if (told := find_type(call, row.type).told) is not None:
        return told
    return f"Headwater ignores {', '.join(names)} of {row.type}." if names else None


def _leave_behind(call: Call, stack: Stack, row: StackResource) -> None:
    """An update gave the resource a new physical id: the former one is a resource to be cleaned up."""
    former = StackResource(
        call.new_id(), row.stack, row.logical_id, False, row.type, row.physical_id, row.status, None, call.now,
        row.made_by, stack.operation, row.properties, row.attributes, row.depends, row.deletion_policy,
        row.replace_policy, row.metadata,
    )  # fmt: skip
    former.insert(call)
    row.made_by, row.previous = stack.operation, None


def _replace(call: Call, stack: Stack, task: Task, former: StackResource, wanted: Wanted) -> Later:
    denied = denial(stack.settings, REPLACE, former.logical_id, former.type) or _same_name(call, former, wanted)
    if denied is not None:
        former.enter(call, stack, "UPDATE_FAILED", denied)
        finish_task(call, stack, task, failed=True)
        return None
    former.current, former.replaced_by = False, stack.operation
    former.save(call)
    row = _new_row(call, stack, wanted, former.logical_id)
    row.enter(call, stack, "UPDATE_IN_PROGRESS", REPLACING)
    return _create(call, stack, task, row, wanted, former)


def _same_name(call: Call, former: StackResource, wanted: Wanted) -> str | None:
    """Why a resource cannot make room for another: both are to have the name that the template gives."""
    memory: PlanMemory = call.memory
    name = memory.schemas.name(wanted.type, wanted.properties)
    is_same = former.type == wanted.type and name == memory.schemas.name(former.type, former.properties)
    return _rename(former) if name is not None and is_same else None


def _rename(former: StackResource) -> str:
    return (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
        f"{former.physical_id} and update the stack again."
    )


# ---- going back


def _restore(call: Call, stack: Stack, task: Task) -> Later:
    row = find_resource(call, task.resource)
    if row is None or row.previous is None:
        finish_task(call, stack, task, failed=False)
        return None
    former = row.previous
    row.enter(call, stack, "UPDATE_IN_PROGRESS")
    change = _change(call, stack, task, row, former["properties"])
    change.previous = row.properties

    def update(call: Call, change: Change) -> Step:
        return find_type(call, row.type).update(call, change)

    def done(call: Call, stack: Stack, row: StackResource, change: StackChange) -> None:
        row.go_back()
        row.physical_id, row.attributes = change.physical_id, change.attributes
        row.enter(call, stack, "UPDATE_COMPLETE")

    return _run(call, stack, task, row, change, update, done)


# ---- deleting


def _delete(call: Call, stack: Stack, task: Task) -> Later:
    row = find_resource(call, task.resource)
    if row is None:
        finish_task(call, stack, task, failed=False)
        return None
    if not row.physical_id or _is_retained(stack, row):
        _deleted(call, stack, row, "DELETE_SKIPPED" if row.physical_id else "DELETE_COMPLETE")
        finish_task(call, stack, task, failed=False)
        return None
    if row.status != "DELETE_IN_PROGRESS":
        row.enter(call, stack, "DELETE_IN_PROGRESS")
    change = _change(call, stack, task, row, row.properties)

    def delete(call: Call, change: Change) -> Step:
        return find_type(call, row.type).delete(call, change)

    def done(call: Call, stack: Stack, row: StackResource, change: StackChange) -> None:
        _deleted(call, stack, row, "DELETE_COMPLETE")

    return _run(call, stack, task, row, change, delete, done)


def _is_retained(stack: Stack, row: StackResource) -> bool:
    rolling_back = "ROLLBACK" in stack.status
    if row.logical_id in stack.settings.get("RetainResources", ()) and stack.status == "DELETE_IN_PROGRESS":
        return True
    if rolling_back and row.made_by > stack.former and row.logical_id in stack.settings.get("Imported", ()):
        return True  # it was there before
    policy = row.replace_policy if row.replaced_by and not rolling_back else row.deletion_policy
    if policy == "RetainExceptOnCreate" or (policy == "Retain" and stack.settings.get("RetainExceptOnCreate")):
        return not (rolling_back and row.made_by > stack.former)
    return policy == "Retain"


def _deleted(call: Call, stack: Stack, row: StackResource, status: str, reason: str | None = None) -> None:
    """A deleted stack's resources can still be listed; those of a living one are forgotten."""
    row.enter(call, stack, status, reason)
    if stack.status not in ("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"):
        call.store.run(tables.DELETE_RESOURCE, (row.id,))


_ACTIONS: Mapping[str, Callable[[Call, Stack, Task], Later]] = MappingProxyType(
    {"deploy": _deploy, "restore": _restore, "delete": _delete}
)
