"""Tags of secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import invalid_parameter
from headwater.services.secretsmanager.secret import find_secret
from headwater.spine.operations import Call, Request, Result, operation

_MOST = 50


def check_tags(tags: Sequence[Mapping[str, str]]) -> None:
    if any("Key" not in tag or "Value" not in tag for tag in tags):
        raise invalid_parameter("A tag must have a key and a value.")
    if any(tag["Key"].lower().startswith("aws:") for tag in tags):
        raise invalid_parameter("Tag keys that start with 'aws:' are reserved for AWS use.")


@operation("secretsmanager", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    check_tags(request["Tags"])
    secret = find_secret(call, request["SecretId"])
    tags = orjson.loads(secret.tags) | {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    if len(tags) > _MOST:
        raise invalid_parameter("You can't have more than 50 tags on a secret.")
    call.store.run(tables.SET_TAGS, (orjson.dumps(tags).decode(), secret.arn))
    return {}


@operation("secretsmanager", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    secret = find_secret(call, request["SecretId"])
    kept = {key: value for key, value in orjson.loads(secret.tags).items() if key not in request["TagKeys"]}
    call.store.run(tables.SET_TAGS, (orjson.dumps(kept).decode(), secret.arn))
    return {}
