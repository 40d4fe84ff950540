"""Tags of what a template declares, brought up to date whenever the stack's or the resource's change.

Which tags come and which go is decided here; how a service spells it is a value of `Tagging`.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headwater.spine.operations import Call
from headwater.spine.resources import Change

KEY_AND_VALUE = ("Key", "Value")


def resource_tags(change: Change) -> dict[str, str]:
    """The stack's tags, and the resource's own over them: pairs in most types, a map in some."""
    own = change.properties.get("Tags") or ()
    return change.tags | (own if isinstance(own, dict) else {tag["Key"]: tag.get("Value", "") for tag in own})


def as_pairs(tags: Mapping[str, str], pair: tuple[str, str] = KEY_AND_VALUE) -> list[dict[str, str]]:
    key, value = pair
    return [{key: name, value: text} for name, text in tags.items()]


@dataclass(frozen=True)
class Tagging:
    """How a service lists, adds and removes tags. ``pair`` names the members of one tag; None: tags are a map."""

    service: str
    tags: str = "Tags"
    keys: str = "TagKeys"
    pair: tuple[str, str] | None = KEY_AND_VALUE
    operations: tuple[str, str, str] = ("ListTagsForResource", "TagResource", "UntagResource")
    listed: str | None = None  # where the list's answer names them otherwise

    def update(self, call: Call, identity: Mapping[str, str], change: Change) -> None:
        """Give the resource that ``identity`` names the tags of the change, and no others."""
        wanted = resource_tags(change)
        listing, adding, removing = self.operations
        former = self._read(call.operation(self.service, listing, dict(identity)).get(self.listed or self.tags))
        if gone := sorted(former.keys() - wanted.keys()):
            call.operation(self.service, removing, {**identity, self.keys: gone})
        if new := {key: value for key, value in wanted.items() if former.get(key) != value}:
            shown = new if self.pair is None else as_pairs(new, self.pair)
            call.operation(self.service, adding, {**identity, self.tags: shown})

    def present(self, call: Call, identity: Mapping[str, str]) -> list[dict[str, str]] | None:
        """The tags that the resource has, as most types' property; None for none."""
        answer = call.operation(self.service, self.operations[0], dict(identity))
        return as_pairs(self._read(answer.get(self.listed or self.tags))) or None

    def _read(self, listed: Any) -> dict[str, str]:
        if self.pair is None:
            return listed or {}
        key, value = self.pair
        return {tag[key]: tag[value] for tag in listed or ()}
