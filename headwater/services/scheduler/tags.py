"""Tags of schedule groups; schedules have none."""

from __future__ import annotations

import orjson

from headwater.services.scheduler import tables
from headwater.services.scheduler.errors import group_not_found
from headwater.services.scheduler.groups import Group, group_by_arn
from headwater.spine.operations import Call, Request, Result, operation


def _find(call: Call, request: Request) -> Group:
    arn = request["ResourceArn"]
    found = group_by_arn(call, arn)
    if found is None:
        raise group_not_found(arn.rpartition("/")[2])
    call.span.subject = arn
    return found


def _set(call: Call, group: Group, tags: dict[str, str]) -> Result:
    call.store.run(tables.SET_GROUP_TAGS, (orjson.dumps(tags).decode(), group.arn))
    return {}


@operation("scheduler", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    group = _find(call, request)
    return _set(call, group, orjson.loads(group.tags) | {tag["Key"]: tag["Value"] for tag in request["Tags"]})


@operation("scheduler", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    group = _find(call, request)
    kept = {key: value for key, value in orjson.loads(group.tags).items() if key not in request["TagKeys"]}
    return _set(call, group, kept)


@operation("scheduler", "ListTagsForResource")
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags = orjson.loads(_find(call, request).tags)
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
