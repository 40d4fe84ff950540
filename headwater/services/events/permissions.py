"""The resource policies of buses, statement by statement. They are asked where events come from other accounts."""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.events import tables
from headwater.services.events.buses import Bus, find_bus, stored_bus
from headwater.services.events.errors import no_policy, policy_too_long, statement_not_found, validation
from headwater.spine.arns import partition_of
from headwater.spine.operations import Call, Request, Result, operation

_MOST_BYTES = 10_240


@operation("events", "PutPermission")
def put_permission(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html"""
    bus = stored_bus(call, request.get("EventBusName"))
    policy = request.get("Policy")
    if policy is None:
        statement = _statement(call, bus, request)
        kept = [other for other in _statements(bus) if other.get("Sid") != statement["Sid"]]
        policy = _document([*kept, statement])
    elif not _is_object(policy):
        raise validation("This policy contains invalid Json")
    _set(call, bus, policy)
    return {}


@operation("events", "RemovePermission")
def remove_permission(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RemovePermission.html"""
    bus = find_bus(call, request.get("EventBusName"))
    if request.get("RemoveAllPermissions"):
        _set(call, bus, None)
        return {}
    sid = request.get("StatementId")
    if not sid:
        raise validation("Parameter StatementId is required.")
    statements = _statements(bus)
    if not statements:
        raise no_policy()
    kept = [statement for statement in statements if statement.get("Sid") != sid]
    if len(kept) == len(statements):
        raise statement_not_found()
    _set(call, bus, _document(kept) if kept else None)
    return {}


def _statement(call: Call, bus: Bus, request: Request) -> dict[str, Any]:
    for name in ("Action", "Principal", "StatementId"):
        if not request.get(name):
            raise validation(f"Parameter {name} must be specified.")
    principal = request["Principal"]
    if principal != "*":
        principal = {"AWS": f"arn:{partition_of(call.region)}:iam::{principal}:root"}
    statement = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": principal,
        "Action": request["Action"],
        "Resource": bus.arn,
    }
    if condition := request.get("Condition"):
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


def _statements(bus: Bus) -> list[dict[str, Any]]:
    statements = orjson.loads(bus.policy).get("Statement", []) if bus.policy else []
    return statements if isinstance(statements, list) else [statements]


def _document(statements: list[dict[str, Any]]) -> str:
    return orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode()


def _is_object(text: str) -> bool:
    try:
        return isinstance(orjson.loads(text), dict)
    except orjson.JSONDecodeError:
        return False


@operation("events", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of the bus of an ``Arn``, None where it has none; nothing where there is no bus."""
    row = call.store.one(tables.FIND_BUS, (request["Arn"],))
    return {} if row is None else {"Policy": row[3]}


def _set(call: Call, bus: Bus, policy: str | None) -> None:
    if policy is not None and len(policy.encode()) > _MOST_BYTES:
        raise policy_too_long()
    call.store.run(tables.SET_BUS_POLICY, (policy, call.now, bus.arn))
