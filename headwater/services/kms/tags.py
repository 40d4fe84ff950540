"""Tags of keys. https://docs.aws.amazon.com/kms/latest/developerguide/tagging-keys.html"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter

import orjson

from headwater.services.kms import tables
from headwater.services.kms.errors import limit_exceeded, tag_error
from headwater.services.kms.key import PENDING_DELETION, find_key, own_key
from headwater.services.kms.pages import among, listed
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50
_PAGE = 50


def checked_tags(given: Iterable[Mapping[str, str]], present: Mapping[str, str]) -> dict[str, str]:
    """The tags that a key has with those that are given; TagException, LimitExceededException."""
    tags = dict(present)
    for tag in given:
        if tag["TagKey"].lower().startswith("aws:"):
            raise tag_error("Tags beginning with aws: are reserved")
        tags[tag["TagKey"]] = tag["TagValue"]
    if len(tags) > _MOST:
        raise limit_exceeded("Too many tags")
    return tags


@operation("kms", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    tags = checked_tags(request["Tags"], orjson.loads(key.tags))
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), key.arn))
    return {}


@operation("kms", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    key = own_key(call, request["KeyId"], PENDING_DELETION)
    kept = {name: value for name, value in orjson.loads(key.tags).items() if name not in request["TagKeys"]}
    call.store.run(tables.SET_TAGS, (orjson.dumps(kept).decode(), key.arn))
    return {}


@operation("kms", "ListResourceTags", reads=True)
def list_resource_tags(call: Call, request: Request) -> Result:
    tags = sorted(orjson.loads(find_key(call, request["KeyId"]).tags).items())
    fetch = among(tags, itemgetter(0))
    return listed(request, "Tags", _PAGE, fetch, itemgetter(0), lambda tag: {"TagKey": tag[0], "TagValue": tag[1]})
