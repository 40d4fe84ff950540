"""What the registry says of a resource type: its schema, as far as it is known here (without texts and bounds).

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeType.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.languages.templates.properties import Shape
from headwater.services.cloudformation.plan import PlanMemory
from headwater.services.cloudformation.stack import dumps
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_PATHS = {
    "identifier": "primaryIdentifier",
    "createOnly": "createOnlyProperties",
    "perhapsCreateOnly": "conditionalCreateOnlyProperties",
    "readOnly": "readOnlyProperties",
    "writeOnly": "writeOnlyProperties",
}


@operation("cloudformation", "DescribeType", reads=True)
def describe_type(call: Call, request: Request) -> Result:
    if request.get("Type") not in (None, "RESOURCE") or request.get("VersionId"):
        raise not_implemented("DescribeType of what is no resource, or of a version")
    arn = request.get("Arn") or ""
    name = request.get("TypeName") or arn.rpartition("/")[2].replace("-", "::")
    memory: PlanMemory = call.memory
    schema = memory.schemas.all.get(name)
    if schema is None:
        raise AwsError("TypeNotFoundException", f"The type '{name}' cannot be found.", 404)
    return {
        "Arn": f"arn:aws:cloudformation:{call.region}::type/resource/{name.replace('::', '-')}",
        "Type": "RESOURCE",
        "TypeName": name,
        "Schema": dumps({"typeName": name, **json_schema(schema)}),
        "ProvisioningType": "NON_PROVISIONABLE" if "legacy" in schema else "FULLY_MUTABLE",
        "Visibility": "PUBLIC",
        "DeprecatedStatus": "LIVE",
    }


def json_schema(shape: Shape) -> dict[str, Any]:
    """A shape as JSON Schema, with what a type's says of its properties."""
    if "ref" in shape:
        return {"$ref": f"#/definitions/{shape['ref']}"}
    if "items" in shape:
        return {"type": "array", "items": json_schema(shape["items"])}
    if "values" in shape:
        return {"type": "object", "patternProperties": {".*": json_schema(shape["values"])}}
    if "properties" not in shape:
        return dict(shape)
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": _each(shape["properties"])}
    if "required" in shape:
        made["required"] = shape["required"]
    if "definitions" in shape:
        made["definitions"] = _each(shape["definitions"])
    return made | {
        given: [f"/properties/{each}" for each in shape[name]] for name, given in _PATHS.items() if name in shape
    }


def _each(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    return {name: json_schema(shape) for name, shape in shapes.items()}
