"""Tags of functions and event source mappings.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
"""

from __future__ import annotations

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import invalid_parameter, not_found
from headwater.services.lambda_.function import find_function
from headwater.services.lambda_.names import parse_reference
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation

_MOST_TAGS = 50


@operation("lambda", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    tags = _tags(call, request["Resource"]) | request["Tags"]
    if len(tags) > _MOST_TAGS:
        raise invalid_parameter("Number of tags exceeds resource tag limit.")
    _save(call, request["Resource"], tags)
    return {}


@operation("lambda", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    gone = set(request["TagKeys"])
    tags = {key: value for key, value in _tags(call, request["Resource"]).items() if key not in gone}
    _save(call, request["Resource"], tags)
    return {}


@operation("lambda", "ListTags", reads=True)
def list_tags(call: Call, request: Request) -> Result:
    return {"Tags": _tags(call, request["Resource"])}


def _tags(call: Call, arn: str) -> dict[str, str]:
    mapping = _mapping(arn)
    if mapping is None:
        return find_function(call, parse_reference(call, arn)).tags
    row = call.store.one(tables.MAPPING_TAGS, (mapping, call.account, call.region))
    if row is None:
        raise not_found("The resource you requested does not exist.")
    tags: dict[str, str] = orjson.loads(row[0])
    return tags


def _save(call: Call, arn: str, tags: dict[str, str]) -> None:
    mapping = _mapping(arn)
    text = orjson.dumps(tags).decode()
    if mapping is None:
        call.store.run(tables.SET_TAGS, (text, arn))
    else:
        call.store.run(tables.SET_MAPPING_TAGS, (text, mapping))


def _mapping(arn: str) -> str | None:
    """The id of the event source mapping that an ARN names, or None for a function's."""
    parsed = parse_arn(arn)
    if parsed is None or not parsed.resource.startswith(("function:", "event-source-mapping:")):
        raise invalid_parameter(f"{arn} is not a valid ARN of a function or event source mapping")
    kind, _, name = parsed.resource.partition(":")
    return name if kind == "event-source-mapping" else None
