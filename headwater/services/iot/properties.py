"""What the CloudFormation types of IoT Core share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace

_TAGGING = Tagging("iot", "tags", "tagKeys")


def resource_arn(call: Call, kind: str, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"{kind}/{name}")


def tags_of(change: Change) -> list[dict[str, str]]:
    """The stack's tags and the resource's own."""
    return as_pairs(resource_tags(change))


def retag(call: Call, change: Change, arn: str = "Arn") -> None:
    """Bring the tags of a resource that is there up to date; ``arn`` names the attribute that is its ARN."""
    _TAGGING.update(call, {"resourceArn": change.attributes[arn]}, change)


def replaced(change: Change, *names: str) -> None:
    if any(change.properties.get(name) != change.previous.get(name) for name in names):
        raise Replace


def is_true(value: object) -> bool:
    return str(value).lower() == "true"


def attempt(call: Call, name: str, request: Request) -> None:
    """A step of a deletion: what is gone is gone."""
    try:
        call.operation("iot", name, request)
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise


def members(properties: Mapping[str, Any] | None) -> dict[str, Any]:
    """A property that has others, with the names of the API."""
    return {name[0].lower() + name[1:]: value for name, value in (properties or {}).items()}
