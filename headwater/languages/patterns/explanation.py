"""Why an event matches a pattern, or which field said no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.languages.patterns.branches import Branch, Leaves
from headwater.languages.patterns.fields import Field
from headwater.languages.patterns.predicates import Predicate
from headwater.languages.patterns.reasons import compared, refusal, sound, wish

_MOST_ACTUAL = 20


@dataclass(frozen=True)
class Verdict:
    """What one predicate said. ``actual``: the leaves found at the path, [] where there is none, and as they were
    ``compared``; ``why`` it said no, empty where it said yes. Words are found only when they are asked for: most
    explanations come down to one sentence."""

    path: str
    predicate: Predicate
    actual: tuple[Any, ...]
    yes: bool

    @property
    def operator(self) -> str:
        return self.predicate.operator

    @property
    def expected(self) -> Any:
        return self.predicate.expected

    @property
    def compared(self) -> tuple[str, ...]:
        return tuple(compared(leaf, self.predicate) for leaf in self.actual)

    @property
    def why(self) -> str:
        return "" if self.yes else refusal(self.predicate, self.actual)

    @property
    def wish(self) -> str:
        return wish(self.predicate)

    def shown(self) -> dict[str, Any]:
        """As JSON can hold it."""
        told = {
            "operator": self.operator,
            "expected": sound(self.expected),
            "actual": sound(self.actual[:_MOST_ACTUAL]),
            "compared": list(self.compared[:_MOST_ACTUAL]),
            "yes": self.yes,
        }
        return told if self.yes else told | {"why": self.why}


@dataclass(frozen=True)
class FieldVerdict:
    """A field says yes where one of its predicates does."""

    path: str
    yes: bool
    predicates: tuple[Verdict, ...]


@dataclass(frozen=True)
class BranchVerdict:
    """All fields must say yes, of one and the same element wherever there is an array of objects;
    ``scattered``: they do, but not of the same element."""

    yes: bool
    fields: tuple[FieldVerdict, ...]
    scattered: bool

    @property
    def failed(self) -> int:
        """How far it is from a match: the fields that said no, or one where they are only scattered."""
        return 0 if self.yes else sum(not field.yes for field in self.fields) or 1

    def shown(self) -> dict[str, Any]:
        fields = [
            {"path": field.path, "yes": field.yes, "predicates": [verdict.shown() for verdict in field.predicates]}
            for field in self.fields
        ]
        return {"yes": self.yes, "scattered": self.scattered, "failed": self.failed, "fields": fields}


@dataclass(frozen=True)
class Explanation:
    """Every predicate's verdict on one event; several branches where the pattern has ``$or``."""

    matched: bool
    branches: tuple[BranchVerdict, ...]

    @property
    def failed(self) -> int:
        """Of the branch that came nearest, how many fields said no."""
        return 0 if self.matched else min(branch.failed for branch in self.branches)

    def reason(self) -> str:
        """Why not, in a sentence about the branch that came nearest; empty where it matched."""
        if self.matched:
            return ""
        nearest = min(self.branches, key=lambda branch: branch.failed)
        refusals = [_sentence(field) for field in nearest.fields if not field.yes]
        return "; ".join(refusals) or "no single element of an array satisfies all fields"

    def shown(self) -> dict[str, Any]:
        """As JSON can hold it, the nearest branch first."""
        branches = sorted(self.branches, key=lambda branch: branch.failed)
        return {
            "matched": self.matched,
            "failed": self.failed,
            "reason": self.reason(),
            "branches": [branch.shown() for branch in branches],
        }


def explain_branches(branches: tuple[Branch, ...], event: Any) -> Explanation:
    verdicts = tuple(_explain_branch(branch, event) for branch in branches)
    return Explanation(any(verdict.yes for verdict in verdicts), verdicts)


def _explain_branch(branch: Branch, event: Any) -> BranchVerdict:
    yes = branch.matches(event)
    leaves = branch.leaves(event)
    fields = tuple(_explain_field(field, leaves, yes) for field in branch.fields)
    return BranchVerdict(yes, fields, not yes and all(field.yes for field in fields))


def _explain_field(field: Field, leaves: Leaves, branch_matched: bool) -> FieldVerdict:
    actual = tuple(leaf for leaf, _ in leaves.get(field.path, ()))
    verdicts = tuple(_verdict(field.path, predicate, actual) for predicate in field.predicates)
    # Beside arrays, `exists: false` can hold of the element that matched though others have a leaf.
    return FieldVerdict(field.path, branch_matched or any(verdict.yes for verdict in verdicts), verdicts)


def _verdict(path: str, predicate: Predicate, actual: tuple[Any, ...]) -> Verdict:
    yes = not actual if predicate.absent else any(predicate.accepts(leaf) for leaf in actual)
    return Verdict(path, predicate, actual, yes)


def _sentence(field: FieldVerdict) -> str:
    wanted = " or ".join(verdict.wish for verdict in field.predicates)
    first = field.predicates[0]
    if len(field.predicates) == 1 and first.actual and not (why := first.why).endswith(f"not {wanted}"):
        return f"{field.path}: {why}"
    shown = " nor ".join(dict.fromkeys(first.compared)) if first.actual else "not there"
    return f"{field.path} is {shown}, wanted {wanted}"
