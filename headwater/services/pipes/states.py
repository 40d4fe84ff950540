"""From one state to the next: each change is a delivery, done once the answer has left; and starting and stopping.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_Pipe.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.errors import pipe_is_busy, validation
from headwater.services.pipes.explaining import keep_version
from headwater.services.pipes.row import CHANGED, Row, find_pipe, pipe_by_arn
from headwater.services.pipes.validation import check_source_exists
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.permissions import is_refused, session_of, told
from headwater.spine.polling.accesses import lacking_to_read
from headwater.spine.trust import check_trust, for_source

_BY_USER = "User initiated"
_FAILED = {"CREATING": "CREATE_FAILED", "UPDATING": "UPDATE_FAILED", "STARTING": "START_FAILED"}


def settled_pipe(call: Call, name: str) -> Row:
    """A pipe that may be changed."""
    row = find_pipe(call, name)
    if not row.settled:
        raise pipe_is_busy(name, row.state)
    return row


def settle_later(call: Call, arn: str) -> None:
    """Have the change that a pipe's state tells of come to its end."""
    call.signal(CHANGED)
    call.deliver("pipes.settle", None, target=arn)


@delivery("pipes.settle")
def settle(call: Call, item: Delivery) -> None:
    row = pipe_by_arn(call, item.target)
    if row is None:
        return
    definition = orjson.loads(row.definition)
    source = definition["Source"]
    if row.state == "DELETING":
        call.store.run(tables.DELETE_PIPE, (row.arn,))
        call.store.run(tables.DELETE_POSITIONS, (row.arn,))
        keep_version(call, row.arn, source)
        return
    state, reason = row.desired, _BY_USER
    if state == "RUNNING":
        try:
            check_source_exists(call, source)
            check_trust(call, definition["RoleArn"], for_source(call, "pipes", row.arn), validation)
            _check_reading(call, source, session_of(definition["RoleArn"], row.arn.rpartition("/")[2]))
        except AwsError as error:
            state, reason = _FAILED.get(row.state, "START_FAILED"), error.message
            call.span.note("failed", reason)
    call.store.run(tables.SET_STATE, (state, reason, call.new_id(), row.arn))
    keep_version(call, row.arn, source)
    call.signal(CHANGED)


def _check_reading(call: Call, source: str, principal: str) -> None:
    """Note what a pipe's role lacks to read its source; ValidationException where policies are enforced."""
    arn = parse_arn(source)
    assert arn is not None  # checked before
    for access, why in lacking_to_read(call, arn, principal):
        text = told(principal, *access, why)
        if is_refused(call, text):
            raise validation(text)


@operation("pipes", "StartPipe")
def start_pipe(call: Call, request: Request) -> Result:
    return _set_desired(call, request, "RUNNING", "STARTING")


@operation("pipes", "StopPipe")
def stop_pipe(call: Call, request: Request) -> Result:
    return _set_desired(call, request, "STOPPED", "STOPPING")


def _set_desired(call: Call, request: Request, desired: str, state: str) -> dict[str, Any]:
    row = settled_pipe(call, request["Name"])
    if row.state == desired:
        return row.shown()
    call.store.run(tables.SET_DESIRED, (desired, state, call.now, call.new_id(), row.arn))
    settle_later(call, row.arn)
    return row._replace(desired=desired, state=state, modified=call.now).shown()
