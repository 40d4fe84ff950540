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


def _old_words(problem: str) -> str:
    """Types older than the registry have words of their own."""
    place, _, what = problem.partition(": ")
    if "[" not in what:
        return f"Value of property {place.removeprefix('#/')} must be of type {what.split()[2].rstrip(',')}"
    name = what.partition("[")[2].partition("]")[0]
    return f"Property {name} cannot be empty." if "required" in what else f"Encountered unsupported property {name}"
