"""What changes between two templates, resource by resource, as far as it shows before anything is made.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from headwater.languages.templates.functions import evaluate
from headwater.languages.templates.load import Value
from headwater.languages.templates.scope import Scope
from headwater.languages.templates.template import Resource

Action = Literal["Add", "Modify", "Remove"]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A resource with every function evaluated that can be; the rest are `Pending`."""

    type: str
    properties: Mapping[str, Value]
    deletion_policy: str | None
    update_replace_policy: str | None
    metadata: Value


@dataclass(frozen=True, slots=True)
class Difference:
    """One resource's change: `scope` names its parts (Properties, Metadata, DeletionPolicy…) that differ."""

    action: Action
    logical_id: str
    type: str
    scope: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()


def render(resource: Resource, scope: Scope) -> Rendered:
    return Rendered(
        resource.type,
        evaluate(resource.properties, scope),
        evaluate(resource.deletion_policy, scope),
        evaluate(resource.update_replace_policy, scope),
        evaluate(resource.metadata, scope),
    )


def difference(old: Mapping[str, Rendered], new: Mapping[str, Rendered]) -> list[Difference]:
    """Changes in the new template's order, removals last. Nothing differs: an empty list."""
    changes = [each for name in new if (each := compare(name, old.get(name), new[name])) is not None]
    changes.extend(Difference("Remove", name, old[name].type) for name in old if name not in new)
    return changes


def compare(name: str, old: Rendered | None, new: Rendered) -> Difference | None:
    if old is None:
        return Difference("Add", name, new.type)
    properties = tuple(
        key
        for key in sorted(old.properties.keys() | new.properties.keys())
        if old.properties.get(key) != new.properties.get(key)
    )
    scope = [
        label
        for label, before, after in (
            ("Metadata", old.metadata, new.metadata),
            ("DeletionPolicy", old.deletion_policy, new.deletion_policy),
            ("UpdateReplacePolicy", old.update_replace_policy, new.update_replace_policy),
        )
        if before != after
    ]
    if properties or old.type != new.type:
        scope.insert(0, "Properties")
    return Difference("Modify", name, new.type, tuple(scope), properties) if scope else None
