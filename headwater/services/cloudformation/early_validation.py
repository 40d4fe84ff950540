"""What is found wrong with a template before anything is made, and how it is told: properties that do not fit their
type, and resources that exist already under the name that they are to have.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from headwater.languages.templates import Difference, Rendered
from headwater.languages.templates.dynamic import REFERENCE
from headwater.languages.templates.properties import violations
from headwater.languages.templates.references import Kind, references
from headwater.languages.templates.scope import Pending
from headwater.services.cloudformation.errors import already_exists
from headwater.services.cloudformation.plan import Plan, PlanMemory
from headwater.services.cloudformation.present import existing
from headwater.services.cloudformation.surroundings import unsupported_attribute
from headwater.services.cloudformation.types import is_known
from headwater.spine.operations import Call

PROPERTIES, CONFLICT = "PROPERTY_VALIDATION", "NAME_CONFLICT_VALIDATION"
_HOOKS = {PROPERTIES: "PropertyValidation", CONFLICT: "ResourceExistenceCheck"}

Finding = dict[str, Any]


def find_early(
    call: Call, resources: Mapping[str, Rendered], changes: Iterable[Difference], imports: Container[str] = ()
) -> list[Finding]:
    """What is wrong with resources that come or change, as members of DescribeEvents' events; what is not known before
    something is made is let through, and so is that those to be imported exist."""
    memory: PlanMemory = call.memory
    found: list[Finding] = []
    for change in changes:
        if change.action == "Remove":
            continue
        name, resource = change.logical_id, resources[change.logical_id]
        schema = memory.schemas.all.get(resource.type, {"legacy": True})
        if "legacy" in schema:
            continue
        properties = known(resource.properties)
        wrong = [_finding(PROPERTIES, name, resource.type, *_told(each)) for each in violations(schema, properties)]
        if not wrong and change.action == "Add" and name not in imports:
            wrong = _conflicts(call, name, resource.type, memory.schemas.name(resource.type, properties), properties)
        found += wrong
    return found


def lacking_types(call: Call, changes: Iterable[Difference]) -> list[str]:
    """Of resources that come or change: the types that we lack, each with its resources."""
    lacking: dict[str, list[str]] = {}
    for change in changes:
        if change.action != "Remove" and not is_known(call, change.type):
            lacking.setdefault(change.type, []).append(change.logical_id)
    return [f"{kind} ({', '.join(sorted(names))})" for kind, names in sorted(lacking.items())]


def check_attributes(call: Call, plan: Plan) -> None:
    """Raises TemplateError where `Fn::GetAtt` asks for what the type does not have."""
    memory: PlanMemory = call.memory
    asking = [each.properties for each in plan.resources.values()] + [each.value for each in plan.outputs.values()]
    for one in references(asking, plan.conditions):
        resource = plan.resources.get(one.name)
        if one.kind is not Kind.GET_ATT or one.attribute is None or resource is None:
            continue
        if not memory.schemas.has_attribute(resource.type, one.attribute):
            raise unsupported_attribute(one.name, one.attribute)


def reason(findings: Iterable[Finding]) -> str:
    """Of a change set."""
    names = sorted({f"AWS::EarlyValidation::{_HOOKS[each['ValidationName']]}" for each in findings})
    return (
        f"The following hook(s)/validation failed: [{', '.join(names)}]. To troubleshoot Early Validation errors, use "
        "the DescribeEvents API for detailed failure information."
    )


def _finding(validation: str, name: str, kind: str, place: str, text: str) -> Finding:
    return {
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": name,
        "PhysicalResourceId": "",
        "ResourceType": kind,
        "ValidationFailureMode": "FAIL",
        "ValidationName": validation,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": text,
        "ValidationPath": f"/Resources/{name}{place}",
    }


def _told(problem: str) -> tuple[str, str]:
    """Where a violation is within its resource, and its text."""
    place, _, what = problem.partition(": ")
    where = f"/Properties{place.removeprefix('#')}"
    name = what.partition("[")[2].partition("]")[0]
    if what.startswith("required key"):
        return where, f"Required property [{name}] not found"
    return (f"{where}/{name}" if what.startswith("extraneous key") else where), problem


def known(value: Any) -> Any:
    """Dynamic references are unknown yet."""
    if isinstance(value, Pending):
        return value
    if isinstance(value, Mapping):
        return {name: known(each) for name, each in value.items()}
    if isinstance(value, list):
        return [known(each) for each in value]
    return Pending() if isinstance(value, str) and REFERENCE.search(value) else value


def _conflicts(call: Call, name: str, kind: str, identifier: str | None, properties: dict[str, Any]) -> list[Finding]:
    if identifier is None or existing(call, kind, properties, identifier) is None:
        return []
    return [_finding(CONFLICT, name, kind, "", already_exists(kind, identifier))]
