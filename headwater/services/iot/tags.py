"""Tags of rules, authorizers, policies, CA certificates, types, groups and provisioning templates.

https://docs.aws.amazon.com/iot/latest/developerguide/tagging-iot.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from headwater.services.iot import tables
from headwater.services.iot.authentication.tables import AUTHORIZER
from headwater.services.iot.certificates.tables import CA_CERTIFICATE
from headwater.services.iot.errors import invalid_request, missing, not_found
from headwater.services.iot.policies.tables import POLICY_VERSIONS
from headwater.services.iot.provisioning.tables import TEMPLATE
from headwater.services.iot.registry.tables import THING_GROUP, THING_TYPE
from headwater.services.iot.topic_rules.tables import RULE
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50
_OWNERS = {
    "rule": RULE,
    "authorizer": AUTHORIZER,
    "policy": POLICY_VERSIONS,
    "cacert": CA_CERTIFICATE,
    "thingtype": THING_TYPE,
    "thinggroup": THING_GROUP,
    "provisioningtemplate": TEMPLATE,
}


def set_tags(call: Call, arn: str, tags: Iterable[Mapping[str, str]]) -> None:
    """Give a resource that is being made its tags: a list of Key and Value."""
    _write(call, arn, _given(tags))


def forget_tags(call: Call, arn: str) -> None:
    call.store.run(tables.DELETE_TAGS, (arn,))


def _write(call: Call, arn: str, tags: dict[str, str]) -> None:
    if len(tags) > _MOST:
        raise invalid_request(f"A resource cannot have more than {_MOST} tags.")
    if any(not 1 <= len(key) <= 128 or len(value) > 256 for key, value in tags.items()):
        raise invalid_request("A tag has a key of 1 to 128 characters and a value of at most 256.")
    if tags:
        call.store.run(tables.SET_TAGS, (arn, orjson.dumps(tags).decode()))
    else:
        forget_tags(call, arn)


def _given(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Tags by key; AwsError where one has none."""
    given = {}
    for tag in tags:
        if "Key" not in tag:
            raise missing("key")
        given[tag["Key"]] = tag.get("Value", "")
    return given


def _read(call: Call, arn: str) -> dict[str, str]:
    row = call.store.one(tables.TAGS, (arn,))
    tags: dict[str, str] = orjson.loads(row[0]) if row else {}
    return tags


@operation("iot", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    arn = _owner(call, request)
    _write(call, arn, _read(call, arn) | _given(request.get("tags") or ()))
    return {}


@operation("iot", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    arn = _owner(call, request)
    gone = set(request.get("tagKeys") or ())
    _write(call, arn, {key: value for key, value in _read(call, arn).items() if key not in gone})
    return {}


@operation("iot", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags = _read(call, _owner(call, request))
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _owner(call: Call, request: Request) -> str:
    """The ARN of a resource that is there and can have tags."""
    arn: str = request.get("resourceArn") or ""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    statement = _OWNERS.get(kind)
    if statement is None or not name:
        raise invalid_request(f"The resource {arn} cannot be tagged.")
    if call.store.one(statement, (call.account, call.region, name)) is None:
        raise not_found(f"The resource {arn} does not exist.")
    return arn
