"""What is found wrong with a template's properties before a change set may be executed, and how it is told.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from headwater.languages.templates import Rendered
from headwater.languages.templates.properties import violations
from headwater.services.cloudformation.schemas import Schemas

REASON = (
    "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation]. To troubleshoot Early "
    "Validation errors, use the DescribeEvents API for detailed failure information."
)


def property_errors(schemas: Schemas, resources: Mapping[str, Rendered], names: Iterable[str]) -> list[dict[str, Any]]:
    """One event for each thing wrong with the resources named, as DescribeEvents gives it; what is not known before
    something is made is let through."""
    return [
        {
            "EventType": "VALIDATION_ERROR",
            "LogicalResourceId": name,
            "PhysicalResourceId": "",
            "ResourceType": resources[name].type,
            "ValidationFailureMode": "FAIL",
            "ValidationName": "PROPERTY_VALIDATION",
            "ValidationStatus": "FAILED",
            "ValidationStatusReason": problem,
            "ValidationPath": f"/Resources/{name}/Properties{problem.partition(':')[0].removeprefix('#')}",
        }
        for name in names
        if "legacy" not in (schema := schemas.all.get(resources[name].type, {"legacy": True}))
        for problem in violations(schema, resources[name].properties)
    ]
