"""The pattern language at its plainest: every choice of leaves is tried. A reference, not a design."""

from __future__ import annotations

import fnmatch
import itertools
from typing import Any

Leaf = tuple[Any, dict[int, int]]


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    leaves = flatten(event)
    return any(_branch_matches(branch, leaves) for branch in branches(pattern))


def branches(
    pattern: dict[str, Any], path: str = "", so_far: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    found = so_far if so_far is not None else [{}]
    for name, value in pattern.items():
        full = f"{path}.{name}" if path else name
        if name == "$or":
            found = [
                branch for alternative in value for branch in branches(alternative, path, [dict(old) for old in found])
            ]
        elif isinstance(value, dict):
            found = branches(value, full, found)
        else:
            for branch in found:
                branch[full] = value
    return found


def flatten(event: Any) -> dict[str, list[Leaf]]:
    found: dict[str, list[Leaf]] = {}
    numbers = itertools.count()

    def walk(node: Any, path: str, membership: dict[int, int]) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                walk(value, f"{path}.{name}" if path else name, membership)
        elif isinstance(node, list):
            number = next(numbers)
            for index, member in enumerate(node):
                inside = {**membership, number: index} if isinstance(member, (dict, list)) else membership
                walk(member, path, inside)
        else:
            found.setdefault(path, []).append((node, membership))

    walk(event, "", {})
    return found


def _branch_matches(branch: dict[str, Any], leaves: dict[str, list[Leaf]]) -> bool:
    """A choice for each path, in order: one of its leaves, or (None) that there is none."""
    paths = sorted(branch)
    choices = [[*leaves.get(path, []), None] for path in paths]
    return any(_holds(branch, paths, choice, leaves) for choice in itertools.product(*choices))


def _holds(branch: dict[str, Any], paths: list[str], choice: Any, leaves: dict[str, list[Leaf]]) -> bool:
    taken: dict[int, int] = {}
    for path, chosen in zip(paths, choice, strict=True):
        if chosen is None:
            if {"exists": False} not in branch[path]:
                return False
            if any(_consistent(taken, membership) for _, membership in leaves.get(path, [])):
                return False
            continue
        value, membership = chosen
        if not _consistent(taken, membership) or not any(says(rule, value) for rule in branch[path]):
            return False
        taken |= membership
    return True


def _consistent(taken: dict[int, int], membership: dict[int, int]) -> bool:
    return all(taken.get(array, index) == index for array, index in membership.items())


def says(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        return _same(rule, value)
    ((operator, argument),) = rule.items()
    if operator == "exists":
        return bool(argument)
    if operator == "anything-but":
        if isinstance(argument, dict):
            ((nested, texts),) = argument.items()
            return not any(says({nested: text}, value) for text in _listed(texts))
        return not any(_same(other, value) for other in _listed(argument))
    if operator == "numeric":
        return _is_number(value) and _numeric(argument, value)
    if not isinstance(value, str):
        return False
    if isinstance(argument, dict):
        argument, value = argument["equals-ignore-case"].lower(), value.lower()
    if operator == "equals-ignore-case":
        return bool(argument.lower() == value.lower())
    if operator == "wildcard":
        return fnmatch.fnmatchcase(value, argument)
    return value.startswith(argument) if operator == "prefix" else value.endswith(argument)


def _numeric(argument: list[Any], value: float) -> bool:
    comparisons = zip(argument[::2], argument[1::2], strict=True)
    return all(
        {"<": value < bound, "<=": value <= bound, "=": value == bound, ">": value > bound, ">=": value >= bound}[sign]
        for sign, bound in comparisons
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    if _is_number(one) or _is_number(other):
        return _is_number(one) and _is_number(other) and one == other
    return type(one) is type(other) and one == other
