"""Tag sets of buckets and objects, and their forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson

from headwater.services.s3.errors import invalid_argument, malformed_xml
from headwater.spine.errors import AwsError

_MOST_OBJECT_TAGS = 10
_MOST_BUCKET_TAGS = 50
_LONGEST_KEY = 128
_LONGEST_VALUE = 256
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html: letters, spaces, numbers and these signs
_NOT_IN_TAGS = re.compile("[^\\w +\\-=.:/@\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")

Tags = Sequence[dict[str, str]]


def from_header(text: str | None) -> str | None:
    """The ``x-amz-tagging`` header to JSON as rows keep it; None without tags."""
    if not text:
        return None
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True)
    except ValueError:
        message = (
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag name duplicates."
        )
        raise invalid_argument(message, "x-amz-tagging", text) from None
    if any(key.startswith("aws:") for key, _ in pairs):
        raise AwsError("InvalidTag", "Your TagKey cannot be prefixed with aws:")
    return to_row([{"Key": key, "Value": value} for key, value in pairs], _MOST_OBJECT_TAGS)


def from_object_request(tagging: Any) -> str | None:
    """The ``Tagging`` of PutObjectTagging to JSON."""
    return to_row(_tag_set(tagging), _MOST_OBJECT_TAGS)


def bucket_tags(tagging: Any) -> Tags:
    """The ``Tagging`` of PutBucketTagging, checked."""
    tags = _tag_set(tagging)
    _check(tags, _MOST_BUCKET_TAGS, "Bucket")
    return tags


def to_row(tags: Tags, most: int) -> str | None:
    _check(tags, most, "Object")
    return orjson.dumps(list(tags)).decode() if tags else None


def from_row(text: str | None) -> list[dict[str, str]]:
    return [] if text is None else list(orjson.loads(text))


def _tag_set(tagging: Any) -> Tags:
    if not isinstance(tagging, dict) or "TagSet" not in tagging:
        raise malformed_xml()
    tags: Tags = tagging["TagSet"]
    if any("Key" not in tag or "Value" not in tag for tag in tags):
        raise malformed_xml()
    return tags


def _check(tags: Tags, most: int, what: str) -> None:
    if len(tags) > most:
        raise AwsError("BadRequest", f"{what} tags cannot be greater than {most}")
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) != len(keys):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=keys[-1])
    for tag in tags:
        if not 1 <= len(tag["Key"]) <= _LONGEST_KEY or _NOT_IN_TAGS.search(tag["Key"]):
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid", TagKey=tag["Key"])
        if len(tag["Value"]) > _LONGEST_VALUE or _NOT_IN_TAGS.search(tag["Value"]):
            raise AwsError("InvalidTag", "The TagValue you have provided is invalid", TagKey=tag["Key"])
        if tag["Key"].startswith("aws:"):
            text = "System tags cannot be added/updated by requester"
            raise AwsError("InvalidTag", text, TagKey=tag["Key"])
