"""Macros that AWS offers: a template's `Transform` section, applied.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.templates import Scope, TemplateError, Unresolved, expand_loops, transforms_of
from headwater.services.cloudformation import serverless

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"


def is_slow(body: Mapping[str, Any]) -> bool:
    """Whether applying the transforms is too much for the event loop."""
    return serverless.TRANSFORM in transforms_of(body)


def apply_transforms(body: Mapping[str, Any], parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
    """The processed template. ``parameters`` hold the pseudo parameters too. Raises TemplateError."""
    processed = dict(body)
    for transform in transforms_of(body):
        if transform == LANGUAGE_EXTENSIONS:
            processed = expand_loops(processed, Scope(parameters, Unresolved(), body.get("Mappings", {})))
        elif transform == serverless.TRANSFORM:
            known = {name: value for name, value in parameters.items() if name != "AWS::NoValue"}
            processed = serverless.translate(processed, known, region)
        else:
            name = transform.get("Name") if isinstance(transform, dict) else transform
            raise TemplateError(f"No transform named {name} found.")
    processed.pop("Transform", None)
    return processed
