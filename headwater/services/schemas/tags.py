"""Tags of registries, schemas and discoverers.

https://docs.aws.amazon.com/eventbridge/latest/schema-reference/tags-resource-arn.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.schemas import tables
from headwater.services.schemas.errors import not_found
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation


def _find(call: Call, arn: str) -> tuple[str, tuple[Any, ...], int]:
    """What an ARN names: its kind, its row, and where in it the document is."""
    parts = parse_arn(arn)
    kind = parts.resource.partition("/")[0] if parts else ""
    statements = {
        "registry": (tables.FIND_REGISTRY, 2),
        "schema": (tables.FIND_SCHEMA, 4),
        "discoverer": (tables.FIND_DISCOVERER, 4),
    }
    statement, place = statements.get(kind, (tables.FIND_REGISTRY, 2))
    row = call.store.one(statement, (arn,))
    if row is None:
        raise not_found("Resource", arn)
    call.span.subject = arn
    return kind, row, place


def _change(call: Call, arn: str, added: dict[str, str], gone: list[str]) -> Result:
    kind, row, place = _find(call, arn)
    document = orjson.loads(row[place])
    tags = {**(document.get("tags") or {}), **added}
    document["tags"] = {key: value for key, value in tags.items() if key not in gone}
    text = orjson.dumps(document).decode()
    if kind == "registry":
        call.store.run(tables.SET_REGISTRY, (text, arn))
    elif kind == "schema":
        call.store.run(tables.SET_SCHEMA, (row[2], row[3], text, row[5], arn))
    else:
        call.store.run(tables.SET_DISCOVERER, (row[3], text, arn))
    return {}


@operation("schemas", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    return _change(call, request["ResourceArn"], dict(request["Tags"]), [])


@operation("schemas", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    return _change(call, request["ResourceArn"], {}, list(request["TagKeys"]))


@operation("schemas", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    _, row, place = _find(call, request["ResourceArn"])
    return {"Tags": orjson.loads(row[place]).get("tags") or {}}
