"""Aliases: names that route executions to one version, or to two by weight.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-alias.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from headwater.services.states import tables
from headwater.services.states.errors import conflict, resource_not_found, validation
from headwater.services.states.machine import check_machine_arn, find_machine
from headwater.services.states.paging import next_token, page_size, read_token
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation


def _check_routing(call: Call, routing: Sequence[Any]) -> str:
    """The ARN of the machine whose versions are routed to."""
    arns = [route["stateMachineVersionArn"] for route in routing]
    received = f"Received: [{', '.join(arns)}]"
    if any(whole(arn.rpartition(":")[2]) is None for arn in arns):
        raise validation(f"Routing configuration must contain state machine version ARNs. {received}")
    if len(set(arns)) < len(arns):
        raise validation(f"Routing configuration must contain distinct state machine version ARNs. {received}")
    weights = [route["weight"] for route in routing]
    if sum(weights) != 100:
        raise validation(f"Sum of routing configuration weights must equal 100. Received: {weights}")
    machines = {arn.rpartition(":")[0] for arn in arns}
    if len(machines) > 1:
        raise validation(f"Routing configuration must contain versions of the same state machine. {received}")
    for route in routing:
        arn = route["stateMachineVersionArn"]
        base, _, version = arn.rpartition(":")
        check_machine_arn(arn)
        if call.store.one(tables.FIND_VERSION, (base, whole(version))) is None:
            raise resource_not_found(arn)
    return str(machines.pop())


def _routing_text(routing: Sequence[Any]) -> str:
    kept = [{name: route[name] for name in ("stateMachineVersionArn", "weight")} for route in routing]
    return orjson.dumps(kept).decode()


@operation("states", "CreateStateMachineAlias")
def create_state_machine_alias(call: Call, request: Request) -> Result:
    routing = request["routingConfiguration"]
    machine = find_machine(call, _check_routing(call, routing))
    arn = f"{machine.arn}:{request['name']}"
    text, description = _routing_text(routing), request.get("description") or ""
    found = call.store.one(tables.FIND_ALIAS, (arn,))
    if found is not None:
        if (found[2], found[3]) != (description, text):
            raise conflict(
                "Failed to create alias because an alias with the same name and a different routing configuration "
                "already exists."
            )
        return {"stateMachineAliasArn": arn, "creationDate": found[4]}
    row = (arn, machine.arn, request["name"], description, text, call.now, call.now)
    call.store.run(tables.INSERT_ALIAS, row)
    return {"stateMachineAliasArn": arn, "creationDate": call.now}


def _find(call: Call, arn: str) -> tuple[Any, ...]:
    check_machine_arn(arn)
    row = call.store.one(tables.FIND_ALIAS, (arn,))
    if row is None:
        raise resource_not_found(arn)
    return row


@operation("states", "DescribeStateMachineAlias", reads=True)
def describe_state_machine_alias(call: Call, request: Request) -> Result:
    arn = request["stateMachineAliasArn"]
    _, name, description, routing, created, updated = _find(call, arn)
    return {
        "stateMachineAliasArn": arn,
        "name": name,
        "description": description,
        "routingConfiguration": orjson.loads(routing),
        "creationDate": created,
        "updateDate": updated,
    }


@operation("states", "UpdateStateMachineAlias")
def update_state_machine_alias(call: Call, request: Request) -> Result:
    arn = request["stateMachineAliasArn"]
    if request.get("routingConfiguration") is None and request.get("description") is None:
        raise validation("You must specify at least one of the following: description, routingConfiguration.")
    _, _, description, routing, _, _ = _find(call, arn)
    if request.get("routingConfiguration") is not None:
        _check_routing(call, request["routingConfiguration"])
        routing = _routing_text(request["routingConfiguration"])
    if request.get("description") is not None:
        description = request["description"]
    call.store.run(tables.UPDATE_ALIAS, (description, routing, call.now, arn))
    return {"updateDate": call.now}


@operation("states", "ListStateMachineAliases", reads=True)
def list_state_machine_aliases(call: Call, request: Request) -> Result:
    machine = find_machine(call, request["stateMachineArn"])
    limit = page_size(request)
    rows = call.store.all(tables.LIST_ALIASES, (machine.arn, read_token(request), limit + 1))
    page = [{"stateMachineAliasArn": arn, "creationDate": created} for arn, created, _ in rows[:limit]]
    return {"stateMachineAliases": page, **next_token(rows, limit, lambda row: row[0])}


@operation("states", "DeleteStateMachineAlias")
def delete_state_machine_alias(call: Call, request: Request) -> Result:
    arn = request["stateMachineAliasArn"]
    _find(call, arn)
    call.store.run(tables.DELETE_ALIAS, (arn,))
    return {}
