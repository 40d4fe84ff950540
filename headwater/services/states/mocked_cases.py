"""Test cases of mocks: taken from files of Step Functions Local's form, kept as rows, found when executions start.

An execution names its case as it does there: `stateMachine:NAME#CASE`. The case `*` is for those that name none.
https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.mock_files import ALWAYS, MockFileError, read_mock_file
from headwater.services.states import tables
from headwater.services.states.errors import no_such_case
from headwater.services.states.machine import StateMachine, StatesMemory
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation


def split_case(arn: str) -> tuple[str, str]:
    """A machine's ARN, and the case that an execution names with it ("" for none)."""
    machine, _, case = arn.partition("#")
    return machine, case


def find_case(call: Call, machine: StateMachine, case: str) -> str | None:
    """The answers of an execution's case, as JSON by state; None where nothing is mocked."""
    always = call.memory.mocked
    if not case and machine.name not in (_always(call) if always is None else always):
        return None
    region, account = machine.arn.split(":", 5)[3:5]
    row = call.store.one(tables.FIND_CASE, (machine.name, case or ALWAYS, account, region))
    if row is None and case:
        raise no_such_case(case, machine.name)
    if row is None:
        return None
    call.span.note("mocks", case or ALWAYS)
    return str(row[0])


def _always(call: Call) -> frozenset[str]:
    """Names of machines with a case for executions that name none, in whatever account: read, and remembered."""
    memory: StatesMemory = call.memory
    memory.mocked = frozenset(name for (name,) in call.store.all(tables.MACHINES_WITH_CASE, (ALWAYS,)))
    return memory.mocked


@operation("states", "PutMocks", internal=True)
def put_mocks(call: Call, request: Request) -> Result:
    """Take a `File` in. `Account` and `Region`: of the machines, "" for all. Its cases replace those of the same name,
    and where it is to `Replace` all others go."""
    try:
        cases = read_mock_file(request["File"])
    except MockFileError as refused:
        raise AwsError("InvalidMocks", str(refused)) from None
    place = (request.get("Account") or "", request.get("Region") or "")
    if request.get("Replace"):
        call.store.run(tables.DELETE_CASES, place)
    rows = [
        (*place, machine, name, orjson.dumps(states, default=list).decode())
        for machine, named in cases.items()
        for name, states in named.items()
    ]
    call.store.many(tables.PUT_CASE, rows)
    call.memory.mocked = None
    return list_mocks(call, request)


@operation("states", "DeleteMocks", internal=True)
def delete_mocks(call: Call, request: Request) -> Result:
    """Forget the cases, those of one `Machine` where it is named. Executions that have begun with them go on so."""
    place = (request.get("Account") or "", request.get("Region") or "")
    if request.get("Machine"):
        call.store.run(tables.DELETE_CASES_OF, (*place, request["Machine"]))
    else:
        call.store.run(tables.DELETE_CASES, place)
    call.memory.mocked = None
    return list_mocks(call, request)


@operation("states", "ListMocks", internal=True, reads=True)
def list_mocks(call: Call, request: Request) -> Result:
    cases: list[dict[str, Any]] = [
        {"account": account, "region": region, "machine": machine, "case": case, "states": sorted(orjson.loads(states))}
        for account, region, machine, case, states in call.store.all(tables.LIST_CASES)
    ]
    return {"cases": cases}
