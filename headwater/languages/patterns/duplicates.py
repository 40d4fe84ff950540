"""Which branches of ``$or`` AWS's matcher takes for one that it has already, and leaves out.

EventBridge's matcher puts all branches of a rule into one machine. A branch that shares a value at
each of its fields with a former one counts as added before: of ``{"$or": [{"a": [1, 2]}, {"a": [2, 3]}]}``
the second branch is dropped, and ``{"a": 3}`` does not match. This follows aws/event-ruler's
``GenericMachine.addStep`` state by state, so that what matches here matches there.
"""

from __future__ import annotations

from headwater.languages.patterns.predicates import Identity, Predicate

Fields = dict[str, tuple[Predicate, ...]]
Values = dict[str, list[Identity]]


class _State:
    """A state of the machine: where each value of each field leads, and which branches came by which value."""

    __slots__ = ("ending", "following", "passing")

    def __init__(self) -> None:
        self.following: dict[str, dict[Identity, _State]] = {}
        self.ending: dict[Identity, set[int]] = {}
        self.passing: dict[Identity, set[int]] = {}


def without_duplicates(branches: list[Fields]) -> list[Fields]:
    """The branches that the matcher keeps, in order."""
    if len(branches) == 1:
        return branches
    start, kept = _State(), []
    for number, fields in enumerate(branches):
        paths = sorted(fields)
        values = {path: [each for predicate in fields[path] for each in predicate.identities()] for path in paths}
        reached: list[list[_State]] = [[] for _ in paths]
        if _add(start, paths, 0, values, reached):
            continue
        kept.append(fields)
        for at, path in enumerate(paths):
            for state in reached[at]:
                came_by = state.ending if at + 1 == len(paths) else state.passing
                for value in values[path]:
                    came_by.setdefault(value, set()).add(number)
    return kept


def _add(state: _State, paths: list[str], at: int, values: Values, reached: list[list[_State]]) -> set[int]:
    """Add a field's values to a state, and the further fields to those that follow; the branches that
    seem to have been added before with the same values from here on."""
    wanted = values[paths[at]]
    following = _follow(state, paths[at], wanted)
    reached[at] += [each for each in following if each not in reached[at]]
    before: set[int] = set()
    if at + 1 == len(paths):
        for each in following:
            before = set().union(*(each.ending.get(value, ()) for value in wanted))
        return before
    here: set[int] = set()
    for each in following:
        before = _add(each, paths, at + 1, values, reached)
        if before:
            here = set().union(*(each.passing.get(value, ()) for value in wanted))
    return before & here


def _follow(state: _State, path: str, wanted: list[Identity]) -> list[_State]:
    """The states to which values lead; a new value leads where the one before it does."""
    known = state.following.setdefault(path, {})
    found: list[_State] = []
    for value in wanted:
        if value not in known:
            known[value] = found[-1] if found else _State()
        found.append(known[value])
    return list(dict.fromkeys(found))
