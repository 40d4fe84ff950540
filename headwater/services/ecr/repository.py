"""One repository: finding it, keeping it, showing it.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Repository.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from headwater.services.ecr import tables
from headwater.services.ecr.errors import repository_not_found
from headwater.spine.arns import partition_of
from headwater.spine.operations import Call, Request, Result


@dataclass
class Repository:
    """``settings`` are members of the API's Repository; ``policies`` texts by kind; ``created`` in ms."""

    name: str
    created: int
    settings: dict[str, Any]
    policies: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def document(self) -> str:
        return orjson.dumps({"settings": self.settings, "policies": self.policies, "tags": self.tags}).decode()


def from_row(row: tuple[Any, ...]) -> Repository:
    name, created, document = row
    return Repository(name, created, **orjson.loads(document))


def find(call: Call, name: str) -> Repository | None:
    row = call.store.one(tables.SELECT, (call.account, call.region, name))
    return None if row is None else from_row(row)


def named(call: Call, request: Request) -> Repository:
    """The repository that a request means; another account's registry is as good as empty."""
    name = request["repositoryName"]
    repository = find(call, name) if request.get("registryId") in (None, call.account) else None
    if repository is None:
        raise repository_not_found(call, name)
    return repository


def save(call: Call, repository: Repository) -> None:
    call.store.run(tables.UPDATE, (repository.document(), call.account, call.region, repository.name))


def arn_of(call: Call, name: str) -> str:
    return f"arn:{partition_of(call.region)}:ecr:{call.region}:{call.account}:repository/{name}"


def uri_of(call: Call, name: str) -> str:
    return f"{call.account}.dkr.ecr.{call.region}.amazonaws.com/{name}"


def shown(call: Call, repository: Repository) -> Result:
    return {
        "repositoryArn": arn_of(call, repository.name),
        "registryId": call.account,
        "repositoryName": repository.name,
        "repositoryUri": uri_of(call, repository.name),
        "createdAt": repository.created,
        **repository.settings,
    }
