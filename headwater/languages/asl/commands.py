"""What goes in and out of the stepper: inputs wake a frame, commands ask the service to do something.

Both name the frame and its ticket. An input whose ticket is not the frame's present one is stale and changes nothing;
so is a command, where the frame went on or ended later in the same step.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RunTask:
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


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Come back with TimerFired at `at` (ms)."""

    frame: int
    ticket: int
    at: int


@dataclass(frozen=True, slots=True)
class GoOn:
    """The step's budget is used up; come back with GoneOn, so that one execution does not hold everything up."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The execution is over. `status`: SUCCEEDED, FAILED, ABORTED or TIMED_OUT."""

    status: str
    output: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class StartMapRun:
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


@dataclass(frozen=True, slots=True)
class TaskStarted:
    frame: int
    ticket: int
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSubmitted:
    """The call came back with `output` (JSON text), but the task waits for a callback or a job's end."""

    frame: int
    ticket: int
    output: str


@dataclass(frozen=True, slots=True)
class TaskSucceeded:
    frame: int
    ticket: int
    output: str


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """`calling`: it was the call itself that failed, before there could be anything to wait for."""

    frame: int
    ticket: int
    error: str | None
    cause: str | None
    calling: bool = False


@dataclass(frozen=True, slots=True)
class TaskTimedOut:
    frame: int
    ticket: int
    heartbeat: bool = False
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class MapRunEnded:
    """A map run's result, as JSON text and as a value; without `output` it has failed. `left`: where that is all that
    is known (of a recording), the output that the state left behind, and what it assigned."""

    frame: int
    ticket: int
    output: str | None = None
    value: Any = None
    error: str | None = None
    cause: str | None = None
    left: tuple[str, dict[str, Any] | None] | None = None


@dataclass(frozen=True, slots=True)
class TimerFired:
    frame: int
    ticket: int


@dataclass(frozen=True, slots=True)
class GoneOn:
    pass


@dataclass(frozen=True, slots=True)
class Stopped:
    """StopExecution."""

    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The machine's TimeoutSeconds (or an express workflow's five minutes) have passed."""


TaskInput = TaskStarted | TaskSubmitted | TaskSucceeded | TaskFailed | TaskTimedOut | MapRunEnded
Input = TaskInput | TimerFired | GoneOn | Stopped | TimedOut
