"""Versions of a state machine: published, numbered, immutable. And what a qualified ARN stands for.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.states import tables
from headwater.services.states.errors import conflict, machine_does_not_exist, validation
from headwater.services.states.machine import (
    StateMachine,
    Target,
    check_machine_arn,
    find_machine,
    machine_by_arn,
    target_by_arn,
)
from headwater.services.states.paging import next_token, page_size, read_number
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation

_NO_VERSION_YET = 2**31


def find_qualified(call: Call, arn: str) -> Target:
    """The target of a machine's, a version's or an alias's ARN (an alias picks one of its versions)."""
    target = target_by_arn(call, arn)
    if target is not None:
        return target
    check_machine_arn(arn)
    if "/" in arn:
        raise validation(f"This API does not support labelled state machine ARNs: '{arn}'")
    base, _, qualifier = arn.rpartition(":")
    if arn.count(":") != 7 or machine_by_arn(call, base) is None:
        raise machine_does_not_exist(arn)
    number = whole(qualifier)
    if number is not None:
        return _version(call, base, number, arn)
    row = call.store.one(tables.FIND_ALIAS, (arn,))
    if row is None:
        raise machine_does_not_exist(arn)
    return _version(call, base, _pick(call, orjson.loads(row[3])), arn)


def _pick(call: Call, routing: list[dict[str, Any]]) -> int:
    """One of the alias's versions, by weight."""
    share = call.ids.random() * 100
    for route in routing:
        share -= route["weight"]
        if share < 0:
            break
    return int(route["stateMachineVersionArn"].rpartition(":")[2])


def _version(call: Call, base: str, version: int, arn: str) -> Target:
    machine = find_machine(call, base)
    row = call.store.one(tables.FIND_VERSION, (base, version))
    if row is None:
        raise machine_does_not_exist(arn)
    definition, description, created = row
    found = call.store.one(tables.FIND_DEFINITION, (definition,))
    assert found is not None
    _, text, role, _, revision, logging, tracing, _, encryption = found
    settings = (orjson.loads(logging), orjson.loads(tracing))
    return Target(
        machine, definition, text, role, revision, *settings, created, arn, description, orjson.loads(encryption)
    )


def publish(call: Call, machine: StateMachine, description: str) -> tuple[str, int]:
    """A version of the present revision: its ARN and time. The same revision is published once."""
    row = call.store.one(tables.VERSION_OF_DEFINITION, (machine.arn, machine.definition))
    if row is not None:
        return f"{machine.arn}:{row[0]}", row[1]
    last = call.store.one(tables.LAST_VERSION, (machine.arn,))
    version = 1 if last is None else last[0] + 1
    call.store.run(tables.INSERT_VERSION, (machine.arn, version, machine.definition, description, call.now))
    return f"{machine.arn}:{version}", call.now


@operation("states", "PublishStateMachineVersion")
def publish_state_machine_version(call: Call, request: Request) -> Result:
    machine = find_machine(call, request["stateMachineArn"])
    wanted = request.get("revisionId")
    if wanted and wanted != machine.revision:
        raise conflict(
            f"Failed to publish the State Machine version for revision {wanted}. "
            f"The current State Machine revision is {machine.revision}."
        )
    arn, created = publish(call, machine, request.get("description") or "")
    return {"stateMachineVersionArn": arn, "creationDate": created}


@operation("states", "ListStateMachineVersions", reads=True)
def list_state_machine_versions(call: Call, request: Request) -> Result:
    arn = request["stateMachineArn"]
    check_machine_arn(arn)
    limit = page_size(request)
    rows = call.store.all(tables.LIST_VERSIONS, (arn, read_number(request, _NO_VERSION_YET), limit + 1))
    page = [
        {"stateMachineVersionArn": f"{arn}:{version}", "creationDate": created} for version, created in rows[:limit]
    ]
    return {"stateMachineVersions": page, **next_token(rows, limit, lambda row: row[0])}


@operation("states", "DeleteStateMachineVersion")
def delete_state_machine_version(call: Call, request: Request) -> Result:
    arn = request["stateMachineVersionArn"]
    check_machine_arn(arn)
    base, _, version = arn.rpartition(":")
    for alias, _, routing in call.store.all(tables.LIST_ALIASES, (base, "", 1000)):
        if any(route["stateMachineVersionArn"] == arn for route in orjson.loads(routing)):
            raise conflict(
                "Version to be deleted must not be referenced by an alias. "
                f"Current list of aliases referencing this version: [{alias.rpartition(':')[2]}]"
            )
    call.store.run(tables.DELETE_VERSION, (base, whole(version)))
    return {}
