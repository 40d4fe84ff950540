"""Children of a frame: Parallel branches and Map iterations. Making, stopping and forgetting them."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl.execution import ABORTED, DONE, FAILED, RUNNING, Frame
from headwater.languages.asl.machine import Workflow

if TYPE_CHECKING:
    from headwater.languages.asl.run import Run


def add_child(run: "Run", parent: Frame, id_: int, index: int, workflow: Workflow, value: Any, text: str) -> Frame:
    child = Frame(id_, parent.id, index, workflow, value, text)
    child.variables = parent.variables
    child.previous = parent.previous
    child.item = parent.item
    run.execution.frames[id_] = child
    run.changed.add(id_)
    return child


def unfinished_children(run: "Run", frame: Frame) -> list[Frame]:
    """The children that were started and have not come to a good end."""
    join = frame.join
    assert join is not None
    started = (run.execution.frames.get(id_) for id_ in range(join.first, join.first + join.total))
    return [child for child in started if child is not None and child.status != DONE]


def drop_children(run: "Run", frame: Frame) -> None:
    """Forget the children of a frame that joins them, and what they wait for."""
    join = frame.join
    if join is None:
        return
    for id_ in (*range(join.first, join.first + join.total), join.items):
        child = run.execution.frames.get(id_)
        if child is not None:
            drop_children(run, child)
            _drop(run, child)
    frame.join = None


def _drop(run: "Run", frame: Frame) -> None:
    run.release(frame)
    del run.execution.frames[frame.id]
    run.changed.discard(frame.id)
    if frame.stored:
        run.removed.add(frame.id)


def abort_siblings(run: "Run", parent: Frame, previous: int, failed: Frame | None = None) -> None:
    """Note the end of what is stopped where a branch or iteration has failed, or an iteration could not begin: as AWS
    was measured, all hangs on one event, `previous`, and an iteration's own end comes before its state's."""
    join = parent.join
    assert join is not None
    for id_ in range(join.first, join.first + join.total):
        child = run.execution.frames.get(id_)
        if child is not None and child is not failed and child.status not in (DONE, FAILED, ABORTED):
            _abort(run, child, previous)


def _abort(run: "Run", frame: Frame, previous: int) -> None:
    frame.previous = previous
    run.parent(frame)[1].note_child_aborted(run, frame)
    if frame.join is not None:
        abort_siblings(run, frame, previous)
    if frame.status != RUNNING:
        frame.workflow.states[frame.name].note_aborted(run, frame)
