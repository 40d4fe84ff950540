"""What is still to be done in a stack's present phase: one task per resource, started when those it needs are done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from headwater.languages.templates import layers
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.plan import Plan
from headwater.services.cloudformation.stack import Stack, StackResource, dumps
from headwater.spine.operations import Call


class Task(NamedTuple):
    """``deploy`` a logical id, ``restore`` or ``delete`` a resource (by its row's id). ``state`` is waiting, running,
    done, failed or blocked; ``needs`` are keys of other tasks."""

    id: int
    stack: str
    logical_id: str
    resource: int
    action: str
    state: str
    needs: list[str]

    @property
    def key(self) -> str:
        return str(self.resource) if self.action == "delete" else self.logical_id


def task_of(row: tuple[Any, ...]) -> Task:
    return Task._make([*row[:6], orjson.loads(row[6])])


def find_task(call: Call, identity: int) -> Task | None:
    row = call.store.one(tables.SELECT_TASK, (identity,))
    return None if row is None else task_of(row)


def tasks_of(call: Call, stack: Stack) -> list[Task]:
    return [task_of(row) for row in call.store.all(tables.SELECT_TASKS, (stack.id,))]


def set_state(call: Call, task: Task, state: str) -> None:
    call.store.run(tables.SET_TASK, (state, task.action, task.id))


def forget_tasks(call: Call, stack: Stack) -> None:
    call.store.run(tables.DELETE_TASKS, (stack.id,))


def renew_tasks(call: Call, stack: Stack, skipped: Iterable[str]) -> None:
    """Have what failed done again, but for the logical ids to be skipped."""
    for task in tasks_of(call, stack):
        if task.state in ("failed", "blocked"):
            set_state(call, task, "done" if task.logical_id in skipped else "waiting")


def _add(call: Call, stack: Stack, logical_id: str, resource: int, action: str, needs: Iterable[str]) -> None:
    row = (call.new_id(), stack.id, logical_id, resource, action, dumps(sorted(needs)))
    call.store.run(tables.INSERT_TASK, row)


def plan_deployment(call: Call, stack: Stack, plan: Plan) -> None:
    """Every resource of the template, after those that it depends on."""
    for layer in layers(plan.graph):
        for name in layer:
            _add(call, stack, name, 0, "deploy", plan.graph[name])


def plan_restoration(call: Call, stack: Stack, resources: list[StackResource]) -> None:
    """Resources that were updated in place, back to what they were."""
    names = {resource.logical_id for resource in resources}
    for resource in resources:
        _add(call, stack, resource.logical_id, resource.id, "restore", names & set(resource.depends))


def plan_deletion(call: Call, stack: Stack, resources: list[StackResource]) -> None:
    """Resources, after those that depend on them; the newest first where nothing else decides."""
    for resource in reversed(resources):
        dependants = [
            str(other.id) for other in resources if resource.logical_id in other.depends and other is not resource
        ]
        _add(call, stack, resource.logical_id, resource.id, "delete", dependants)
