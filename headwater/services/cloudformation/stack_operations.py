"""What was done to a stack, each time under an id of its own, and how it ended.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEntry.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from headwater.services.cloudformation import tables
from headwater.spine.operations import Call


@dataclass(frozen=True)
class StackOperation:
    """Times in ms; ``status`` is IN_PROGRESS, SUCCEEDED or FAILED, ``findings`` are members of the API's
    OperationEvent: what was found wrong before anything was made."""

    id: str
    stack: str
    begun: int
    type: str
    token: str | None
    status: str
    ended: int | None
    findings: list[dict[str, Any]]


def begin(call: Call, stack: str, kind: str, token: str | None, identity: str | None = None) -> str:
    """The id of an operation on a stack (its id) that begins now."""
    identity = identity or call.ids.uuid()
    call.store.run(tables.INSERT_OPERATION, (identity, stack, call.now, kind, token))
    return identity


def end(call: Call, identity: str, status: str, findings: Sequence[dict[str, Any]] = ()) -> None:
    """An operation is over; nothing where it was so before."""
    call.store.run(tables.END_OPERATION, (status, call.now, orjson.dumps(list(findings)).decode(), identity))


def find(call: Call, identity: str) -> StackOperation | None:
    row = call.store.one(tables.SELECT_OPERATION, (identity,))
    return None if row is None else _operation_of(row)


def operations_of(call: Call, stack: str) -> list[StackOperation]:
    """Of a stack (its id), the newest first."""
    return [_operation_of(row) for row in call.store.all(tables.SELECT_OPERATIONS, (stack,))]


def _operation_of(row: tuple[Any, ...]) -> StackOperation:
    fields = [*row[:7], orjson.loads(row[7])]
    return StackOperation(*fields)
