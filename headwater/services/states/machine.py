"""State machines as their operations see them: found by ARN, compiled once, kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from headwater.languages.asl import Execution, Machine, parse
from headwater.services.states import tables
from headwater.services.states.errors import invalid_arn, machine_does_not_exist
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call
from headwater.spine.store import Row

EXPRESS = "EXPRESS"
STANDARD = "STANDARD"
# What includedData asks for where the encrypted parts are to be left out.
METADATA_ONLY = "METADATA_ONLY"
_LIVE_EXECUTIONS = 1_000
_PARSED = 100


class StateMachine(NamedTuple):
    """A machine with its present definition. Times in ms; `definition` is the id of that revision; `prefix` is what
    the ARNs of its executions have before their names, and `neighbours` how those of all in its account and region
    begin: how many characters, and which."""

    arn: str
    name: str
    kind: str
    definition: int
    role: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    created: int
    text: str
    revision: str
    updated: int
    encryption: dict[str, Any]
    express: bool
    prefix: str
    neighbours: tuple[int, str]


class Target(NamedTuple):
    """What is run or described: a machine in one of its revisions. `qualifier`: the version or alias that named it."""

    machine: StateMachine
    definition: int
    text: str
    role: str
    revision: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    created: int
    qualifier: str = ""
    description: str = ""
    encryption: dict[str, Any] | None = None


class StatesMemory:
    """Machines by ARN, compiled definitions and waiting executions by id; names of machines that are always mocked."""

    def __init__(self) -> None:
        # by the machine's ARN
        self.targets: dict[str, Target] = {}
        self.compiled: dict[int, Machine] = {}
        self.mocked: frozenset[str] | None = None
        # by its text alone, so that it holds whatever becomes of rows
        self.parse = lru_cache(_PARSED)(parse)
        self._live: OrderedDict[int, Execution] = OrderedDict()

    def take(self, id_: int, last_event: int, last_ticket: int) -> Execution | None:
        """The waiting execution, if what is remembered is as far as the store. The taker puts it back once stored."""
        execution = self._live.pop(id_, None)
        if execution is None or (execution.last_event, execution.last_ticket) != (last_event, last_ticket):
            return None
        return execution

    def put(self, id_: int, execution: Execution) -> None:
        self._live[id_] = execution
        if len(self._live) > _LIVE_EXECUTIONS:
            self._live.popitem(last=False)

    def end(self) -> None:
        self.parse.cache_clear()

    def clear(self) -> None:
        self.targets.clear()
        self.mocked = None
        self.compiled.clear()
        self._live.clear()


def machine_by_arn(call: Call, arn: str) -> StateMachine | None:
    target = target_by_arn(call, arn)
    return None if target is None else target.machine


def target_by_arn(call: Call, arn: str) -> Target | None:
    """The present revision of the machine that an unqualified ARN names."""
    memory: StatesMemory = call.memory
    target = memory.targets.get(arn)
    if target is None:
        row = call.store.one(tables.FIND_MACHINE, (arn,))
        if row is None:
            return None
        target = memory.targets[arn] = _target(row)
    return target


def _target(row: Row) -> Target:
    arn, name, kind, definition, role, logging, tracing, created, text, revision, updated, encryption = row
    express = kind == EXPRESS
    settings = orjson.loads(logging), orjson.loads(tracing)
    kept = orjson.loads(encryption)
    prefix = arn.replace(":stateMachine:", ":express:" if express else ":execution:", 1) + ":"
    shared = prefix[: -len(name) - 1]
    machine = StateMachine(
        arn, name, kind, definition, role, *settings, created, text, revision, updated, kept, express, prefix,
        (len(shared), shared),
    )  # fmt: skip
    return Target(machine, definition, text, role, revision, *settings, created, encryption=kept)


def find_machine(call: Call, arn: str) -> StateMachine:
    """The machine that an unqualified ARN names."""
    machine = machine_by_arn(call, arn)
    if machine is None:
        check_machine_arn(arn)
        raise machine_does_not_exist(arn)
    return machine


def check_machine_arn(arn: str) -> None:
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "states":
        raise invalid_arn(arn)
    kind, _, name = parsed.resource.partition(":")
    if kind != "stateMachine" or not name:
        raise invalid_arn(arn, f"Resource type not valid in this context: {kind}")


def compiled(call: Call, definition: int, text: str | None = None) -> Machine:
    """The machine of a revision, compiled at most once while it is remembered."""
    memory: StatesMemory = call.memory
    machine = memory.compiled.get(definition)
    if machine is None:
        if text is None:
            row = call.store.one(tables.FIND_DEFINITION, (definition,))
            assert row is not None
            text = row[1]
        machine = memory.compiled[definition] = memory.parse(text)
    return machine
