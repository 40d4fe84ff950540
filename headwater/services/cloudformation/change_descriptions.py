"""The changes of a change set, as DescribeChangeSet tells them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.templates import Difference, Rendered
from headwater.languages.templates.scope import Pending
from headwater.services.cloudformation.plan import PlanMemory
from headwater.services.cloudformation.stack import Stack, current_resource, dumps
from headwater.services.cloudformation.types import is_replaced_always
from headwater.spine.operations import Call

_AFTERWARDS = "{{changeSet:KNOWN_AFTER_APPLY}}"
_OF_VALUES = frozenset(("BeforeContext", "AfterContext", "Path", "BeforeValue", "AfterValue", "AttributeChangeType"))


def describe_change(
    call: Call, stack: Stack, change: Difference, before: Rendered | None, after: Rendered | None, imported: str | None
) -> dict[str, Any]:
    """One change, with all values that may be told; ``imported``: the physical id of what is taken in."""
    existing = current_resource(call, stack, change.logical_id)
    described: dict[str, Any] = {
        "Action": change.action if imported is None else "Import",
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": existing.physical_id if existing else imported,
        "ResourceType": change.type,
        "Scope": list(change.scope),
        "Details": [],
        "BeforeContext": _context(before),
        "AfterContext": _context(after),
    }
    if change.action == "Modify":
        described |= _modification(call, change, existing is not None and existing.type != change.type, before, after)
    elif change.action == "Remove" and before is not None:
        described["PolicyAction"] = "Retain" if _keeps(before.deletion_policy) else "Delete"
    return {name: value for name, value in described.items() if value is not None}


def _modification(
    call: Call, change: Difference, is_other: bool, before: Rendered | None, after: Rendered | None
) -> dict[str, Any]:
    """Whether it replaces the resource is told by the type's schema."""
    memory: PlanMemory = call.memory
    fixed = is_replaced_always(call, change.type)
    recreation = {
        name: "Always" if fixed else memory.schemas.recreation(change.type, name) for name in change.properties
    }
    found = {*recreation.values(), *(("Always",) if is_other else ())}
    replacement = "True" if "Always" in found else "Conditional" if "Conditionally" in found else "False"
    kept = before is not None and _keeps(before.update_replace_policy)
    details = [
        {
            "Target": _target(name, recreation[name], before, after),
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for name in change.properties
    ]
    action = ("ReplaceAndRetain" if kept else "ReplaceAndDelete") if replacement == "True" else None
    return {"Replacement": replacement, "Details": details, "PolicyAction": action}


def _target(name: str, recreation: str, before: Rendered | None, after: Rendered | None) -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation, "Path": f"/Properties/{name}"}
    values = {
        label: _text(rendered.properties[name])
        for label, rendered in (("BeforeValue", before), ("AfterValue", after))
        if rendered is not None and name in rendered.properties
    }
    kind = "Modify" if len(values) == 2 else "Add" if "AfterValue" in values else "Remove"
    return target | values | {"AttributeChangeType": kind}


def _context(rendered: Rendered | None) -> str | None:
    if rendered is None:
        return None
    members = {
        "Properties": _shown(rendered.properties),
        "Metadata": _shown(rendered.metadata),
        "DeletionPolicy": rendered.deletion_policy,
        "UpdateReplacePolicy": rendered.update_replace_policy,
    }
    return dumps({name: value for name, value in members.items() if value})


def _shown(value: Any) -> Any:
    if isinstance(value, Pending):
        return _AFTERWARDS
    if isinstance(value, Mapping):
        return {name: _shown(each) for name, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    shown = _shown(value)
    return shown if isinstance(shown, str) else dumps(shown)


def _keeps(policy: str | None) -> bool:
    return policy in ("Retain", "RetainExceptOnCreate")


def without_values(change: Mapping[str, Any]) -> dict[str, Any]:
    """The same for those who did not ask for values."""
    kept = {name: value for name, value in change.items() if name not in _OF_VALUES}
    return kept | {"Details": [each | {"Target": _plain(each["Target"])} for each in change["Details"]]}


def _plain(target: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in target.items() if name not in _OF_VALUES}
