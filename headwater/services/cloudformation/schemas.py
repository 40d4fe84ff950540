"""What the schemas of AWS's resource types say: which properties there are, and of what kind.

Read from `resource_schemas.json` (scripts/resource_schemas.py) when a resource is first to be made.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from headwater.languages.templates.properties import Shape, violations
from headwater.services.cloudformation.errors import invalid_properties

NESTED_STACK = "AWS::CloudFormation::Stack"
_FILE = Path(__file__).parent / "resource_schemas.json"


class Schemas:
    """The schemas by type; a type of which none is known takes whatever it is given."""

    @cached_property
    def all(self) -> Mapping[str, Shape]:
        read: dict[str, Shape] = orjson.loads(_FILE.read_bytes())
        return read

    def problem(self, kind: str, logical_id: str, properties: Mapping[str, Any]) -> str | None:
        """What CloudFormation finds wrong before it asks the type's handler."""
        schema = self.all.get(kind)
        if schema is None or not (problems := violations(schema, properties)):
            return None
        return _old_words(problems[0]) if "legacy" in schema else invalid_properties(logical_id, problems)

    def identifier(self, kind: str, physical_id: str, *known: Mapping[str, Any]) -> str:
        """The type's primary identifier, of what is known (attributes, properties); `Ref` is for the rest."""
        names = self.all.get(kind, {}).get("identifier", ())
        parts = [next((str(each[name]) for each in known if name in each), physical_id) for name in names]
        return "|".join(parts) or physical_id

    def has_attribute(self, kind: str, name: str) -> bool:
        """Whether `Fn::GetAtt` may ask for it; of a type that is unknown, or older than the registry, for anything."""
        schema = self.all.get(kind)
        if schema is None or "legacy" in schema or kind == NESTED_STACK:
            return True
        first, _, within = name.partition(".")
        return first in schema["properties"] and not (within and "type" in schema["properties"][first])

    def name(self, kind: str, properties: Mapping[str, Any]) -> str | None:
        """The primary identifier, where the template gives all of it."""
        names = self.all.get(kind, {}).get("identifier", ())
        given = [str(properties[name]) for name in names if isinstance(properties.get(name), str | int)]
        return "|".join(given) if given and len(given) == len(names) else None

    def is_replaced(self, kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Whether a property differs that can only be given when a resource is made."""
        paths = self.all.get(kind, {}).get("createOnly", ())
        return any(_plain(_within(before, path)) != _plain(_within(after, path)) for path in paths)

    def recreation(self, kind: str, name: str) -> str:
        """Whether a change of the property needs a new resource: Never, Always, or Conditionally."""
        schema = self.all.get(kind)
        if schema is None or name not in schema.get("properties", ()):
            return "Conditionally"
        if name in schema.get("createOnly", ()):
            return "Always"
        perhaps = (*schema.get("createOnly", ()), *schema.get("perhapsCreateOnly", ()))
        return "Conditionally" if any(each.split("/")[0] == name for each in perhaps) else "Never"

    def model(self, kind: str, properties: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
        """What a resource is, as its handlers give it: without what can only be written, with what can only be read."""
        schema = self.all.get(kind, {})
        shown = {name: value for name, value in properties.items() if name not in schema.get("writeOnly", ())}
        return shown | {name: attributes[name] for name in schema.get("readOnly", ()) if name in attributes}


def _within(properties: Any, path: str) -> Any:
    for name in path.split("/"):
        properties = properties.get(name) if isinstance(properties, Mapping) else None
    return properties


def _plain(value: Any) -> Any:
    """Scalars are alike where CloudFormation reads them as the same; what is off is like what is not given."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return None if value is None or text == "false" else text


def _old_words(problem: str) -> str:
    """Types older than the registry have words of their own."""
    place, _, what = problem.partition(": ")
    if "[" not in what:
        return f"Value of property {place.removeprefix('#/')} must be of type {what.split()[2].rstrip(',')}"
    name = what.partition("[")[2].partition("]")[0]
    return f"Property {name} cannot be empty." if "required" in what else f"Encountered unsupported property {name}"
