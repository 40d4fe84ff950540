"""A compiled state machine: workflows of states. Made by `parse`, never changed, shared by all its executions."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from headwater.languages.asl.errors import StateFailed
from headwater.languages.asl.flow import Flow, PathFlow
from headwater.languages.asl.retry import Catcher, Retrier

if TYPE_CHECKING:
    from headwater.languages.asl.commands import TaskInput
    from headwater.languages.asl.distributed_map_state import DistributedMapState
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


@dataclass(slots=True)
class Workflow:
    """A machine's states, a branch's or an item processor's. `start`: name of the first."""

    start: str
    states: dict[str, "State"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Machine:
    """`maps`: its distributed Map states by name; names are unique in the whole machine."""

    workflow: Workflow
    maps: dict[str, "DistributedMapState"] = field(default_factory=dict)
    timeout_seconds: int | None = None
    comment: str = ""

    def child(self, state: str) -> "Machine":
        """What the children of a distributed Map run."""
        return Machine(self.maps[state].processor, self.maps)


class State:
    """A compiled state. Each kind is a subclass in a file of its own."""

    kind: ClassVar[str]
    retriable: ClassVar[bool] = False

    def __init__(self, name: str, next_: str | None, flow: Flow) -> None:
        self.name = name
        self.next = next_
        self.flow: Any = flow
        self.jsonata = not isinstance(flow, PathFlow)
        self.entered_kind = f"{self.kind}StateEntered"
        self.exited_kind = f"{self.kind}StateExited"
        self.aborted_kind = f"{self.kind}StateAborted"
        # what a result that is too large is said to be of
        self.told_as = name
        self.retriers: tuple[Retrier, ...] = ()
        self.catchers: tuple[Catcher, ...] = ()

    def enter(self, run: "Run", frame: "Frame") -> bool:
        """Do the state's work. True: the frame has moved on to another state; False: it waits or has ended."""
        raise NotImplementedError

    def again(self, run: "Run", frame: "Frame") -> bool:
        """A retry: as `enter`, without its event."""
        return self.enter(run, frame)

    def revive(self, run: "Run", frame: "Frame") -> bool:
        """A redrive of the state."""
        return self.again(run, frame)

    def timer(self, run: "Run", frame: "Frame") -> bool:
        """The timer that the state waited for has fired."""
        raise NotImplementedError

    def task(self, run: "Run", frame: "Frame", event: "TaskInput") -> bool:
        """Something happened to the state's task."""
        raise NotImplementedError

    def child_ended(self, run: "Run", frame: "Frame", child: "Frame") -> bool:
        """A branch or iteration has reached its end; its output is child.text."""
        raise NotImplementedError

    def child_failed(self, run: "Run", frame: "Frame", child: "Frame", failed: StateFailed) -> bool:
        raise NotImplementedError

    def note_aborted(self, run: "Run", frame: "Frame") -> None:
        """The event that tells that the state was stopped from outside."""
        run.note_aside(frame, self.aborted_kind)

    def note_child_aborted(self, run: "Run", child: "Frame") -> None:
        """The event that tells of a child's abortion; only Map iterations have one."""

    def child_workflow(self, index: int) -> Workflow:
        raise NotImplementedError

    def note_failure(self, run: "Run", frame: "Frame") -> None:
        """The event that tells of the state's failure, once no retrier takes it. Most kinds have none."""

    def note_given_up(self, run: "Run", frame: "Frame") -> None:
        """The event of a state that its branch or iteration fails with. Only tasks have one."""

    def leave_joined(self, run: "Run", frame: "Frame", succeeded: int, result: Any, text: str) -> bool:
        """Leave with what came of branches, iterations or a map run. Nothing but a failure follows the event that tells
        that they have succeeded."""
        try:
            return self.leave(run, frame, result, text)
        except StateFailed:
            frame.previous = succeeded
            raise

    def leave(self, run: "Run", frame: "Frame", result: Any, text: str | None, *, has_result: bool = True) -> bool:
        output, output_text, assigned = self.flow.leave(run, frame, result, text, has_result=has_result)
        return run.exit(frame, self, output, output_text, assigned, self.next)
