"""A pipe as its row has it."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.errors import pipe_not_found
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call

CHANGED = ("pipes", "changed")
"""What is signalled when a pipe begins or ceases to run."""


class Row(NamedTuple):
    """Times are in ms."""

    arn: str
    name: str
    desired: str
    state: str
    reason: str | None
    definition: str
    tags: str
    created: int
    modified: int

    @property
    def settled(self) -> bool:
        """Whether nothing is about to change it."""
        return not self.state.endswith("ING") or self.state == "RUNNING"

    def shown(self) -> dict[str, Any]:
        """What each operation answers of a pipe."""
        return {
            "Arn": self.arn,
            "Name": self.name,
            "DesiredState": self.desired,
            "CurrentState": self.state,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }

    def described(self) -> dict[str, Any]:
        return {
            **self.shown(),
            "EnrichmentParameters": {},
            "TargetParameters": {},
            **orjson.loads(self.definition),
            "StateReason": self.reason,
            "Tags": orjson.loads(self.tags),
        }


def pipe_arn(call: Call, name: str) -> str:
    return make_arn("pipes", call.region, call.account, f"pipe/{name}")


def pipe_by_arn(call: Call, arn: str) -> Row | None:
    row = call.store.one(tables.FIND_PIPE, (arn,))
    return None if row is None else Row(*row)


def find_pipe(call: Call, name: str) -> Row:
    """The pipe of a name; AwsError where there is none."""
    found = pipe_by_arn(call, pipe_arn(call, name))
    if found is None:
        raise pipe_not_found(name)
    call.span.subject = found.arn
    return found
