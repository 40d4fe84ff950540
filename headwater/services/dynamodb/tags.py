"""Tags of tables.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from headwater.services.dynamodb import tables
from headwater.services.dynamodb.errors import resource_not_found, validation
from headwater.services.dynamodb.table import Table, table_by_arn
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50


def check_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    checked: dict[str, str] = {}
    for tag in tags:
        if tag["Key"] in checked:
            raise validation(f"Duplicate Tag Keys provided as input: Duplicate Tag Key found {tag['Key']}")
        if tag["Key"].startswith("aws:"):
            raise validation(f"Tag Key cannot be prefixed with aws:, Key: {tag['Key']}")
        checked[tag["Key"]] = tag["Value"]
    _check_number(checked)
    return checked


def _check_number(tags: Mapping[str, str]) -> None:
    if len(tags) > _MOST:
        raise validation("Number of Tags exceed the current limit for the provided ResourceArn")


def _tagged(call: Call, request: Request) -> tuple[Table, dict[str, str]]:
    """The table that ResourceArn names, and the tags that it has."""
    arn = request["ResourceArn"]
    if not arn.startswith("arn:"):
        raise validation(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    table = table_by_arn(call, arn)
    if table is None:
        raise resource_not_found(f": ResourcArn: {arn} not found")
    call.span.subject = arn
    row = call.store.one(tables.TAGS, (table.id,))
    return table, orjson.loads(row[0]) if row else {}


@operation("dynamodb", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    if not request["Tags"]:
        raise validation("Atleast one Tag needs to be provided as Input.")
    table, tags = _tagged(call, request)
    tags |= check_tags(request["Tags"])
    _check_number(tags)
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), table.id))
    return {}


@operation("dynamodb", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    if not request["TagKeys"]:
        raise validation("Atleast one Tag Key needs to be provided as Input.")
    table, tags = _tagged(call, request)
    left = {key: value for key, value in tags.items() if key not in request["TagKeys"]}
    call.store.run(tables.SET_TAGS, (orjson.dumps(left).decode(), table.id))
    return {}


@operation("dynamodb", "ListTagsOfResource", reads=True)
def list_tags_of_resource(call: Call, request: Request) -> Result:
    _, tags = _tagged(call, request)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
