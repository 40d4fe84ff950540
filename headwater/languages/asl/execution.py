"""The state of an execution: its frames, each a thread of control, and what identifies it.

Frames are small and serialise to JSON lists, one row each: a transition rewrites the frame that moved and no other.
Values are never changed in place, so frames share them freely.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from headwater.languages.asl.machine import Workflow

# What a frame is doing. A `running` frame exists only inside a step.
RUNNING = "running"
TASK = "task"
TIMER = "timer"
RETRYING = "retrying"
JOIN = "join"
DONE = "done"
FAILED = "failed"
ITEMS = "items"
# Of an execution that ended badly: stopped in its state; after a redrive: to do its state again.
ABORTED = "aborted"
REVIVED = "revived"

ROOT = 1
# Of an input: its text is all that is known.
UNREAD: Any = object()


class Join:
    """What a Parallel or Map state keeps of its children: frames `first` to `first + total - 1`."""

    __slots__ = ("failed", "first", "items", "limit", "pending", "started", "total")

    def __init__(self, first: int, total: int, limit: int, items: int = 0) -> None:
        self.first = first
        self.total = total
        self.limit = limit
        self.items = items  # the frame that holds a Map's items
        self.started = 0
        self.pending = total
        self.failed = 0

    def dump(self) -> list[int]:
        return [self.first, self.total, self.limit, self.items, self.started, self.pending, self.failed]

    @classmethod
    def load(cls, saved: list[int]) -> "Join":
        join = cls(*saved[:4])
        join.started, join.pending, join.failed = saved[4:]
        return join


class Frame:
    """A thread of control: the execution itself (ROOT), a Parallel branch or a Map iteration.

    value, text     input of its present state, and the same as JSON text (verbatim as it came in)
    previous        id of the last event in its chain
    entered, before id of its state's Entered event, and that event's own previous event
    ticket          number of what it waits for: anything that arrives with another ticket is stale
    item            (index, value) in a Map iteration; of a distributed Map also what else is told of the item
    map_run         ARN of the run that its distributed Map has started, and how often it was redriven
    handles         the service's own: numbers of what it set going for this frame, given back when no longer wanted
    """

    __slots__ = (
        "before",
        "entered",
        "entered_at",
        "handles",
        "id",
        "index",
        "item",
        "join",
        "map_run",
        "name",
        "parent",
        "previous",
        "retries",
        "started",
        "status",
        "stored",
        "text",
        "ticket",
        "token",
        "value",
        "variables",
        "workflow",
    )

    def __init__(self, id_: int, parent: int, index: int, workflow: "Workflow", value: Any, text: str) -> None:
        self.id = id_
        self.parent = parent
        self.index = index
        self.workflow = workflow
        self.name = workflow.start
        self.value = value
        self.text = text
        self.status = RUNNING
        self.variables: dict[str, Any] = {}
        self.previous = 0
        self.entered = 0
        self.before = 0
        self.entered_at = 0
        self.ticket = 0
        self.token = ""
        self.started = False
        self.retries: list[int] | None = None
        self.item: tuple[Any, ...] | None = None
        self.join: Join | None = None
        self.map_run: tuple[str, int] | None = None
        self.handles: list[int] = []
        self.stored = False

    def dump(self, parent: "Frame | None") -> str:
        """A JSON list. Variables are left out where they are the parent's own."""
        inherited = parent is not None and self.variables is parent.variables
        return orjson.dumps(
            [
                self.parent,
                self.index,
                self.name,
                self.text,
                self.status,
                None if inherited else self.variables,
                [
                    self.previous,
                    self.entered,
                    self.before,
                    self.entered_at,
                    self.ticket,
                ],
                self.token,
                self.started,
                self.retries,
                self.item,
                None if self.join is None else self.join.dump(),
                self.handles,
                self.map_run,
            ]
        ).decode()


