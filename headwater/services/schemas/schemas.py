"""Schemas and their versions: made, shown, changed, searched, exported, deleted.

https://docs.aws.amazon.com/eventbridge/latest/schema-reference/v1-registries-name-registryname-schemas-name-schemaname.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.json_schemas import exported
from headwater.services.schemas import tables
from headwater.services.schemas.errors import bad_request, conflict, invalid_token
from headwater.services.schemas.registries import find_registry, read_limit
from headwater.services.schemas.schema import (
    DRAFT4,
    OPENAPI,
    Schema,
    Version,
    add_version,
    check_content,
    find_schema,
    find_version,
    from_row,
    look_up_schema,
    schema_arn,
)
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_ALL = 1_000_000


@operation("schemas", "CreateSchema")
def create_schema(call: Call, request: Request) -> Result:
    registry, name = find_registry(call, request["RegistryName"]), request["SchemaName"]
    check_content(request["Type"], request["Content"])
    arn = schema_arn(call, registry.name, name)
    if look_up_schema(call, arn) is not None:
        raise conflict("Schema", name)
    document = {"description": request.get("Description"), "tags": request.get("Tags") or {}}
    text = orjson.dumps(document).decode()
    call.store.run(tables.INSERT_SCHEMA, (arn, registry.arn, name, request["Type"], call.now, text, None))
    version = add_version(call, arn, request["Type"], request["Content"])
    call.span.subject = arn
    return find_schema(call, request).shown(version)


@operation("schemas", "DescribeSchema", reads=True)
def describe_schema(call: Call, request: Request) -> Result:
    find_registry(call, request["RegistryName"])
    schema = find_schema(call, request)
    version = find_version(call, schema, request.get("SchemaVersion"))
    return schema.shown(version) | {"Content": version.content}


@operation("schemas", "UpdateSchema")
def update_schema(call: Call, request: Request) -> Result:
    """Another content is another version."""
    find_registry(call, request["RegistryName"])
    schema = find_schema(call, request)
    version = find_version(call, schema, None)
    kind, content = request.get("Type") or schema.type, request.get("Content")
    if content is not None:
        check_content(kind, content)
        if (content, kind) != (version.content, version.type):
            version = add_version(call, schema.arn, kind, content)
    if request.get("Description") is not None:
        schema.document["description"] = request["Description"]
    text = orjson.dumps(schema.document).decode()
    call.store.run(tables.SET_SCHEMA, (kind, call.now, text, schema.draft, schema.arn))
    return find_schema(call, request).shown(version)


@operation("schemas", "DeleteSchema")
def delete_schema(call: Call, request: Request) -> Result:
    find_registry(call, request["RegistryName"])
    _delete(call, find_schema(call, request))
    return {}


@operation("schemas", "DeleteSchemaVersion")
def delete_schema_version(call: Call, request: Request) -> Result:
    """With its last version a schema goes."""
    find_registry(call, request["RegistryName"])
    schema = find_schema(call, request)
    version = find_version(call, schema, request["SchemaVersion"])
    call.store.run(tables.DELETE_VERSION, (schema.arn, version.number))
    if call.store.one(tables.LATEST, (schema.arn,)) is None:
        _delete(call, schema)
    return {}


def _delete(call: Call, schema: Schema) -> None:
    call.store.run(tables.DELETE_VERSIONS, (schema.arn,))
    call.store.run(tables.DELETE_SCHEMA, (schema.arn,))


@operation("schemas", "ListSchemas", reads=True)
def list_schemas(call: Call, request: Request) -> Result:
    registry, prefix = find_registry(call, request["RegistryName"]), request.get("SchemaNamePrefix") or ""

    def fetch(after: str, count: int) -> list[Schema]:
        return [
            from_row(row)
            for row in call.store.all(tables.LIST_SCHEMAS, (registry.arn, len(prefix), prefix, after, count))
        ]

    limit = read_limit(request)
    found, token = page(request.get("NextToken"), limit, fetch, lambda schema: schema.name, invalid_token)
    return {"Schemas": [_summary(call, schema) for schema in found], "NextToken": token}


def _summary(call: Call, schema: Schema) -> dict[str, Any]:
    count = call.store.one(tables.COUNT_VERSIONS, (schema.arn,))
    return {
        "SchemaName": schema.name,
        "SchemaArn": schema.arn,
        "LastModified": schema.modified,
        "VersionCount": count[0] if count else 0,
        "Tags": schema.document.get("tags") or {},
    }


@operation("schemas", "ListSchemaVersions", reads=True)
def list_schema_versions(call: Call, request: Request) -> Result:
    """The latest first."""
    find_registry(call, request["RegistryName"])
    schema = find_schema(call, request)
    versions = _versions(call, schema)

    def fetch(after: str, count: int) -> list[Version]:
        return [each for each in versions if not after or rank(each) < after][:count]

    def rank(version: Version) -> str:
        return f"{version.number:010d}"

    limit = read_limit(request)
    found, token = page(request.get("NextToken"), limit, fetch, rank, invalid_token)
    named = {"SchemaName": schema.name, "SchemaArn": schema.arn}
    shown = [{**named, "SchemaVersion": str(each.number), "Type": each.type} for each in found]
    return {"SchemaVersions": shown, "NextToken": token}


def _versions(call: Call, schema: Schema) -> list[Version]:
    return [Version(*row) for row in call.store.all(tables.VERSIONS, (schema.arn,))]


@operation("schemas", "SearchSchemas", reads=True)
def search_schemas(call: Call, request: Request) -> Result:
    """Schemas that have all the keywords in their names or contents."""
    registry = find_registry(call, request["RegistryName"])
    words = request["Keywords"].lower().split()

    def fetch(after: str, count: int) -> list[dict[str, Any]]:
        rows = call.store.all(tables.LIST_SCHEMAS, (registry.arn, 0, "", after, _ALL))
        found = (_found(call, registry.name, from_row(row), words) for row in rows)
        return [each for each in found if each["SchemaVersions"]][:count]

    limit = read_limit(request)
    schemas, token = page(request.get("NextToken"), limit, fetch, lambda each: str(each["SchemaName"]), invalid_token)
    return {"Schemas": schemas, "NextToken": token}


def _found(call: Call, registry: str, schema: Schema, words: list[str]) -> dict[str, Any]:
    versions = [
        {"SchemaVersion": str(each.number), "Type": each.type, "CreatedDate": each.created}
        for each in _versions(call, schema)
        if all(word in f"{schema.name} {each.content}".lower() for word in words)
    ]
    named = {"RegistryName": registry, "SchemaName": schema.name, "SchemaArn": schema.arn}
    return named | {"SchemaVersions": versions}


@operation("schemas", "ExportSchema", reads=True)
def export_schema(call: Call, request: Request) -> Result:
    find_registry(call, request["RegistryName"])
    schema = find_schema(call, request)
    version = find_version(call, schema, request.get("SchemaVersion"))
    if request["Type"] != DRAFT4 or version.type != OPENAPI:
        raise bad_request(f"Schemas of type {version.type} cannot be exported as {request['Type']}.")
    content = orjson.dumps(exported(orjson.loads(version.content))).decode()
    named = {"SchemaName": schema.name, "SchemaArn": schema.arn, "SchemaVersion": str(version.number)}
    return named | {"Type": DRAFT4, "Content": content}
