"""Which resource waits for which, and in what order they can be made.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
"""

from __future__ import annotations

from collections.abc import Mapping

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.references import Kind, references
from headwater.languages.templates.template import Resource

Dependencies = Mapping[str, frozenset[str]]
"""For each logical id the logical ids that must exist before it."""


def dependencies(resources: Mapping[str, Resource], conditions: Mapping[str, bool]) -> Dependencies:
    """Explicit and implicit dependencies among the resources given (those whose condition holds)."""
    return {
        name: frozenset(
            [
                *resource.depends_on,
                *(
                    each.name
                    for each in references(resource.properties, conditions)
                    if each.kind in (Kind.REF, Kind.GET_ATT)
                ),
            ]
        )
        & resources.keys()
        for name, resource in resources.items()
    }


def layers(graph: Dependencies) -> list[tuple[str, ...]]:
    """Groups to be made one after the other; within a group all at once. Raises TemplateError on a circle."""
    remaining, ordered = dict(graph), []
    while remaining:
        ready = tuple(name for name, needs in remaining.items() if not needs & remaining.keys())
        if not ready:
            raise TemplateError(f"Circular dependency between resources: [{', '.join(sorted(circle(remaining)))}]")
        ordered.append(ready)
        for name in ready:
            del remaining[name]
    return ordered


def circle(graph: Dependencies) -> set[str]:
    """What remains once all that merely waits for a circle is taken away."""
    left = set(graph)
    while True:
        needed = {need for name in left for need in graph[name]} & left
        if needed == left:
            return left
        left = needed


def dependants(graph: Dependencies) -> dict[str, frozenset[str]]:
    """The graph turned round: who must be deleted before each."""
    return {name: frozenset(other for other, needs in graph.items() if name in needs) for name in graph}
