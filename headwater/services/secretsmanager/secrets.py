"""Making, changing and describing secrets."""

from __future__ import annotations

import re

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import (
    already_exists,
    name_to_be_deleted,
    validation,
    version_exists,
)
from headwater.services.secretsmanager.listing import describe
from headwater.services.secretsmanager.secret import CURRENT, Secret, find_secret, find_version, look_up, versions_of
from headwater.services.secretsmanager.tags import check_tags
from headwater.services.secretsmanager.values import add_version, given_value, stages_by_version
from headwater.spine.arns import make_arn
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation

_NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
_REFUSED = ("AddReplicaRegions", "CrossAccountPrimaryARN", "Type")


@operation("secretsmanager", "CreateSecret")
def create_secret(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""
    check_tags(request.get("Tags") or ())
    return _create(call, request, None)


@operation("secretsmanager", "CreateManagedSecret", internal=True)
def create_managed_secret(call: Call, request: Request) -> Result:
    """CreateSecret for a service of ours, named by ``Owner``: the secret says so, and carries its tag."""
    tag = {"Key": "aws:secretsmanager:owningService", "Value": request["Owner"]}
    return _create(call, {**request, "Tags": [tag]}, request["Owner"])


def _create(call: Call, request: Request, owner: str | None) -> Result:
    name = request["Name"]
    if _NAME.fullmatch(name) is None:
        raise validation(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
        )
    for member in _REFUSED:
        if request.get(member):
            raise not_implemented(f"{member} of CreateSecret")
    text, data = given_value(request)
    existing = look_up(call, name)
    if existing is not None:
        if existing.deleted is not None:
            raise name_to_be_deleted()
        return _again(call, existing, request)
    arn = make_arn("secretsmanager", call.region, call.account, f"secret:{name}-{call.ids.token(6)}")
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags") or ()}
    row = (arn, call.account, call.region, name, request.get("Description"), request.get("KmsKeyId"), owner)
    call.store.run(tables.INSERT, (*row, orjson.dumps(tags).decode(), call.now, call.now))
    call.span.subject = arn
    secret = find_secret(call, arn)
    version = None if text is None and data is None else add_version(call, secret, request, [CURRENT])
    return {"ARN": arn, "Name": name, "VersionId": version}


def _again(call: Call, existing: Secret, request: Request) -> Result:
    """The same token with the same value is the same request once more."""
    token = request.get("ClientRequestToken")
    version = find_version(call, existing, token) if token else None
    if version is None:
        raise already_exists(existing.name)
    if (version.text, version.data) != given_value(request):
        raise version_exists(version.id, existing.arn)
    return {"ARN": existing.arn, "Name": existing.name, "VersionId": version.id}


@operation("secretsmanager", "UpdateSecret")
def update_secret(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html"""
    if request.get("Type"):
        raise not_implemented("Type of UpdateSecret")
    text, data = given_value(request)
    secret = find_secret(call, request["SecretId"])
    description = request.get("Description", secret.description)
    call.store.run(tables.CHANGE, (description, request.get("KmsKeyId") or secret.kms_key, call.now, secret.arn))
    version = None if text is None and data is None else add_version(call, secret, request, [CURRENT])
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": version}


@operation("secretsmanager", "DescribeSecret", reads=True)
def describe_secret(call: Call, request: Request) -> Result:
    secret = find_secret(call, request["SecretId"], deleted=True)
    return describe(call, secret) | {"VersionIdsToStages": stages_by_version(versions_of(call, secret)) or None}
