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


def abort(run: "Run", frame: Frame) -> None:
    """Note the end of a frame that is stopped from outside, its children's first."""
    if frame.join is not None:
        _abort_children(run, frame, None)
    if frame.status != RUNNING:
        frame.workflow.states[frame.name].note_aborted(run, frame)
    if frame.parent:
        run.parent(frame)[1].note_child_aborted(run, frame)


def abort_siblings(run: "Run", parent: Frame, failed: Frame) -> None:
    """Another branch has failed: the rest are stopped."""
    _abort_children(run, parent, failed)


def _abort_children(run: "Run", parent: Frame, spared: Frame | None) -> None:
    join = parent.join
    assert join is not None
    for id_ in range(join.first, join.first + join.total):
        child = run.execution.frames.get(id_)
        if child is not None and child is not spared and child.status not in (DONE, FAILED, ABORTED):
            abort(run, child)
