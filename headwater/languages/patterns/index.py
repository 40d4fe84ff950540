"""Many patterns at once, at a cost that does not grow with those that do not match.

Each branch is filed under one of its fields that asks for exact values or prefixes: the one whose
drawers are emptiest when it is filed. An event opens only the drawers that its own values name; what
lies there is matched in full. Branches without such a field are matched against every event.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from headwater.languages.patterns.branches import Branch
from headwater.languages.patterns.fields import MISSING, TANGLED, Field
from headwater.languages.patterns.pattern import Pattern

KeyT = TypeVar("KeyT", bound=Hashable)
Drawer = dict[tuple[KeyT, int], Branch]


class PatternIndex(Generic[KeyT]):
    """Patterns by key; ``match`` gives the keys whose patterns match, those added first coming first."""

    def __init__(self) -> None:
        self._numbers: dict[KeyT, int] = {}
        self._filed: dict[KeyT, list[Drawer[KeyT]]] = {}
        self._cabinets: dict[str, _Cabinet[KeyT]] = {}
        self._rest: Drawer[KeyT] = {}
        self._added = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, key: KeyT, pattern: Pattern) -> None:
        """File a pattern; one that the key had before is replaced."""
        self.discard(key)
        self._added += 1
        self._numbers[key] = self._added
        filed = self._filed[key] = []
        for position, branch in enumerate(pattern.branches):
            for drawer in self._drawers(branch):
                drawer[(key, position)] = branch
                filed.append(drawer)

    def discard(self, key: KeyT) -> None:
        """Take a key's pattern out, where it has one."""
        self._numbers.pop(key, None)
        for drawer in self._filed.pop(key, ()):
            for entry in [entry for entry in drawer if entry[0] == key]:
                del drawer[entry]
        for path in [path for path, cabinet in self._cabinets.items() if cabinet.empty()]:
            del self._cabinets[path]

    def match(self, event: Mapping[str, Any]) -> list[KeyT]:
        found: set[KeyT] = set()
        for drawer in self._open(event):
            for (key, _), branch in drawer.items():
                if key not in found and branch.matches(event):
                    found.add(key)
        if len(found) < 2:
            return list(found)
        return sorted(found, key=self._numbers.__getitem__)

    def _open(self, event: Mapping[str, Any]) -> Iterator[Drawer[KeyT]]:
        """The drawers in which patterns that match may lie."""
        if self._rest:
            yield self._rest
        for cabinet in self._cabinets.values():
            leaf = cabinet.field.look_up(event)
            if type(leaf) is str:
                yield from cabinet.open(leaf)
            elif leaf is TANGLED:
                for found, _ in cabinet.branch.leaves(event).get(cabinet.field.path, ()):
                    yield from cabinet.open(found)
            elif type(leaf) is list:
                for found in leaf:
                    yield from cabinet.open(found)
            elif leaf is not MISSING:
                yield from cabinet.open(leaf)

    def _drawers(self, branch: Branch) -> list[Drawer[KeyT]]:
        """Where to file a branch: an entry for each value that its best field asks for."""
        candidates = [(field, terms) for field in branch.fields if (terms := _terms(field)) is not None]
        if not candidates:
            return [self._rest]
        field, terms = min(candidates, key=lambda candidate: self._crowd(*candidate))
        cabinet = self._cabinets.get(field.path)
        if cabinet is None:
            cabinet = self._cabinets[field.path] = _Cabinet(field)
        return [cabinet.drawer(term) for term in terms]

    def _crowd(self, field: Field, terms: list[tuple[bool, Any]]) -> int:
        """How many branches would share the drawers; a cabinet of its own has its price too."""
        cabinet = self._cabinets.get(field.path)
        return 3 if cabinet is None else sum(len(cabinet.drawer(term)) for term in terms)


class _Cabinet(Generic[KeyT]):
    """Drawers by the exact values and the prefixes of one field."""

    __slots__ = ("branch", "exact", "field", "prefixes")

    def __init__(self, field: Field) -> None:
        self.field = field
        self.branch = Branch({field.path: field.predicates})
        self.exact: dict[Any, Drawer[KeyT]] = {}
        self.prefixes: dict[int, dict[str, Drawer[KeyT]]] = {}

    def drawer(self, term: tuple[bool, Any]) -> Drawer[KeyT]:
        is_prefix, value = term
        shelf = self.prefixes.setdefault(len(value), {}) if is_prefix else self.exact
        return shelf.setdefault(value, {})

    def open(self, leaf: Any) -> Iterator[Drawer[KeyT]]:
        drawer = self.exact.get(leaf)
        if drawer:
            yield drawer
        if self.prefixes and type(leaf) is str:
            for length, shelf in self.prefixes.items():
                if drawer := shelf.get(leaf[:length]):
                    yield drawer

    def empty(self) -> bool:
        return not any(self.exact.values()) and not any(any(shelf.values()) for shelf in self.prefixes.values())


def _terms(field: Field) -> list[tuple[bool, Any]] | None:
    """The exact values (False, value) and prefixes (True, text) that the field asks for, if nothing else.

    ``True == 1`` puts both into one drawer; matching in full tells them apart.
    """
    terms: list[tuple[bool, Any]] = []
    for predicate in field.predicates:
        if predicate.operator == "equals" and not predicate.tests:
            terms.append((False, predicate.expected))
        elif predicate.operator == "prefix" and isinstance(predicate.expected, str):
            terms.append((True, predicate.expected))
        else:
            return None
    return terms
