"""Parallel: branches side by side, each with the state's arguments; the result is the array of their outputs."""

from typing import TYPE_CHECKING

from headwater.languages.asl import execution as frames
from headwater.languages.asl.branches import abort_siblings, add_child
from headwater.languages.asl.errors import StateFailed
from headwater.languages.asl.execution import Join
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.joining import collect
from headwater.languages.asl.machine import State, Workflow
from headwater.languages.asl.queries import dump

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


class ParallelState(State):
    kind = "Parallel"
    retriable = True

    def __init__(self, name: str, next_: str | None, flow: Flow, branches: list[Workflow]) -> None:
        super().__init__(name, next_, flow)
        self.branches = branches

    def enter(self, run: "Run", frame: "Frame") -> bool:
        run.wake(frame)
        value = self.flow.arguments(run, frame)
        text = frame.text if value is frame.value else dump(value)
        run.note(frame, "ParallelStateStarted")
        first = run.execution.last_frame + 1
        run.execution.last_frame += len(self.branches)
        frame.join = Join(first, len(self.branches), len(self.branches))
        frame.join.started = len(self.branches)
        frame.status = frames.JOIN
        for index, branch in enumerate(self.branches):
            run.ready(add_child(run, frame, first + index, index, branch, value, text))
        return False

    def child_workflow(self, index: int) -> Workflow:
        return self.branches[index]

    def child_ended(self, run: "Run", frame: "Frame", child: "Frame") -> bool:
        join = frame.join
        assert join is not None
        join.pending -= 1
        run.changed.add(frame.id)
        if join.pending:
            return False
        result, text = collect(run, frame)
        frame.previous = child.previous
        run.wake(frame)
        succeeded = run.note_aside(frame, "ParallelStateSucceeded")
        return self.leave_joined(run, frame, succeeded, result, text)

    def child_failed(self, run: "Run", frame: "Frame", child: "Frame", failed: StateFailed) -> bool:
        abort_siblings(run, frame, child.previous, child)
        frame.previous = child.previous
        run.wake(frame)
        raise failed

    def note_failure(self, run: "Run", frame: "Frame") -> None:
        run.note(frame, "ParallelStateFailed")
