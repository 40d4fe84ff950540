"""Random machines, replayed: the same definition never leaves the path; a changed one leaves it where a naive
comparison of two real runs says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import event, given, reject, settings
from hypothesis import strategies as st

from headwater.languages.asl import InvalidDefinition, parse
from headwater.languages.asl.replay import replay
from headwater.languages.asl.visits import visits
from tests.languages.asl_machines import changed, machines
from tests.languages.asl_world import Ids, World, execution
from tests.languages.test_asl_properties import ITEMS, Script, begun

Events = list[dict[str, Any]]


@settings(max_examples=100)
@given(st.data(), machines(), ITEMS, st.integers(0, 10_000))
def test_replay_tells_what_a_run_would_show(
    data: st.DataObject, definition: dict[str, Any], items: list[Any], seed: int
) -> None:
    definition, machine = begun(definition)
    start = {"items": items}
    world = World(machine, start, Script(seed).answer, crash=True).run()
    recorded = world.events()
    assert replay(machine, execution(start), recorded, Ids(seed=3)).departure is None
    redriven = recorded
    for _ in range(2):
        if world.finish is not None and world.finish.status == "FAILED":
            redriven = world.redrive().events()
            assert replay(machine, execution(start), redriven, Ids(seed=3)).departure is None
    entered = [each for each in redriven if each["type"].endswith("StateEntered")]
    assert len(entered) == sum(1 for root in visits(redriven) for _ in root.walk())

    try:
        other = parse(json.dumps(data.draw(changed(definition))))
    except InvalidDefinition:
        reject()
    actual = World(other, start, Script(seed).answer).run().events()
    lost, besides = compared(recorded, actual)
    left = replay(other, execution(start), recorded, Ids(seed=3)).departure
    event("leaves" if left else "stays")
    if lost is not None:
        assert left is not None
        assert left.recorded == lost, left
    else:
        assert (left is not None) == besides
        assert left is None or left.recorded is None


def compared(recorded: Events, actual: Events) -> tuple[dict[str, Any] | None, bool]:
    """The first recorded event that has no counterpart in another run; whether that run has events besides.

    A counterpart says the same and follows the counterpart of what the event follows.
    """
    counterparts, used = {0: 0}, set()
    for each in recorded:
        for other in actual:
            follows = other["previousEventId"] == counterparts[each["previousEventId"]]
            if follows and other["id"] not in used and told(other) == told(each):
                counterparts[each["id"]] = other["id"]
                used.add(other["id"])
                break
        else:
            return each, False
    return None, len(used) < len(actual)


def told(event_: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event_.items() if key not in ("id", "previousEventId", "timestamp")}
