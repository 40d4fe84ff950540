"""What goes in and out of the stepper: inputs wake a frame, commands ask the service to do something.

Both name the frame and its ticket. An input whose ticket is not the frame's present one is stale and changes nothing;
so is a command, where the frame went on or ended later in the same step.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple


class RunTask(NamedTuple):
    """Call a resource. `timeout`, `heartbeat` in seconds; `token` where the task waits for a callback; `prepared` is
    what the service made of the arguments."""

    frame: int
    ticket: int
    state: str
    resource: str
    arguments: Any
    timeout: int | None
    heartbeat: int | None
    token: str
    role_arn: str | None
    prepared: Any = None


class StartTimer(NamedTuple):
    """Come back with TimerFired at `at` (ms)."""

    frame: int
    ticket: int
    at: int


@dataclass(frozen=True, slots=True)
class GoOn:
    """The step's budget is used up; come back with GoneOn, so that one execution does not hold everything up."""


class Finish(NamedTuple):
    """The execution is over. `status`: SUCCEEDED, FAILED, ABORTED or TIMED_OUT."""

    status: str
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class StartMapRun(NamedTuple):
    """Run a child for each of `items`, or for each that the settings' reader finds; come back with MapRunEnded.

    `settings`: the evaluated fields of the state, JSON. With `redrive` it is the run of that ARN that goes on.
    """

    frame: int
    ticket: int
    state: str
    arn: str
    items: Any
    settings: dict[str, Any]
    redrive: bool = False


Command = RunTask | StartTimer | StartMapRun | GoOn | Finish


class TaskStarted(NamedTuple):
    frame: int
    ticket: int
    worker: str | None = None


class TaskSubmitted(NamedTuple):
    """The call came back with `output` (JSON text), but the task waits for a callback or a job's end."""

    frame: int
    ticket: int
    output: str


class TaskSucceeded(NamedTuple):
    frame: int
    ticket: int
    output: str


class TaskFailed(NamedTuple):
    """`calling`: it was the call itself that failed, before there could be anything to wait for."""

    frame: int
    ticket: int
    error: str | None
    cause: str | None
    calling: bool = False


class TaskTimedOut(NamedTuple):
    frame: int
    ticket: int
    heartbeat: bool = False
    cause: str | None = None


class MapRunEnded(NamedTuple):
    """A map run's result, as JSON text and as a value; without `output` it has failed. `left`: where that is all that
    is known (of a recording), the output that the state left behind, and what it assigned."""

    frame: int
    ticket: int
    output: str | None = None
    value: Any = None
    error: str | None = None
    cause: str | None = None
    left: tuple[str, dict[str, Any] | None] | None = None


class TimerFired(NamedTuple):
    frame: int
    ticket: int


@dataclass(frozen=True, slots=True)
class GoneOn:
    pass


class Stopped(NamedTuple):
    """StopExecution."""

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The machine's TimeoutSeconds (or an express workflow's five minutes) have passed."""


TaskInput = TaskStarted | TaskSubmitted | TaskSucceeded | TaskFailed | TaskTimedOut | MapRunEnded
Input = TaskInput | TimerFired | GoneOn | Stopped | TimedOut
