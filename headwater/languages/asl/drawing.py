"""The graph of a definition in layers: boxes of states, the lines between them, Parallel and Map as groups."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from headwater.languages.layers import Point, Size, arrange

_ROW, _NARROWEST, _WIDEST = 40.0, 150.0, 280.0
_CHARACTER, _PADDING = 7.4, 28.0
_HEAD, _EDGE, _GAP, _MARGIN = 26.0, 14.0, 18.0, 16.0

Document = Mapping[str, Any]


class Box(NamedTuple):
    """A state, or a branch within a Parallel (``kind`` Branch, without a name). The place is its upper left corner."""

    name: str
    kind: str
    group: bool
    x: float
    y: float
    width: float
    height: float


class Line(NamedTuple):
    """``kind``: next, choice, default or catch."""

    source: str
    target: str
    kind: str
    points: list[Point]

    def path(self) -> str:
        """As an SVG path: down from point to point, each bend soft; lines that lead back have corners."""
        (x, y), *rest = self.points
        parts = [f"M{x:.1f} {y:.1f}"]
        back = rest[-1][1] <= y
        for right, down in rest:
            half = (y + down) / 2
            if back or abs(right - x) < 1:
                parts.append(f"L{right:.1f} {down:.1f}")
            else:
                parts.append(f"C{x:.1f} {half:.1f} {right:.1f} {half:.1f} {right:.1f} {down:.1f}")
            x, y = right, down
        return "".join(parts)


class Drawing(NamedTuple):
    width: float
    height: float
    boxes: list[Box]
    lines: list[Line]

    def moved(self, x: float, y: float) -> "Drawing":
        boxes = [box._replace(x=box.x + x, y=box.y + y) for box in self.boxes]
        lines = [line._replace(points=[(x + right, y + down) for right, down in line.points]) for line in self.lines]
        return Drawing(self.width, self.height, boxes, lines)

    def shown(self) -> dict[str, Any]:
        """As JSON, in tenths of pixels."""
        boxes = [box._replace(**{name: round(getattr(box, name), 1) for name in _MEASURES}) for box in self.boxes]
        return {
            "width": round(self.width, 1),
            "height": round(self.height, 1),
            "boxes": [box._asdict() for box in boxes],
            "lines": [
                {"source": line.source, "target": line.target, "kind": line.kind, "path": line.path()}
                for line in self.lines
            ],
        }


_MEASURES = ("x", "y", "width", "height")


def draw(definition: Document) -> Drawing:
    """``definition``: a machine that was found valid."""
    inner = _workflow(definition)
    return Drawing(inner.width + 2 * _MARGIN, inner.height + 2 * _MARGIN, *inner.moved(_MARGIN, _MARGIN)[2:])


def _workflow(workflow: Document) -> Drawing:
    states: Document = workflow["States"]
    first = workflow["StartAt"]
    names = [first, *(name for name in states if name != first)]
    groups = {name: group for name in names if (group := _group(name, states[name])) is not None}
    sizes = {name: (groups[name].width, groups[name].height) if name in groups else _size(name) for name in names}
    edges = [(name, target, kind) for name in names for target, kind in _targets(states[name])]
    plan = arrange(sizes, [(source, target) for source, target, _ in edges])
    boxes: list[Box] = []
    lines = [Line(*edge, route) for edge, route in zip(edges, plan.routes, strict=True)]
    for name in names:
        (x, y), (width, height) = plan.at[name], sizes[name]
        left, top = x - width / 2, y - height / 2
        boxes.append(Box(name, states[name]["Type"], name in groups, left, top, width, height))
        if name in groups:
            within = groups[name].moved(left, top)
            boxes += within.boxes
            lines += within.lines
    return Drawing(plan.width, plan.height, boxes, lines)


def _group(name: str, state: Document) -> Drawing | None:
    """What is within a Parallel or Map, side by side; None for a state without."""
    if branches := state.get("Branches", ()):
        inner = [_framed(_workflow(branch)) for branch in branches]
    elif processor := state.get("ItemProcessor") or state.get("Iterator"):
        inner = [_workflow(processor)]
    else:
        return None
    boxes: list[Box] = []
    lines: list[Line] = []
    width = sum(each.width for each in inner) + _GAP * (len(inner) - 1) + 2 * _EDGE
    total = max(width, _size(name)[0] + 40)
    left = _EDGE + (total - width) / 2
    for each in inner:
        moved = each.moved(left, _HEAD)
        boxes += moved.boxes
        lines += moved.lines
        left += each.width + _GAP
    return Drawing(total, max(each.height for each in inner) + _HEAD + _EDGE, boxes, lines)


def _framed(branch: Drawing) -> Drawing:
    width, height = branch.width + 2 * _EDGE, branch.height + 2 * _EDGE
    moved = branch.moved(_EDGE, _EDGE)
    return Drawing(width, height, [Box("", "Branch", True, 0, 0, width, height), *moved.boxes], moved.lines)


def _size(name: str) -> Size:
    return min(_WIDEST, max(_NARROWEST, len(name) * _CHARACTER + _PADDING)), _ROW


def _targets(state: Document) -> Iterator[tuple[str, str]]:
    if "Next" in state:
        yield state["Next"], "next"
    for rule in state.get("Choices", ()):
        yield rule["Next"], "choice"
    if "Default" in state:
        yield state["Default"], "default"
    for catcher in state.get("Catch", ()):
        yield catcher["Next"], "catch"
