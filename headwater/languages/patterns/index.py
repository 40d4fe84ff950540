"""Many patterns at once, at a cost that does not grow with those that do not match.

Each branch is filed under one of its fields that asks for exact values or prefixes: the one whose
drawers are emptiest when it is filed. An event opens only the drawers that its own values name; what
lies there is matched in full. Branches without such a field are matched against every event.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from headwater.languages.patterns.branches import Branch
from headwater.languages.patterns.fields import MISSING, TANGLED, Field
from headwater.languages.patterns.pattern import Pattern

KeyT = TypeVar("KeyT", bound=Hashable)
# The branches in it, by their pattern's key and their number within the pattern.
Drawer = dict[tuple[KeyT, int], Branch]


class Term(NamedTuple):
    """What labels a drawer: an exact value or a prefix."""

    is_prefix: bool
    value: Any


class PatternIndex(Generic[KeyT]):
    """Patterns by key; ``match`` gives the keys whose patterns match, those added first coming first."""

    def __init__(self) -> None:
        self._numbers: dict[KeyT, int] = {}
        self._places: dict[KeyT, list[tuple[int, str, Term]]] = {}
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
        places = self._places[key] = []
        for number, branch in enumerate(pattern.branches):
            best = self._best(branch)
            if best is None:
                self._rest[key, number] = branch
                continue
            field, terms = best
            cabinet = self._cabinets.setdefault(field.path, _Cabinet(field))
            for term in dict.fromkeys(terms):  # a pattern may name a value twice
                cabinet.file(term, key, number, branch)
                places.append((number, field.path, term))

    def discard(self, key: KeyT) -> None:
        """Take a key's pattern out, where it has one."""
        if self._numbers.pop(key, None) is None:
            return
        for number, path, term in self._places.pop(key):
            cabinet = self._cabinets[path]
            cabinet.take_out(term, key, number)
            if not cabinet.exact and not cabinet.prefixes:
                del self._cabinets[path]
        for entry in [entry for entry in self._rest if entry[0] == key]:
            del self._rest[entry]

    def match(self, event: Mapping[str, Any]) -> list[KeyT]:
        found: set[KeyT] = set()
        for drawer in self._open(event):
            for (key, _), branch in drawer.items():
                if key not in found and branch.matches(event):
                    found.add(key)
        if len(found) < 2:
            return list(found)
        return sorted(found, key=self._numbers.__getitem__)

    def _open(self, event: Mapping[str, Any]) -> list[Drawer[KeyT]]:
        """The drawers in which patterns that match may lie."""
        opened = [self._rest] if self._rest else []
        for cabinet in self._cabinets.values():
            leaf = cabinet.field.look_up(event)
            if type(leaf) is str:
                cabinet.open(leaf, opened)
            elif leaf is TANGLED:
                for found, _ in cabinet.branch.leaves(event).get(cabinet.field.path, ()):
                    cabinet.open(found, opened)
            elif type(leaf) is list:
                for found in leaf:
                    cabinet.open(found, opened)
            elif leaf is not MISSING:
                cabinet.open(leaf, opened)
        return opened

    def _best(self, branch: Branch) -> tuple[Field, list[Term]] | None:
        """The field under which to file a branch, with a drawer for each value that it asks for."""
        candidates = [(field, terms) for field in branch.fields if (terms := _terms(field)) is not None]
        return min(candidates, key=lambda candidate: self._crowd(*candidate), default=None)

    def _crowd(self, field: Field, terms: list[Term]) -> int:
        """How many branches would share the drawers; a cabinet of its own has its price too."""
        cabinet = self._cabinets.get(field.path)
        return _PRICE_OF_A_CABINET if cabinet is None else sum(map(cabinet.count, terms))


# Each cabinet is asked of every event: one more is worth it only where drawers are fuller than this.
_PRICE_OF_A_CABINET = 3


class _Cabinet(Generic[KeyT]):
    """Drawers by the exact values and the prefixes of one field; the prefixes on shelves by their length."""

    __slots__ = ("branch", "exact", "field", "prefixes")

    def __init__(self, field: Field) -> None:
        self.field = field
        self.branch = Branch({field.path: field.predicates})
        self.exact: dict[Any, Drawer[KeyT]] = {}
        self.prefixes: dict[int, dict[str, Drawer[KeyT]]] = {}

    def file(self, term: Term, key: KeyT, number: int, branch: Branch) -> None:
        shelf = self.prefixes.setdefault(len(term.value), {}) if term.is_prefix else self.exact
        shelf.setdefault(term.value, {})[key, number] = branch

    def take_out(self, term: Term, key: KeyT, number: int) -> None:
        """What is emptied goes."""
        shelf = self.prefixes.get(len(term.value), {}) if term.is_prefix else self.exact
        drawer = shelf.get(term.value, {})
        drawer.pop((key, number), None)
        if not drawer:
            shelf.pop(term.value, None)
        if term.is_prefix and not shelf:
            self.prefixes.pop(len(term.value), None)

    def count(self, term: Term) -> int:
        shelf = self.prefixes.get(len(term.value), {}) if term.is_prefix else self.exact
        return len(shelf.get(term.value, ()))

    def open(self, leaf: Any, opened: list[Drawer[KeyT]]) -> None:
        """Add the drawers that a leaf names."""
        drawer = self.exact.get(leaf)
        if drawer is not None:
            opened.append(drawer)
        if self.prefixes and type(leaf) is str:
            for length, shelf in self.prefixes.items():
                if (drawer := shelf.get(leaf[:length])) is not None:
                    opened.append(drawer)


def _terms(field: Field) -> list[Term] | None:
    """The exact values and prefixes that the field asks for, None where it asks for anything else.

    ``True == 1`` puts both into one drawer; matching in full tells them apart.
    """
    terms: list[Term] = []
    for predicate in field.predicates:
        if predicate.operator == "equals" and not predicate.tests:
            terms.append(Term(False, predicate.expected))
        elif predicate.operator == "prefix" and isinstance(predicate.expected, str):
            terms.append(Term(True, predicate.expected))
        else:
            return None
    return terms
