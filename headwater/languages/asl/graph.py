"""Transitions of a definition: every target exists, every state is one, the workflow can end.

Locations and order as AWS gives them: missing targets, then a missing end, or else states that nothing leads to, per
container. AWS asks of the machine alone whether it can end, and has no more of a way to a state than that one names it.
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
    named = {start}
    for name, state in states.items():
        for target, where in _targets(state, f"{location}/States/{name}"):
            named.add(target)
            if target not in states:
                diagnostics.add("MISSING_TRANSITION_TARGET", f"Missing 'Next' target: {target}", where)
    if not location and not any(_ends(state) for state in states.values()):
        diagnostics.add("MISSING_END_STATE", "Workflow has no terminal state")
    else:
        for name in states:
            if name not in named:
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


def inner_workflows(state: dict[str, Any], location: str) -> Iterator[tuple[dict[str, Any], str]]:
    """The branches or the processor of a state, with their locations."""
    for position, branch in enumerate(state.get("Branches", ())):
        yield branch, f"{location}/Branches[{position}]"
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield state[field], f"{location}/{field}"
