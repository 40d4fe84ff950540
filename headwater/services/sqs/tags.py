"""Tags of queues."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from headwater.services.sqs import tables
from headwater.services.sqs.errors import invalid_value, missing_parameter
from headwater.services.sqs.queue import Queue, find_queue
from headwater.spine.operations import Call, Request, Result, operation

_MOST_TAGS = 50


def check_tags(tags: Mapping[str, str], queue: str) -> dict[str, str]:
    if len(tags) > _MOST_TAGS:
        raise invalid_value(f"Too many tags added for queue {queue}.")
    for key in tags:
        if not 1 <= len(key) <= 128 or len(tags[key]) > 256:
            raise invalid_value("Tag keys must be between 1 and 128 characters in length.")
    return dict(tags)


def _tags_of(call: Call, queue: Queue) -> dict[str, str]:
    row = call.store.one(tables.TAGS, (queue.id,))
    tags: dict[str, str] = orjson.loads(row[0]) if row else {}
    return tags


@operation("sqs", "TagQueue")
def tag_queue(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    if not request.get("Tags"):
        raise missing_parameter("Tags")
    tags = check_tags(_tags_of(call, queue) | request["Tags"], queue.name)
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), queue.id))
    return {}


@operation("sqs", "UntagQueue")
def untag_queue(call: Call, request: Request) -> Result:
    queue = find_queue(call, request)
    if "TagKeys" not in request:
        raise missing_parameter("TagKeys")
    if not request["TagKeys"]:
        raise invalid_value("Tag keys must be between 1 and 128 characters in length.")
    tags = {key: value for key, value in _tags_of(call, queue).items() if key not in request["TagKeys"]}
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), queue.id))
    return {}


@operation("sqs", "ListQueueTags", reads=True)
def list_queue_tags(call: Call, request: Request) -> Result:
    tags = _tags_of(call, find_queue(call, request))
    return {"Tags": tags} if tags else {}
