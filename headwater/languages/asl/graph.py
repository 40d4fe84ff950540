"""Transitions of a definition: every target exists, every state can be reached, the workflow can end.

Locations and order as AWS gives them: missing targets, then unreachable states, then a missing end, per container.
"""

from collections.abc import Iterator
from typing import Any

from headwater.languages.asl.diagnostics import Diagnostics

Target = tuple[str, str]  # name of the state, location of the field that names it


def check_transitions(document: dict[str, Any], diagnostics: Diagnostics, location: str = "") -> None:
    """`document`: the machine, a branch or a processor. States there are known to be well-formed."""
    states: dict[str, Any] = document["States"]
    start = document["StartAt"]
    if start not in states:
        diagnostics.add("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {start}", f"{location}/StartAt")
    edges: dict[str, list[str]] = {}
    for name, state in states.items():
        edges[name] = []
        for target, where in _targets(state, f"{location}/States/{name}"):
            edges[name].append(target)
            if target not in states:
                diagnostics.add("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", where)
    reached = _reachable(start, edges)
    if not any(_ends(state) for state in states.values()):
        diagnostics.add("MISSING_END_STATE", "Workflow has no terminal state")
    else:
        for name in states:
            if name not in reached and start in states:
                diagnostics.add(
                    "MISSING_TRANSITION_TARGET",
                    f'State "{name}" is not reachable.',
                    f"{location}/States/{name}",
                )
    for name, state in states.items():
        for inner, where in inner_workflows(state, f"{location}/States/{name}"):
            check_transitions(inner, diagnostics, where)


def _targets(state: dict[str, Any], location: str) -> Iterator[Target]:
    if "Next" in state:
        yield state["Next"], f"{location}/Next"
    for position, rule in enumerate(state.get("Choices", ())):
        yield rule["Next"], f"{location}/Choices[{position}]/Next"
    if "Default" in state:
        yield state["Default"], f"{location}/Default"
    for position, catcher in enumerate(state.get("Catch", ())):
        yield catcher["Next"], f"{location}/Catch[{position}]/Next"


def _ends(state: dict[str, Any]) -> bool:
    return state["Type"] in ("Succeed", "Fail") or state.get("End") is True


def _reachable(start: str, edges: dict[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in edges:
            reached.add(name)
            waiting.extend(edges[name])
    return reached


def inner_workflows(state: dict[str, Any], location: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The branches or the processor of a state, with their locations."""
    for position, branch in enumerate(state.get("Branches", ())):
        yield branch, f"{location}/Branches[{position}]"
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field], f"{location}/{field}"
