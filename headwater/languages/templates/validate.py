"""The checks that CloudFormation makes before it touches a resource: every name leads somewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.functions import unresolved_condition
from headwater.languages.templates.graph import dependencies, layers
from headwater.languages.templates.load import Value
from headwater.languages.templates.references import Kind, Reference, references
from headwater.languages.templates.scope import pseudo_parameters
from headwater.languages.templates.template import Output, Resource, Template

SERVERLESS = "AWS::Serverless::"
PSEUDO = frozenset(pseudo_parameters("", "", "", ""))


def validate(template: Template, conditions: Mapping[str, bool] | None = None) -> None:
    """Raise TemplateError for names that lead nowhere and for circles.

    With conditions known, a resource whose condition is false does not exist, as when a stack is made;
    without them (ValidateTemplate) all resources do.
    """
    resources, outputs = active(template, conditions)
    if conditions is not None:
        check_types(resources)
    for resource in template.resources.values():
        check_condition(template, resource.condition)
    for output in template.outputs.values():
        check_condition(template, output.condition)
    check_block(
        template,
        resources,
        "Resources",
        ((each.properties, each.depends_on) for each in resources.values()),
        conditions,
    )
    check_block(
        template,
        resources,
        "Outputs",
        (([each.value, each.export], ()) for each in outputs.values()),
        conditions,
    )
    layers(dependencies(resources, conditions or {}))


def active(template: Template, conditions: Mapping[str, bool] | None) -> tuple[dict[str, Resource], dict[str, Output]]:
    """The resources and outputs whose condition holds."""

    def holds(condition: str | None) -> bool:
        return condition is None or conditions is None or conditions.get(condition, False)

    return (
        {name: each for name, each in template.resources.items() if holds(each.condition)},
        {name: each for name, each in template.outputs.items() if holds(each.condition)},
    )


def check_types(resources: Mapping[str, Resource]) -> None:
    """What SAM's transform would have made something of is no type of CloudFormation's own."""
    unknown = sorted({each.type for each in resources.values() if each.type.startswith(SERVERLESS)})
    if unknown:
        raise TemplateError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")


def check_condition(template: Template, name: str | None) -> None:
    if name is not None and name not in template.conditions:
        raise TemplateError(f"Template format error: Condition '{name}' is not defined.")


def check_block(
    template: Template,
    resources: Mapping[str, Resource],
    block: str,
    nodes: Iterable[tuple[Value, tuple[str, ...]]],
    conditions: Mapping[str, bool] | None,
) -> None:
    unresolved: set[str] = set()
    inactive: set[str] = set()  # declared, but their condition is false
    for node, explicit in nodes:
        unresolved.update(name for name in explicit if name not in resources)
        for each in references(node, conditions):
            if each.kind is Kind.CONDITION and each.name not in template.conditions:
                raise unresolved_condition(each.name)
            if not known(template, resources, each):
                if each.name in template.resources:
                    inactive.add(each.name)
                    continue
                if each.kind is Kind.GET_ATT:
                    raise TemplateError(
                        f"Template error: instance of Fn::GetAtt references undefined resource {each.name}"
                    )
                unresolved.add(each.name)
    if unresolved:
        raise TemplateError(
            f"Template format error: Unresolved resource dependencies [{', '.join(sorted(unresolved))}] "
            f"in the {block} block of the template"
        )
    if inactive:
        raise TemplateError(
            f"Unresolved resource dependencies [{', '.join(sorted(inactive))}] in the {block} block of the template"
        )


def known(template: Template, resources: Mapping[str, Resource], reference: Reference) -> bool:
    match reference.kind:
        case Kind.REF:
            return reference.name in resources or reference.name in template.parameters or reference.name in PSEUDO
        case Kind.GET_ATT:
            return reference.name in resources
    return True
