"""Tags of topics."""

from __future__ import annotations

import orjson

from headwater.services.sns import tables
from headwater.services.sns.errors import required, resource_not_found, too_many_tags
from headwater.services.sns.topics import tags_of
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50


def _read(call: Call, arn: str) -> dict[str, str]:
    row = call.store.one(tables.FIND_TOPIC, (arn,))
    if row is None:
        raise resource_not_found()
    tags: dict[str, str] = orjson.loads(row[3])
    return tags


def _checked(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > _MOST:
        raise too_many_tags()
    return tags


def _write(call: Call, arn: str, tags: dict[str, str]) -> None:
    call.store.run(tables.SET_TOPIC_TAGS, (orjson.dumps(tags).decode(), arn))


@operation("sns", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    arn = required(request, "ResourceArn")
    _write(call, arn, _checked(_read(call, arn) | tags_of(request.get("Tags") or ())))
    return {}


@operation("sns", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    arn, gone = required(request, "ResourceArn"), request.get("TagKeys") or ()
    _write(call, arn, {key: value for key, value in _read(call, arn).items() if key not in gone})
    return {}


@operation("sns", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags = _read(call, required(request, "ResourceArn"))
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
