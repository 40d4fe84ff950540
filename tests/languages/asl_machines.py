"""Random state machines, small and finite: every workflow is a chain, with catchers jumping forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

# Everything fails alike: which of two branches fails first is not for a test to say.
ERROR, CAUSE = "Alpha", "because"
_DEPTH = 2
_values = st.sampled_from([None, 1, "text", [1, 2], [], {"k": 1}])
Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def machines(draw: Draw) -> dict[str, Any]:
    counter = iter(range(1000))
    return _workflow(draw, lambda: f"S{next(counter)}", _DEPTH)


def _workflow(draw: Draw, fresh: Callable[[], str], depth: int) -> dict[str, Any]:
    names = [fresh() for _ in range(draw(st.integers(1, 4)))]
    states: dict[str, Any] = {}
    for position, name in enumerate(names):
        following = names[position + 1 :]
        states[name] = _state(draw, fresh, depth, following)
    return {"StartAt": names[0], "States": states}


def _state(draw: Draw, fresh: Callable[[], str], depth: int, following: list[str]) -> dict[str, Any]:
    kinds = ["Pass", "Pass", "Task", "Task", "Wait"]
    kinds += ["Choice"] if following else ["Succeed", "Fail"]
    kinds += ["Parallel", "Map"] if depth else []
    kind = draw(st.sampled_from(kinds))
    if kind == "Fail":
        return {"Type": "Fail", "Error": ERROR, "Cause": CAUSE}
    if kind == "Succeed":
        return {"Type": "Succeed"}
    if kind == "Choice":
        # "$[0]" is there in arrays that are not empty, of the values made here
        rule = {"Variable": "$[0]", "IsPresent": draw(st.booleans()), "Next": following[-1]}
        return {"Type": "Choice", "Choices": [rule], "Default": following[0]}
    state: dict[str, Any] = {"Type": kind, **_body(draw, kind, fresh, depth)}
    state |= {"Next": following[0]} if following else {"End": True}
    if kind in ("Task", "Parallel", "Map"):
        state |= _recovery(draw, following)
    if kind != "Wait":
        # a place that cannot be made is another error, so only where order is certain and nobody catches it
        certain = depth == _DEPTH and kind == "Pass"
        state["ResultPath"] = draw(st.sampled_from(["$", "$", None, *(["$.r"] if certain else [])]))
    if draw(st.booleans()):
        state["Assign"] = draw(st.sampled_from([{"v.$": "$"}, {"v": "set"}]))
    return state


def _body(draw: Draw, kind: str, fresh: Callable[[], str], depth: int) -> dict[str, Any]:
    if kind == "Pass":
        shape = draw(st.sampled_from(["", "Result", "Parameters"]))
        if shape == "Result":
            return {"Result": draw(_values)}
        return {"Parameters": {"one": 1, "input.$": "$", "was.$": "$v"}} if shape else {}
    if kind == "Task":
        return {"Resource": "arn:aws:lambda:us-east-1:111111111111:function:f"}
    if kind == "Wait":
        return {"Seconds": draw(st.integers(0, 2))}
    if kind == "Parallel":
        return {"Branches": [_workflow(draw, fresh, depth - 1) for _ in range(draw(st.integers(1, 3)))]}
    processor = _workflow(draw, fresh, depth - 1)
    items = "$$.Execution.Input.items"
    return {"ItemsPath": items, "ItemProcessor": processor, "MaxConcurrency": draw(st.integers(0, 2))}


def _recovery(draw: Draw, following: list[str]) -> dict[str, Any]:
    recovery: dict[str, Any] = {}
    names = st.sampled_from([["Alpha"], ["Beta"], ["States.ALL"]])
    if draw(st.booleans()):
        recovery["Retry"] = [{"ErrorEquals": draw(names), "MaxAttempts": draw(st.integers(0, 2))}]
    if following and draw(st.booleans()):
        catcher = {"ErrorEquals": draw(names), "Next": following[-1]}
        recovery["Catch"] = [catcher | draw(st.sampled_from([{}, {"ResultPath": None}]))]
    return recovery
