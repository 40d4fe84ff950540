"""Tags of pipes."""

from __future__ import annotations

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.errors import pipe_not_found
from headwater.services.pipes.row import Row, pipe_by_arn
from headwater.spine.operations import Call, Request, Result, operation


def _find(call: Call, request: Request) -> Row:
    found = pipe_by_arn(call, request["resourceArn"])
    if found is None:
        raise pipe_not_found(request["resourceArn"].rpartition("/")[2])
    call.span.subject = found.arn
    return found


def _set(call: Call, row: Row, tags: dict[str, str]) -> Result:
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), row.arn))
    return {}


@operation("pipes", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    row = _find(call, request)
    return _set(call, row, orjson.loads(row.tags) | request["tags"])


@operation("pipes", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    row = _find(call, request)
    return _set(call, row, {k: v for k, v in orjson.loads(row.tags).items() if k not in request["tagKeys"]})


@operation("pipes", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    return {"tags": orjson.loads(_find(call, request).tags)}
