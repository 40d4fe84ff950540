"""Gathering what the children of a Parallel or Map state leave."""

from typing import TYPE_CHECKING, Any

from headwater.languages.asl.branches import drop_children
from headwater.languages.asl.execution import DONE

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run


def collect(run: "Run", frame: "Frame") -> tuple[list[Any], str]:
    """The children's outputs in their order, as values and as JSON text (verbatim); then they are gone."""
    join = frame.join
    assert join is not None
    children = [run.execution.frames[id_] for id_ in range(join.first, join.first + join.total)]
    ended = [child for child in children if child.status == DONE]
    drop_children(run, frame)
    return [child.value for child in ended], "[" + ",".join(child.text for child in ended) + "]"
