"""Random state machines, small and finite: every workflow is a chain, with catchers jumping forward; each state speaks
JSONPath or JSONata. And small changes to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

# Everything fails alike: which of two branches fails first is not for a test to say.
ERROR, CAUSE = "Alpha", "because"
RESOURCE = "arn:aws:lambda:us-east-1:111111111111:function:f"
_DEPTH = 2
# No null: what reads it by a path fails for good, whatever its siblings do.
_values = st.sampled_from(["", 1, "text", [1, 2], [], {"k": 1}])
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
    if draw(st.integers(0, 2)) == 0:
        return _jsonata_state(draw, kind, fresh, depth, following)
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
        name = _variable(depth)
        state["Assign"] = draw(st.sampled_from([{f"{name}.$": "$"}, {name: "set"}]))
    return state


def _variable(depth: int) -> str:
    """What a state assigns: an inner scope can have no variable of an outer one's name. All read the outermost, `v`."""
    return "v" if depth == _DEPTH else f"v{depth}"


# What JSONata states compute; `asl_reference` knows what each means.
GIVEN = ["{% $states.input %}", "{% $v %}", "{% $type($states.input) %}", "{% [$v, $states.input] %}", "plain"]
RESULTED = ["{% $states.result %}", "{% $type($states.result) %}"]
CONDITIONS = ["{% $type($states.input) = 'array' %}", "{% $type($v) = 'array' %}"]


def _templates(expressions: list[str]) -> st.SearchStrategy[Any]:
    one = st.sampled_from(expressions)
    return st.one_of(one, st.fixed_dictionaries({"one": one, "fixed": st.just(1)}), st.lists(one, max_size=2))


def _jsonata_state(draw: Draw, kind: str, fresh: Callable[[], str], depth: int, following: list[str]) -> dict[str, Any]:
    state: dict[str, Any] = {"Type": kind, "QueryLanguage": "JSONata"}
    if kind == "Fail":
        return {**state, "Error": f"{{% '{ERROR[:2]}' & '{ERROR[2:]}' %}}", "Cause": CAUSE}
    if kind == "Choice":
        rule = {"Condition": draw(st.sampled_from(CONDITIONS)), "Next": following[-1]}
        return {**state, "Choices": [rule], "Default": following[0]}
    resulting = kind in ("Task", "Parallel", "Map")
    expressions = GIVEN + RESULTED if resulting else GIVEN
    if kind == "Wait":
        state["Seconds"] = draw(st.sampled_from([0, "{% 1 + 1 %}"]))
    elif resulting:
        state |= _jsonata_body(draw, kind, fresh, depth)
        state |= _recovery(draw, following, jsonata=True)
    if draw(st.booleans()):
        state["Output"] = draw(_templates(expressions))
    if kind != "Succeed":
        state |= {"Next": following[0]} if following else {"End": True}
        if draw(st.booleans()):
            state["Assign"] = {_variable(depth): draw(_templates(expressions))}
    return state


def _jsonata_body(draw: Draw, kind: str, fresh: Callable[[], str], depth: int) -> dict[str, Any]:
    if kind == "Task":
        return {"Resource": RESOURCE, "Arguments": draw(_templates(GIVEN))}
    if kind == "Parallel":
        branches = [_workflow(draw, fresh, depth - 1) for _ in range(draw(st.integers(1, 2)))]
        return {"Branches": branches, **draw(st.sampled_from([{}, {"Arguments": {"a": "{% $v %}"}}]))}
    items = "{% $states.context.Execution.Input.items %}"
    return {"Items": items, "ItemProcessor": _workflow(draw, fresh, depth - 1)}


def _body(draw: Draw, kind: str, fresh: Callable[[], str], depth: int) -> dict[str, Any]:
    if kind == "Pass":
        shape = draw(st.sampled_from(["", "Result", "Parameters"]))
        if shape == "Result":
            return {"Result": draw(_values)}
        return {"Parameters": {"one": 1, "input.$": "$", "was.$": "$v"}} if shape else {}
    if kind == "Task":
        return {"Resource": RESOURCE}
    if kind == "Wait":
        return {"Seconds": draw(st.integers(0, 2))}
    if kind == "Parallel":
        return {"Branches": [_workflow(draw, fresh, depth - 1) for _ in range(draw(st.integers(1, 3)))]}
    processor = _workflow(draw, fresh, depth - 1)
    items = "$$.Execution.Input.items"
    return {"ItemsPath": items, "ItemProcessor": processor, "MaxConcurrency": draw(st.integers(0, 2))}


def _recovery(draw: Draw, following: list[str], *, jsonata: bool = False) -> dict[str, Any]:
    recovery: dict[str, Any] = {}
    names = st.sampled_from([["Alpha"], ["Beta"], ["States.ALL"]])
    if draw(st.booleans()):
        recovery["Retry"] = [{"ErrorEquals": draw(names), "MaxAttempts": draw(st.integers(0, 2))}]
    if following and draw(st.booleans()):
        catcher = {"ErrorEquals": draw(names), "Next": following[-1]}
        more = {"Output": "{% $states.errorOutput.Error %}"} if jsonata else {"ResultPath": None}
        recovery["Catch"] = [catcher | draw(st.sampled_from([{}, more]))]
    return recovery


def workflows(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A definition and all within."""
    yield definition
    for state in definition["States"].values():
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from workflows(inner)


@st.composite
def changed(draw: Draw, definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with one thing changed in one state: a rule, where it goes on, what it makes."""
    copy: dict[str, Any] = json.loads(json.dumps(definition))
    workflow = draw(st.sampled_from(list(workflows(copy))))
    name = draw(st.sampled_from(list(workflow["States"])))
    state = workflow["States"][name]
    names = list(workflow["States"])
    later = names[names.index(name) + 1 :]
    ways = [way for way in _CHANGES if way in state or (way == "Choices" and "Choices" in state)]
    way = draw(st.sampled_from(ways or ["Comment"]))
    if way == "Choices":
        rule = state["Choices"][0]
        if "Condition" in rule:
            rule["Condition"] = rule["Condition"].replace(" = ", " != ")
        else:
            rule["IsPresent"] = not rule["IsPresent"]
    elif way in ("Next", "End"):
        state.pop(way)
        state |= {"Next": draw(st.sampled_from(later))} if later and draw(st.booleans()) else {"End": True}
    elif way == "Assign":
        state[way] = dict.fromkeys((name.removesuffix(".$") for name in state[way]), "changed")
    else:
        state[way] = "changed"
    return copy


_CHANGES = ("Choices", "Next", "End", "Result", "Output", "Arguments", "Assign")
