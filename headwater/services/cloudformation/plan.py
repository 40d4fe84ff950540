"""A stack's template with its parameters: what is to exist, in which order, with what values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from headwater.languages.templates import (
    Argument,
    Output,
    Rendered,
    Resource,
    Resources,
    Scope,
    Template,
    Unresolved,
    active,
    check_rules,
    dependencies,
    evaluate,
    evaluate_conditions,
    parse,
    pseudo_parameters,
    render,
    validate,
)
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.schemas import Schemas
from headwater.services.cloudformation.stack import Stack, dumps
from headwater.spine.operations import Call

Arguments = Mapping[str, Argument]
HIDDEN_VALUE = "****"


@dataclass(frozen=True)
class Plan:
    """A checked template with conditions decided. ``parameters`` hold the pseudo parameters too."""

    template: Template
    parameters: Mapping[str, Any]
    conditions: Mapping[str, bool]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]
    graph: Mapping[str, frozenset[str]]
    tags: Mapping[str, str]
    has_secrets: bool = False

    def scope(self, resources: Resources) -> Scope:
        return Scope(self.parameters, resources, self.template.mappings, self.conditions)

    def hiding_scope(self, resources: Resources) -> Scope:
        """The same without what must not be echoed."""
        hidden = {name: HIDDEN_VALUE for name, each in self.template.parameters.items() if each.no_echo}
        return replace(self.scope(resources), parameters={**self.parameters, **hidden})

    def rendered(self) -> dict[str, Rendered]:
        """Resources as far as they are known before any is made: what change sets compare."""
        scope = self.scope(Unresolved())
        return {name: render(resource, scope) for name, resource in self.resources.items()}

    def shown(self) -> dict[str, Rendered]:
        """The same for people: without what must not be echoed."""
        scope = self.hiding_scope(Unresolved())
        return {name: render(resource, scope) for name, resource in self.resources.items()}

    def rendered_outputs(self) -> dict[str, Any]:
        scope = self.scope(Unresolved())
        return {
            name: (evaluate(each.value, scope), evaluate(each.export, scope), each.description)
            for name, each in self.outputs.items()
        }


def pseudo_parameters_of(stack: Stack) -> dict[str, Any]:
    topics = tuple(stack.settings.get("NotificationARNs", ()))
    return pseudo_parameters(stack.account, stack.region, stack.name, stack.id, topics)


def make_plan(processed: Mapping[str, Any], arguments: Arguments, tags: Mapping[str, str], stack: Stack) -> Plan:
    """Check a processed template. Raises TemplateError."""
    template = parse(processed)
    parameters = {
        **pseudo_parameters_of(stack),
        **{name: argument.value for name, argument in arguments.items()},
    }
    scope = Scope(parameters, Unresolved(), template.mappings)
    conditions = evaluate_conditions(template, scope)
    check_rules(template, scope, conditions)
    validate(template, conditions)
    resources, outputs = active(template, conditions)
    graph = dependencies(resources, conditions)
    has_secrets = any(each.no_echo for each in template.parameters.values()) or "{{resolve:" in str(processed)
    return Plan(template, parameters, conditions, resources, outputs, graph, tags, has_secrets)


class PlanMemory:
    """Plans by stack and operation, which can be made again from the rows; what AWS's types look like."""

    def __init__(self) -> None:
        self.plans: dict[tuple[str, int], Plan] = {}
        self.schemas = Schemas()

    def clear(self) -> None:
        self.plans.clear()


_PLANS_REMEMBERED = 50


def plan_of(call: Call, stack: Stack) -> Plan:
    """The plan in force."""
    memory: PlanMemory = call.memory
    key = (stack.id, stack.template)
    plan = memory.plans.get(key)
    if plan is None:
        stored = stored_template(call, stack)
        plan = make_plan(stored.processed, stored.arguments, stored.tags, stack)
        if len(memory.plans) >= _PLANS_REMEMBERED:
            memory.plans.clear()
        memory.plans[key] = plan
    return plan


@dataclass(frozen=True)
class StoredTemplate:
    """What an operation was given: the text as it came, the template after transforms, parameters, tags."""

    body: str
    processed: Mapping[str, Any]
    arguments: Arguments
    tags: Mapping[str, str]

    def save(self, call: Call, stack: Stack, operation: int) -> None:
        row = (stack.id, operation, self.body, dumps(self.processed), dump_arguments(self.arguments), dumps(self.tags))
        call.store.run(tables.PUT_TEMPLATE, row)


def stored_template(call: Call, stack: Stack, operation: int | None = None) -> StoredTemplate:
    """The template in force, or that of another operation; an empty one for a stack that has none yet."""
    row = call.store.one(tables.SELECT_TEMPLATE, (stack.id, stack.template if operation is None else operation))
    if row is None:
        return StoredTemplate("", {}, {}, {})
    body, processed, arguments, tags = row
    return StoredTemplate(body, orjson.loads(processed), load_arguments(arguments), orjson.loads(tags))


def dump_arguments(arguments: Arguments) -> str:
    return dumps({name: asdict(argument) for name, argument in arguments.items()})


def load_arguments(text: str) -> dict[str, Argument]:
    return {name: Argument(**fields) for name, fields in orjson.loads(text).items()}
