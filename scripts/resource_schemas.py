"""Writes the shapes of CloudFormation's resource types, as AWS publishes them, for those types that Headwater has.

    python -m scripts.resource_schemas FOLDER

FOLDER holds the published schemas, a JSON file a type (`CloudformationSchema.zip` of the registry; the package cfn-lint
brings the same in `cfnlint/data/schemas/resources`). Kept are names, types and which properties are required, read-only
or identify a resource; what is unclear (alternatives) becomes a shape that takes everything.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson

from scripts.coverage import implemented

TARGET = Path(__file__).parents[1] / "headwater/services/cloudformation/resource_schemas.json"
OPEN = {"AWS::CDK::Metadata", "AWS::CloudFormation::CustomResource"}  # whoever answers says what they take
LISTS = {
    "primaryIdentifier": "identifier",
    "createOnlyProperties": "createOnly",
    "conditionalCreateOnlyProperties": "perhapsCreateOnly",
    "readOnlyProperties": "readOnly",
    "writeOnlyProperties": "writeOnly",
}


def shape(schema: dict[str, Any]) -> dict[str, Any]:
    """`{"type"}` a scalar, `{"items"}` a list, `{"properties", "required"}` an object, `{"values"}` a map of any keys,
    `{"ref"}` a definition, `{}` whatever there may be."""
    if "$ref" in schema:
        return {"ref": schema["$ref"].removeprefix("#/definitions/")}
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and len(kind) == 1 else kind
    if kind == "array":
        return {"items": shape(schema.get("items", {}))}
    if "properties" in schema and kind in (None, "object") and schema.get("additionalProperties") is False:
        made: dict[str, Any] = {"properties": {name: shape(each) for name, each in schema["properties"].items()}}
        return made | {"required": schema["required"]} if schema.get("required") else made
    if kind == "object" and len(patterns := schema.get("patternProperties", {})) == 1 and "properties" not in schema:
        return {"values": shape(*patterns.values())}
    return {"type": kind} if kind in ("string", "boolean", "integer", "number") else {}


def type_of(schema: dict[str, Any]) -> dict[str, Any]:
    made = shape(schema)
    definitions = {name: shape(each) for name, each in schema.get("definitions", {}).items()}
    if definitions:
        made["definitions"] = definitions
    for given, kept in LISTS.items():
        if schema.get(given):
            made[kept] = [path.removeprefix("/properties/") for path in schema[given]]
    if "handlers" not in schema:
        made["legacy"] = True
    return made


def main(folder: str) -> None:
    _, wanted = implemented()
    lines = {}
    for file in Path(folder).glob("*.json"):
        schema = orjson.loads(file.read_bytes())
        if schema.get("typeName") in wanted - OPEN:
            lines[schema["typeName"]] = orjson.dumps(type_of(schema)).decode()
    rows = [f"{orjson.dumps(name).decode()}:{lines[name]}" for name in sorted(lines)]
    TARGET.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    print(f"{len(rows)} types; without a schema: {', '.join(sorted(wanted - lines.keys()))}")


if __name__ == "__main__":
    main(sys.argv[1])
