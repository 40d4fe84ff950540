"""A secret as its row has it, found by name or ARN."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import not_found, to_be_deleted
from headwater.spine.operations import Call

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
# Six random characters end an ARN; it may be given without them.
SUFFIX = re.compile(r"-[A-Za-z0-9]{6}\Z")
A_DAY = 86_400_000


class Secret(NamedTuple):
    """A row; ``tags`` as JSON, times in ms, ``deleted`` the instant from which it is gone."""

    arn: str
    name: str
    description: str | None
    kms_key: str | None
    owner: str | None
    policy: str | None
    tags: str
    created: int
    changed: int
    accessed: int | None
    deleted: int | None
    timer: int | None

    @property
    def tag_list(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in orjson.loads(self.tags).items()]


class Version(NamedTuple):
    """A row; its value is a text or bytes, neither where a rotation has yet to put one."""

    id: str
    text: str | None
    data: bytes | None
    stages: tuple[str, ...]
    created: int
    accessed: int | None

    @property
    def is_empty(self) -> bool:
        return self.text is None and self.data is None


def look_up(call: Call, name_or_arn: str) -> Secret | None:
    """The secret of a name, an ARN, or an ARN without its random end."""
    row = None
    if name_or_arn.startswith("arn:"):
        row = call.store.one(tables.FIND_BY_ARN, (name_or_arn,))
        if row is None:
            parts = name_or_arn.split(":", 6)
            if len(parts) == 7:
                row = call.store.one(tables.FIND_BY_NAME, (parts[4], parts[3], parts[6]))
    else:
        row = call.store.one(tables.FIND_BY_NAME, (call.account, call.region, name_or_arn))
    return None if row is None else Secret(*row)


def find_secret(call: Call, name_or_arn: str, deleted: bool = False) -> Secret:
    """The same; AwsError where there is none, or where it is to be deleted unless that may be."""
    found = look_up(call, name_or_arn)
    if found is None:
        raise not_found()
    call.span.subject = found.arn
    if found.deleted is not None and not deleted:
        raise to_be_deleted()
    return found


def versions_of(call: Call, secret: Secret) -> list[Version]:
    return [_version(row) for row in call.store.all(tables.VERSIONS, (secret.arn,))]


def find_version(call: Call, secret: Secret, identity: str) -> Version | None:
    row = call.store.one(tables.FIND_VERSION, (secret.arn, identity))
    return None if row is None else _version(row)


def _version(row: tuple[Any, ...]) -> Version:
    identity, text, data, stages, created, accessed = row
    return Version(identity, text, data, tuple(orjson.loads(stages)), created, accessed)


def staged(versions: list[Version], stage: str) -> Version | None:
    return next((version for version in versions if stage in version.stages), None)


def day_of(instant: int | None) -> int | None:
    """When a value was last read is told by the day."""
    return None if instant is None else instant // A_DAY * A_DAY
