"""One schema with its versions: finding it, adding to it, showing it."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.schemas import tables
from headwater.services.schemas.errors import bad_request, not_found
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request

OPENAPI, DRAFT4 = "OpenApi3", "JSONSchemaDraft4"


class Version(NamedTuple):
    number: int
    type: str
    content: str
    created: int


class Schema(NamedTuple):
    """A row; ``document`` holds ``description`` and ``tags``."""

    arn: str
    name: str
    type: str
    modified: int
    document: dict[str, Any]
    draft: str | None

    def shown(self, version: Version) -> dict[str, Any]:
        return {
            "SchemaName": self.name,
            "SchemaArn": self.arn,
            "SchemaVersion": str(version.number),
            "Type": version.type,
            "Description": self.document.get("description"),
            "Tags": self.document.get("tags") or {},
            "LastModified": self.modified,
            "VersionCreatedDate": version.created,
        }


def from_row(row: tuple[Any, ...]) -> Schema:
    arn, name, kind, modified, document, draft = row
    return Schema(arn, name, kind, modified, orjson.loads(document), draft)


def schema_arn(call: Call, registry: str, name: str) -> str:
    return make_arn("schemas", call.region, call.account, f"schema/{registry}/{name}")


def look_up_schema(call: Call, arn: str) -> Schema | None:
    row = call.store.one(tables.FIND_SCHEMA, (arn,))
    return None if row is None else from_row(row)


def find_schema(call: Call, request: Request) -> Schema:
    found = look_up_schema(call, schema_arn(call, request["RegistryName"], request["SchemaName"]))
    if found is None:
        raise not_found("Schema", request["SchemaName"])
    call.span.subject = found.arn
    return found


def find_version(call: Call, schema: Schema, wanted: str | None) -> Version:
    """A version by its number; the latest where none is given."""
    if wanted is None:
        row = call.store.one(tables.LATEST, (schema.arn,))
    else:
        row = call.store.one(tables.FIND_VERSION, (schema.arn, int(wanted))) if wanted.isdecimal() else None
    if row is None:
        raise not_found("Version", f"{wanted} of schema {schema.name}")
    return Version(*row)


def add_version(call: Call, arn: str, kind: str, content: str) -> Version:
    row = call.store.one(tables.LATEST, (arn,))
    version = Version(row[0] + 1 if row else 1, kind, content, call.now)
    call.store.run(tables.INSERT_VERSION, (arn, *version))
    return version


def check_content(kind: str, content: str) -> None:
    """AwsError where a content is no document of its type."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        document = None
    openapi = isinstance(document, dict) and str(document.get("openapi", "")).startswith("3.")
    if not isinstance(document, dict) or (
        kind == OPENAPI and not (openapi and isinstance(document.get("info"), dict) and "paths" in document)
    ):
        raise bad_request(f"Schema content is not a valid {kind} document.")