def load_frame(id_: int, saved: str, frames: "dict[int, Frame]", root: "Workflow") -> Frame:
    """The frame back from its dump. Its parent must be among `frames` already: load in order of ids."""
    parent_id, index, name, text, status, variables, numbers, token, started, retries, item, join, handles, *later = (
        orjson.loads(saved)
    )
    parent = frames.get(parent_id)
    workflow = root if parent is None else parent.workflow.states[parent.name].child_workflow(index)
    frame = Frame(id_, parent_id, index, workflow, orjson.loads(text), text)
    frame.name = name
    frame.status = status
    frame.variables = parent.variables if variables is None and parent is not None else variables
    frame.previous, frame.entered, frame.before, frame.entered_at, frame.ticket = numbers[:5]
    frame.token = token
    frame.started = started
    frame.retries = retries
    frame.item = None if item is None else (item[0], item[1])
    frame.join = None if join is None else Join.load(join)
    frame.handles = handles
    frame.map_run = tuple(later[0]) if later and later[0] else None
    frame.stored = True
    return frame


class Execution:
    """One execution. Times in ms since the epoch; `key` is the service's own name for it, part of task tokens;
    `qualifiers`: ARNs of the version and alias that it was started by, as its first event tells them;
    `logging` and `mocks`: the service's own; no logging where nobody wants the events of an express execution."""

    __slots__ = (
        "_context",
        "arn",
        "express",
        "frames",
        "input_text",
        "input_value",
        "key",
        "last_event",
        "last_frame",
        "last_ticket",
        "logging",
        "machine_arn",
        "machine_name",
        "mocks",
        "name",
        "qualifiers",
        "redriven_at",
        "redrives",
        "role_arn",
        "started_at",
    )

    def __init__(
        self,
        arn: str,
        name: str,
        role_arn: str,
        machine_arn: str,
        machine_name: str,
        started_at: int,
        input_text: str,
        input_value: Any = UNREAD,
        *,
        key: str = "",
        express: bool = False,
    ) -> None:
        self.arn = arn
        self.name = name
        self.role_arn = role_arn
        self.machine_arn = machine_arn
        self.machine_name = machine_name
        self.started_at = started_at
        self.input_text = input_text
        self.input_value: Any = orjson.loads(input_text) if input_value is UNREAD else input_value
        self.key = key
        self.express = express
        self.qualifiers: dict[str, str] | None = None
        self.redrives = 0
        self.redriven_at: int | None = None
        self.logging: dict[str, Any] | None = None
        self.mocks: int | None = None
        self.last_event = 0
        self.last_frame = 0
        self.last_ticket = 0
        self.frames: dict[int, Frame] = {}
        self._context: dict[str, Any] | None = None

    @property
    def region(self) -> str:
        return self.arn.split(":", 4)[3]

    def counters(self) -> tuple[int, int, int]:
        return self.last_event, self.last_frame, self.last_ticket

    def begin_redrive(self, now: int) -> None:
        self.redrives += 1
        self.redriven_at = now
        self._context = None

    def context(self) -> dict[str, Any]:
        """The part of the context object that stays the same for the whole execution."""
        if self._context is None:
            self._context = {
                "Execution": {
                    "Id": self.arn,
                    "Input": self.input_value,
                    "StartTime": iso(self.started_at),
                    "Name": self.name,
                    "RoleArn": self.role_arn,
                    "RedriveCount": self.redrives,
                },
                "StateMachine": {"Id": self.machine_arn, "Name": self.machine_name},
            }
            if self.redriven_at is not None:
                self._context["Execution"]["RedriveTime"] = iso(self.redriven_at)
        return self._context


def context_object(execution: Execution, frame: Frame) -> dict[str, Any]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html"""
    state = frame.workflow.states[frame.name]
    entered: dict[str, Any] = {"Name": state.name, "EnteredTime": iso(frame.entered_at)}
    if state.retriable:
        entered["RetryCount"] = sum(frame.retries or ())
    context = {**execution.context(), "State": entered}
    if frame.token:
        context["Task"] = {"Token": frame.token}
    if frame.item is not None:
        index, value, *about = frame.item
        context["Map"] = {"Item": {"Index": index, "Value": value, **(about[0] if about else {})}}
    return context


def iso(milliseconds: int) -> str:
    """2026-03-14T01:59:00.123Z"""
    seconds, rest = divmod(milliseconds, 1000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.isoformat()[:19]}.{rest:03}Z"
