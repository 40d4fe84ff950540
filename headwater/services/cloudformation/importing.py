"""Resources that are there already, taken into a stack by a change set of the type IMPORT.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from headwater.languages.templates import Difference, Rendered
from headwater.services.cloudformation.early_validation import known
from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.plan import Plan, PlanMemory
from headwater.services.cloudformation.present import Declared, existing, holder, read
from headwater.services.cloudformation.stack import StackResource
from headwater.services.cloudformation.types import ResourceFailed, find_type, handler_code, is_known
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.resources import Resource, Untellable


def resources_to_import(call: Call, request: Request) -> dict[str, str]:
    """What a change set is to import: physical ids by logical ids."""
    memory: PlanMemory = call.memory
    found = {}
    for each in request.get("ResourcesToImport") or ():
        kind, given = each["ResourceType"], each["ResourceIdentifier"]
        names = memory.schemas.all.get(kind, {}).get("identifier", ())
        if not names or set(names) != set(given):
            raise validation_error(
                f"Resource identifiers of {each['LogicalResourceId']} ({kind}) must be [{', '.join(names)}]"
            )
        try:
            resource = find_type(call, kind)
        except ResourceFailed as error:
            raise validation_error(str(error)) from error
        found[each["LogicalResourceId"]] = resource.locate("|".join(given[name] for name in names))
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
    return without_policy(plan, imports)


def without_policy(plan: Plan, imports: Iterable[str]) -> str | None:
    """Why resources cannot be imported: it is not said what becomes of them."""
    bare = [name for name in imports if plan.resources[name].deletion_policy is None]
    return f"Resources [{', '.join(bare)}] require a DeletionPolicy attribute to be imported" if bare else None


def resources_to_adopt(call: Call, resources: Mapping[str, Rendered], changes: Iterable[Difference]) -> dict[str, str]:
    """What is to be added and is there already, in no stack, under a name that the template gives: physical ids by
    logical ids. Of types that can be read."""
    memory: PlanMemory = call.memory
    found = {}
    for change in changes:
        if change.action != "Add" or not is_known(call, change.type):
            continue
        if type(find_type(call, change.type)).read is Resource.read:
            continue
        properties = known(resources[change.logical_id].properties)
        there = existing(call, change.type, properties, memory.schemas.name(change.type, properties))
        if there is not None and holder(call, change.type, there) is None:
            found[change.logical_id] = there
    return found


def take_in(call: Call, row: StackResource, physical_id: str) -> None:
    """Find the resource, and give its row what a template's functions see of it. Raises ResourceFailed."""
    kind = find_type(call, row.type)
    found = Declared(row.type, physical_id, row.properties, {})
    try:
        read(call, kind, found)
    except Untellable:
        raise ResourceFailed(f"Resources of the type {row.type} cannot be imported by Headwater.") from None
    except AwsError as error:
        if handler_code(error) == "NotFound":
            text = f"Resource of type '{row.type}' with identifier '{physical_id}' was not found."
            raise ResourceFailed(text, "NotFound") from error
        raise ResourceFailed(error.message) from error
    row.physical_id, row.attributes = found.physical_id, found.attributes
