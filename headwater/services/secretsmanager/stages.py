"""Stages: labels, each of which is on one version of a secret at most.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
"""

from __future__ import annotations

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import invalid_parameter, value_not_found
from headwater.services.secretsmanager.secret import (
    CURRENT,
    PREVIOUS,
    Secret,
    find_secret,
    find_version,
    staged,
    versions_of,
)
from headwater.spine.operations import Call, Request, Result, operation


def move_stage(call: Call, secret: Secret, stage: str, to: str | None) -> None:
    """Take a stage off the version that has it, and put it on another. What was current becomes previous."""
    former = staged(versions_of(call, secret), stage)
    if former is not None and former.id == to:
        return
    if former is not None:
        _set(call, secret, former.id, [name for name in former.stages if name != stage])
        if stage == CURRENT and to is not None:
            move_stage(call, secret, PREVIOUS, former.id)
    if to is not None and (version := find_version(call, secret, to)) is not None:
        # a version is not current and previous at once
        kept = [name for name in version.stages if not (stage == CURRENT and name == PREVIOUS)]
        _set(call, secret, to, [*kept, stage])


def _set(call: Call, secret: Secret, version: str, stages: list[str]) -> None:
    call.store.run(tables.SET_STAGES, (orjson.dumps(stages).decode(), secret.arn, version))


@operation("secretsmanager", "UpdateSecretVersionStage")
def update_secret_version_stage(call: Call, request: Request) -> Result:
    secret = find_secret(call, request["SecretId"])
    stage, off, onto = request["VersionStage"], request.get("RemoveFromVersionId"), request.get("MoveToVersionId")
    for identity in (off, onto):
        if identity is not None and find_version(call, secret, identity) is None:
            raise value_not_found(f"VersionId: {identity}")
    holder = staged(versions_of(call, secret), stage)
    if holder is not None and holder.id != onto and holder.id != off:
        if off is None:
            raise invalid_parameter(
                f"The parameter RemoveFromVersionId can't be empty. Staging label {stage} is currently attached to "
                f"version {holder.id}, so you must explicitly reference that version in RemoveFromVersionId."
            )
        raise invalid_parameter(
            f"Staging label {stage} is currently attached to version {holder.id}, so you must explicitly reference "
            "that version in RemoveFromVersionId."
        )
    if stage == CURRENT and onto is None:
        raise invalid_parameter("You can't remove the staging label AWSCURRENT. Move it to another version.")
    move_stage(call, secret, stage, onto)
    call.store.run(tables.TOUCH, (call.now, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name}
