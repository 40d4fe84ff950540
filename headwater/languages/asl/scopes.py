"""Scopes of variables: the states of a machine, and of each branch and processor in it, have one of their own.

A variable is in a scope where any of its states assigns it, and then no inner scope may have one of that name.
https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#variable-scope
"""

from collections.abc import Iterator
from typing import Any

from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.graph import inner_workflows


def check_scopes(
    document: dict[str, Any], diagnostics: Diagnostics, location: str = "", outer: frozenset[str] = frozenset()
) -> None:
    """`document`: the machine, a branch or a processor, well-formed; `outer`: the variables of what is around it."""
    states = [(state, f"{location}/States/{name}") for name, state in document["States"].items()]
    assigned = [found for state, where in states for found in _assigned(state, where)]
    for name, where in assigned:
        if name in outer:
            message = f"The variable name '{name}' was already defined in a parent scope."
            diagnostics.add("DUPLICATE_VARIABLE_NAME", message, where)
    names = outer.union(name for name, _ in assigned)
    for state, where in states:
        for inner, place in inner_workflows(state, where):
            check_scopes(inner, diagnostics, place, names)


def _assigned(state: dict[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """The variables that a state assigns, with the field that does: of its own, of its rules and of its catchers."""
    holders = [(state, where)]
    for field in ("Choices", "Catch"):
        holders += [(holder, f"{where}/{field}[{at}]") for at, holder in enumerate(state.get(field, ()))]
    for holder, place in holders:
        for name in holder.get("Assign", {}):
            # no variable's name has a dot: this is how JSONPath says that the value is computed
            yield name.removesuffix(".$"), f"{place}/Assign/{name}"
