"""Values: putting a new version of one, and getting the one that is asked for.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import (
    decryption_failure,
    encryption_failure,
    invalid_parameter,
    invalid_request,
    value_not_found,
    version_exists,
)
from headwater.services.secretsmanager.listing import page, selected
from headwater.services.secretsmanager.rotation import value_changed
from headwater.services.secretsmanager.secret import (
    CURRENT,
    Secret,
    Version,
    day_of,
    find_secret,
    find_version,
    staged,
    versions_of,
)
from headwater.services.secretsmanager.stages import move_stage
from headwater.spine.encryption_keys import BOTH, DECRYPT, usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_MOST_UNSTAGED = 100


def given_value(request: Request) -> tuple[str | None, bytes | None]:
    """The text or bytes of a request; both None where it has neither."""
    text, data = request.get("SecretString"), request.get("SecretBinary")
    if text is not None and data is not None:
        raise invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same secret."
        )
    return text, data


def add_version(call: Call, secret: Secret, request: Request, stages: list[str]) -> str:
    """Store the value of a request under its token; the same again is no other version."""
    text, data = given_value(request)
    identity = request.get("ClientRequestToken") or call.ids.uuid()
    former = find_version(call, secret, identity)
    if former is not None and not former.is_empty:
        if (former.text, former.data) != (text, data):
            raise version_exists(identity, secret.arn)
        return identity
    versions = versions_of(call, secret)
    if secret.kms_key:
        usable_key(call, secret.kms_key, BOTH, encryption_failure)
    if not versions and CURRENT not in stages:
        stages = [CURRENT, *stages]
    if former is None:
        call.store.run(tables.INSERT_VERSION, (secret.arn, identity, text, data, "[]", call.now))
    else:
        call.store.run(tables.FILL_VERSION, (text, data, secret.arn, identity))
    for stage in stages:
        move_stage(call, secret, stage, identity)
    _drop_oldest(call, secret)
    if CURRENT in stages:
        value_changed(call, secret.arn, identity)
    call.store.run(tables.TOUCH, (call.now, secret.arn))
    return identity


def _drop_oldest(call: Call, secret: Secret) -> None:
    """Versions without a stage are deprecated: the newest hundred of them are kept."""
    unstaged = [version for version in versions_of(call, secret) if not version.stages]
    for version in unstaged[: max(0, len(unstaged) - _MOST_UNSTAGED)]:
        call.store.run(tables.DELETE_VERSION, (secret.arn, version.id))


@operation("secretsmanager", "PutSecretValue")
def put_secret_value(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html"""
    if given_value(request) == (None, None):
        raise invalid_request("You must provide either SecretString or SecretBinary.")
    secret = find_secret(call, request["SecretId"])
    stages = list(request.get("VersionStages") or [CURRENT])
    identity = add_version(call, secret, request, stages)
    version = find_version(call, secret, identity)
    kept = list(version.stages) if version else stages
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": identity, "VersionStages": kept}


@operation("secretsmanager", "GetSecretValue")
def get_secret_value(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html"""
    return read_value(call, request)


def read_value(call: Call, request: Request) -> Result:
    """The version of an id or stage, the current one where neither is given; that it was read is noted by the day."""
    secret = find_secret(call, request["SecretId"])
    version = _asked_for(call, secret, request.get("VersionId"), request.get("VersionStage"))
    if secret.kms_key:
        usable_key(call, secret.kms_key, DECRYPT, decryption_failure)
    if day_of(version.accessed) != day_of(call.now):
        call.store.run(tables.SET_ACCESSED, (call.now, secret.arn))
        call.store.run(tables.SET_VERSION_ACCESSED, (call.now, secret.arn, version.id))
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "VersionId": version.id,
        "SecretString": version.text,
        "SecretBinary": version.data,
        "VersionStages": list(version.stages),
        "CreatedDate": version.created,
    }


def _asked_for(call: Call, secret: Secret, identity: str | None, stage: str | None) -> Version:
    if identity is not None:
        version = find_version(call, secret, identity)
        if version is None or version.is_empty:
            raise value_not_found(f"VersionId: {identity}")
        if stage is not None and stage not in version.stages:
            raise invalid_request("You provided a VersionStage that is not associated to the provided VersionId.")
        return version
    version = staged(versions_of(call, secret), stage or CURRENT)
    if version is None or version.is_empty:
        raise value_not_found(f"staging label: {stage or CURRENT}")
    return version


@operation("secretsmanager", "BatchGetSecretValue")
def batch_get_secret_value(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html"""
    names, filters = request.get("SecretIdList"), request.get("Filters")
    if bool(names) == bool(filters):
        raise invalid_parameter("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
    more: dict[str, Any] = {}
    if names:
        if request.get("MaxResults"):
            raise invalid_parameter(
                "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is provided."
            )
    else:
        secrets, more = page(selected(call, filters or [], deleted=False), request, most=20)
        names = [secret.arn for secret in secrets]
    values, errors = [], []
    for name in names:
        try:
            values.append(read_value(call, {"SecretId": name}))
        except AwsError as error:
            errors.append({"SecretId": name, "ErrorCode": error.code, "Message": error.message})
    return {"SecretValues": values, "Errors": errors, **more}


@operation("secretsmanager", "ListSecretVersionIds", reads=True)
def list_secret_version_ids(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecretVersionIds.html"""
    secret = find_secret(call, request["SecretId"], deleted=True)
    deprecated = request.get("IncludeDeprecated")
    kept = [version for version in versions_of(call, secret) if version.stages or deprecated]
    versions, more = page(kept, request)
    listed = [
        {
            "VersionId": version.id,
            "VersionStages": list(version.stages) or None,
            "CreatedDate": version.created,
            "LastAccessedDate": day_of(version.accessed),
            "KmsKeyIds": [secret.kms_key or "DefaultEncryptionKey"],
        }
        for version in versions
    ]
    return {"Versions": listed, "ARN": secret.arn, "Name": secret.name, **more}


def stages_by_version(versions: list[Version]) -> dict[str, list[str]]:
    return {version.id: list(version.stages) for version in versions if version.stages}
