"""Tags of streams and of their consumers.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from headwater.services.kinesis.consumer import Consumer, consumer_of_arn, is_consumer, save
from headwater.services.kinesis.errors import invalid_argument
from headwater.services.kinesis.stream import Settings, change_settings, find_stream
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50


def check_tags(tags: Mapping[str, str]) -> dict[str, str]:
    for key in tags:
        if key.startswith("aws:"):
            raise invalid_argument("User-defined tag keys can't start with [aws:].")
    if len(tags) > _MOST:
        raise invalid_argument(
            "Failed to add tags to stream because a given stream cannot have more than "
            f"{_MOST} tags associated with it."
        )
    return dict(tags)


@operation("kinesis", "AddTagsToStream")
def add_tags_to_stream(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    tags = check_tags(stream.settings.tags | dict(request["Tags"]))
    change_settings(call, stream, lambda settings: _set(settings, tags))
    return {}


@operation("kinesis", "RemoveTagsFromStream")
def remove_tags_from_stream(call: Call, request: Request) -> Result:
    stream = find_stream(call, request)
    change_settings(call, stream, lambda settings: _set(settings, _without(settings.tags, request["TagKeys"])))
    return {}


@operation("kinesis", "ListTagsForStream", reads=True)
def list_tags_for_stream(call: Call, request: Request) -> Result:
    tags = find_stream(call, request).settings.tags
    after, limit = request.get("ExclusiveStartTagKey") or "", request.get("Limit") or _MOST
    shown = [{"Key": key, "Value": value} for key, value in sorted(tags.items()) if key > after]
    return {"Tags": shown[:limit], "HasMoreTags": len(shown) > limit}


@operation("kinesis", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    if (consumer := _consumer(call, request)) is None:
        return add_tags_to_stream(call, {"StreamARN": request["ResourceARN"], "Tags": request["Tags"]})
    consumer.document["tags"] = check_tags(consumer.tags | dict(request["Tags"]))
    return save(call, consumer)


@operation("kinesis", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    if (consumer := _consumer(call, request)) is None:
        return remove_tags_from_stream(call, {"StreamARN": request["ResourceARN"], "TagKeys": request["TagKeys"]})
    consumer.document["tags"] = _without(consumer.tags, request["TagKeys"])
    return save(call, consumer)


@operation("kinesis", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    consumer = _consumer(call, request)
    tags = consumer.tags if consumer else find_stream(call, {"StreamARN": request["ResourceARN"]}).settings.tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}


def _consumer(call: Call, request: Request) -> Consumer | None:
    arn = request["ResourceARN"]
    return consumer_of_arn(call, arn) if is_consumer(arn) else None


def _set(settings: Settings, tags: dict[str, str]) -> None:
    settings.tags = tags


def _without(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    gone = set(keys)
    return {key: value for key, value in tags.items() if key not in gone}
