"""Macros that AWS offers: a template's `Transform` section, applied.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.templates import Scope, TemplateError, Unresolved, expand_loops, transforms_of
from headwater.services.cloudformation import serverless

LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"


def is_ours(transform: Any) -> bool:
    """Whether a transform is one of AWS's, not a macro of the user's."""
    return transform in (LANGUAGE_EXTENSIONS, serverless.TRANSFORM)


def apply_transform(
    body: Mapping[str, Any], transform: Any, parameters: Mapping[str, Any], region: str
) -> dict[str, Any]:
    """The body with one of AWS's transforms applied. ``parameters`` hold the pseudo parameters too. Raises
    TemplateError."""
    if transform == LANGUAGE_EXTENSIONS:
        return expand_loops(body, Scope(parameters, Unresolved(), body.get("Mappings", {})))
    if transform != serverless.TRANSFORM:
        name = transform.get("Name") if isinstance(transform, dict) else transform
        raise TemplateError(f"No transform named {name} found.")
    known = {name: value for name, value in parameters.items() if name != "AWS::NoValue"}
    return serverless.translate({**body, "Transform": serverless.TRANSFORM}, known, region)


def apply_transforms(body: Mapping[str, Any], parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
    """All of AWS's, in their order. Raises TemplateError."""
    processed = dict(body)
    for transform in transforms_of(body):
        processed = apply_transform(processed, transform, parameters, region)
    processed.pop("Transform", None)
    return processed
