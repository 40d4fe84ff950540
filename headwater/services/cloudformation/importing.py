"""Resources that are there already, taken into a stack by a change set of the type IMPORT.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.languages.templates import Difference, Resource
from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.plan import Plan, PlanMemory
from headwater.services.cloudformation.present import Declared, read
from headwater.services.cloudformation.stack import StackResource
from headwater.services.cloudformation.types import ResourceFailed, find_type, handler_code
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.resources import Untellable


def resources_to_import(call: Call, request: Request) -> dict[str, str]:
    """What a change set is to import: primary identifiers by logical ids."""
    memory: PlanMemory = call.memory
    found = {}
    for each in request.get("ResourcesToImport") or ():
        kind, given = each["ResourceType"], each["ResourceIdentifier"]
        names = memory.schemas.all.get(kind, {}).get("identifier", ())
        if not names or set(names) != set(given):
            raise validation_error(
                f"Resource identifiers of {each['LogicalResourceId']} ({kind}) must be [{', '.join(names)}]"
            )
        found[each["LogicalResourceId"]] = "|".join(given[name] for name in names)
    if not found:
        raise validation_error("ResourcesToImport must be specified for change sets of the type IMPORT")
    return found


def objection(plan: Plan, changes: Sequence[Difference], imports: dict[str, str]) -> str | None:
    """Why a template cannot be imported as it is."""
    others = [each.logical_id for each in changes if each.action != "Add" or each.logical_id not in imports]
    if others:
        return f"As part of the import operation, you cannot modify or add [{', '.join(others)}]"
    if lacking := [name for name in imports if name not in plan.resources]:
        return f"Resources to import are missing from the template: [{', '.join(lacking)}]"
    if bare := [name for name in imports if not _is_kept(plan.resources[name])]:
        return f"Resources [{', '.join(bare)}] require a DeletionPolicy attribute to be imported"
    return None


def _is_kept(resource: Resource) -> bool:
    return resource.deletion_policy is not None


def described(change: Difference, identifier: str) -> dict[str, Any]:
    return {
        "Action": "Import",
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": identifier,
        "ResourceType": change.type,
        "Scope": [],
        "Details": [],
    }


def take_in(call: Call, row: StackResource, identifier: str) -> None:
    """Find the resource, and give its row what a template's functions see of it. Raises ResourceFailed."""
    kind = find_type(call, row.type)
    known = Declared(row.type, kind.locate(identifier), row.properties, {})
    try:
        read(call, kind, known)
    except Untellable:
        raise ResourceFailed(f"Resources of the type {row.type} cannot be imported by Headwater.") from None
    except AwsError as error:
        if handler_code(error) == "NotFound":
            text = f"Resource of type '{row.type}' with identifier '{identifier}' was not found."
            raise ResourceFailed(text, "NotFound") from error
        raise ResourceFailed(error.message) from error
    row.physical_id, row.attributes = known.physical_id, known.attributes
