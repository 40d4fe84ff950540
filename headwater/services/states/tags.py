"""Tags of state machines and activities.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from headwater.services.states import tables
from headwater.services.states.errors import resource_not_found
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50


def check_tags(given: Iterable[Mapping[str, str]]) -> dict[str, str]:
    tags = {tag.get("key") or "": tag.get("value") or "" for tag in given}
    if len(tags) > _MOST:
        raise AwsError("TooManyTags", f"Too many tags: the limit is {_MOST}")
    return tags


def _read(call: Call, arn: str) -> tuple[dict[str, str], str]:
    """The tags of a resource, and the statement that writes them."""
    row = call.store.one(tables.MACHINE_TAGS, (arn,))
    if row is not None:
        return orjson.loads(row[0]), tables.SET_MACHINE_TAGS
    row = call.store.one(tables.FIND_ACTIVITY, (arn,))
    if row is not None:
        return orjson.loads(row[2]), tables.SET_ACTIVITY_TAGS
    raise resource_not_found(arn)


@operation("states", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    arn = request["resourceArn"]
    tags, statement = _read(call, arn)
    tags.update(check_tags(request["tags"]))
    call.store.run(statement, (orjson.dumps(tags).decode(), arn))
    return {}


@operation("states", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    arn = request["resourceArn"]
    tags, statement = _read(call, arn)
    kept = {key: value for key, value in tags.items() if key not in request["tagKeys"]}
    call.store.run(statement, (orjson.dumps(kept).decode(), arn))
    return {}


@operation("states", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags, _ = _read(call, request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
