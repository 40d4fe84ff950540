"""Tags of delivery streams.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_TagDeliveryStream.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headwater.services.firehose.errors import invalid_argument
from headwater.services.firehose.stream import find_stream, save
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50


def check_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    checked = {tag["Key"]: tag.get("Value") or "" for tag in tags}
    if any(key.startswith("aws:") for key in checked):
        raise invalid_argument("Tag keys cannot begin with aws:.")
    return checked


@operation("firehose", "TagDeliveryStream")
def tag_delivery_stream(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    tags = stream.document["tags"] | check_tags(request["Tags"])
    if len(tags) > _MOST:
        raise invalid_argument(f"A delivery stream can have at most {_MOST} tags.")
    stream.document["tags"] = tags
    save(call, stream)
    return {}


@operation("firehose", "UntagDeliveryStream")
def untag_delivery_stream(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    for key in request["TagKeys"]:
        stream.document["tags"].pop(key, None)
    save(call, stream)
    return {}


@operation("firehose", "ListTagsForDeliveryStream", reads=True)
def list_tags_for_delivery_stream(call: Call, request: Request) -> Result:
    tags = find_stream(call, request).document["tags"]
    after, limit = request.get("ExclusiveStartTagKey") or "", request.get("Limit") or _MOST
    shown = [{"Key": key, "Value": value} for key, value in sorted(tags.items()) if key > after]
    return {"Tags": shown[:limit], "HasMoreTags": len(shown) > limit}
