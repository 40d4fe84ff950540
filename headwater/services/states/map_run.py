"""A map run's row: the children of one distributed Map state, counted.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from headwater.languages.asl.distributed_map_state import DISTRIBUTED_CONCURRENCY, exceeds
from headwater.services.states import tables
from headwater.services.states.errors import invalid_arn, resource_not_found
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call

RUNNING = "RUNNING"
# What `reading` says: the children are running; the items are being read; those that failed are being collected for
# their redrive; they are being redriven.
READ, READING, REDRIVING, RESTARTING = 0, 1, 2, 3
# A child's status, and what counts such.
COUNTED = {
    "RUNNING": "running", "SUCCEEDED": "succeeded", "FAILED": "failed", "TIMED_OUT": "timedOut", "ABORTED": "aborted",
}  # fmt: skip
# Counts those that wait for their redrive.
PENDING_REDRIVE = "pendingRedrive"
FAILURES = ("failed", "timedOut", "aborted")


@dataclass(slots=True)
class MapRun:
    """Times in ms. `frame` and `ticket` of the parent's Map state; `next`: the child to start next; `stepping`: a
    delivery that starts more is under way; `counts`: by what became of them, [executions, items]."""

    id: int
    arn: str
    execution: int
    execution_arn: str
    machine: str
    frame: int
    ticket: int
    state: str
    definition: int
    settings: dict[str, Any]
    status: str
    reading: int
    started: int
    stopped: int | None
    redrives: int
    redriven: int | None
    concurrency: int
    tolerated_count: int
    tolerated_percentage: float
    total: int
    total_items: int
    next: int
    stepping: int
    counts: dict[str, list[int]] = field(default_factory=dict)

    @property
    def machine_arn(self) -> str:
        """Of the children: the parent's with the label."""
        return self.arn.replace(":mapRun:", ":stateMachine:", 1).rpartition(":")[0]

    @property
    def express(self) -> bool:
        return bool(self.settings["express"])

    @property
    def running(self) -> int:
        return self.counts.get("running", _NONE)[0]

    @property
    def to_start(self) -> int:
        """How many children wait for their start, or for their redrive."""
        pending = self.counts.get(PENDING_REDRIVE, _NONE)[0]
        return pending if self.reading == RESTARTING else self.total - self.next

    @property
    def free(self) -> int:
        """How many more children may run at once."""
        return (self.concurrency or DISTRIBUTED_CONCURRENCY) - self.running

    @property
    def failed_items(self) -> int:
        return sum(self.counts.get(name, _NONE)[1] for name in FAILURES)

    @property
    def too_many_failed(self) -> bool:
        count = None if self.tolerated_count < 0 else self.tolerated_count
        percentage = None if self.tolerated_percentage < 0 else self.tolerated_percentage
        return exceeds(self.failed_items, self.total_items, count, percentage)

    def count(self, name: str, items: int, by: int = 1) -> None:
        counted = self.counts.setdefault(name, [0, 0])
        counted[0] += by
        counted[1] += by * items

    def save(self, call: Call) -> None:
        changing = (
            self.frame, self.ticket, self.status, self.reading, self.stopped, self.redrives, self.redriven,
            self.concurrency, self.tolerated_count, self.tolerated_percentage, self.total, self.total_items, self.next,
            self.stepping, orjson.dumps(self.counts).decode(),
        )  # fmt: skip
        call.store.run(tables.UPDATE_MAP_RUN, (*changing, self.id))

    def insert(self, call: Call) -> None:
        settings, counts = orjson.dumps(self.settings).decode(), orjson.dumps(self.counts).decode()
        row = (
            self.id, self.arn, self.execution, self.execution_arn, self.machine, self.frame, self.ticket, self.state,
            self.definition, settings, self.status, self.reading, self.started, self.stopped, self.redrives,
            self.redriven, self.concurrency, self.tolerated_count, self.tolerated_percentage, self.total,
            self.total_items, self.next, self.stepping, counts,
        )  # fmt: skip
        call.store.run(tables.INSERT_MAP_RUN, row)


_NONE = [0, 0]


def _load(row: tuple[Any, ...]) -> MapRun:
    run = MapRun(*row)
    run.settings, run.counts = orjson.loads(row[9]), orjson.loads(row[23])
    return run


def map_run_by_id(call: Call, id_: int) -> MapRun | None:
    row = call.store.one(tables.MAP_RUN_BY_ID, (id_,))
    return None if row is None else _load(row)


def map_run_by_arn(call: Call, arn: str) -> MapRun | None:
    row = call.store.one(tables.MAP_RUN_BY_ARN, (arn,))
    return None if row is None else _load(row)


def find_map_run(call: Call, arn: str) -> MapRun:
    run = map_run_by_arn(call, arn)
    if run is None:
        parsed = parse_arn(arn)
        if parsed is None or parsed.service != "states" or not parsed.resource.startswith("mapRun:"):
            raise invalid_arn(arn)
        raise resource_not_found(arn)
    return run
