"""Layered drawings: nothing overlaps, every line leads from its node to its node; so do the graphs of machines."""

from __future__ import annotations

import json
from itertools import combinations, pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.languages.asl.drawing import Box, draw
from headwater.languages.asl.visits import by_state, visits
from headwater.languages.layers import arrange
from tests.languages.asl_machines import machines
from tests.languages.test_oracle_executions import CASES, is_free


@st.composite
def graphs(draw_: Any) -> tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]:
    names = [f"n{number}" for number in range(draw_(st.integers(1, 12)))]
    sizes = {name: draw_(st.tuples(st.floats(10, 300), st.floats(10, 200))) for name in names}
    edge = st.tuples(st.sampled_from(names), st.sampled_from(names))
    return sizes, draw_(st.lists(edge, max_size=20))


@settings(max_examples=60)
@given(graphs())
def test_nothing_overlaps(graph: tuple[dict[str, tuple[float, float]], list[tuple[str, str]]]) -> None:
    sizes, edges = graph
    plan = arrange(sizes, edges)
    for name, (x, y) in plan.at.items():
        width, height = sizes[name]
        assert x - width / 2 >= -0.01 and x + width / 2 <= plan.width + 0.01
        assert y - height / 2 >= -0.01 and y + height / 2 <= plan.height + 0.01
    for one, other in combinations(sizes, 2):
        beside = abs(plan.at[one][0] - plan.at[other][0]) >= (sizes[one][0] + sizes[other][0]) / 2
        below = abs(plan.at[one][1] - plan.at[other][1]) >= (sizes[one][1] + sizes[other][1]) / 2
        assert beside or below, (one, other)
    for (source, target), route in zip(edges, plan.routes, strict=True):
        assert abs(route[0][1] - plan.at[source][1] - sizes[source][1] / 2) < 0.01
        assert abs(route[-1][1] - plan.at[target][1] + sizes[target][1] / 2) < 0.01
        if source == target or route[-1][1] <= route[0][1]:
            assert len(route) == 6  # around at the right
            assert max(x for x, _ in route) > max(x + sizes[name][0] / 2 for name, (x, _) in plan.at.items())


def within(inner: Box, outer: Box) -> bool:
    return (
        outer.x <= inner.x and inner.x + inner.width <= outer.x + outer.width + 0.01
        and outer.y <= inner.y and inner.y + inner.height <= outer.y + outer.height + 0.01
    )  # fmt: skip


@settings(max_examples=30)
@given(machines())
def test_states_stand_within_their_groups(definition: dict[str, Any]) -> None:
    drawing = draw(definition)
    boxes = {box.name: box for box in drawing.boxes if box.name}

    def check(workflow: dict[str, Any], outer: Box | None) -> None:
        for name, state in workflow["States"].items():
            assert outer is None or within(boxes[name], outer)
            for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
                assert boxes[name].group
                check(inner, boxes[name])

    check(definition, None)
    assert drawing.width >= max(box.x + box.width for box in drawing.boxes)


def test_every_recorded_machine_is_drawn() -> None:
    for case in CASES:
        drawing = draw(case["definition"])
        names = {box.name for box in drawing.boxes if box.name}
        if not any(map(is_free, case["history"])):  # else its events have no ids
            assert by_state(visits(case["history"])).keys() <= names
        assert json.dumps(drawing.shown())


def test_a_long_machine_goes_down_in_one_column() -> None:
    states: dict[str, Any] = {f"S{at}": {"Type": "Pass", "Next": f"S{at + 1}"} for at in range(1000)}
    drawing = draw({"StartAt": "S0", "States": states | {"S1000": {"Type": "Succeed"}}})
    assert {box.x for box in drawing.boxes} == {drawing.boxes[0].x}
    assert all(above.y + above.height < below.y for above, below in pairwise(drawing.boxes))
