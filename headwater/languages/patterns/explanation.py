"""Why an event matches a pattern, or which field said no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from headwater.languages.patterns.branches import Branch, Leaves
from headwater.languages.patterns.fields import Field


@dataclass(frozen=True)
class Verdict:
    """What one predicate said. ``actual``: the leaves found at the path, [] where there is none."""

    path: str
    operator: str
    expected: Any
    actual: tuple[Any, ...]
    yes: bool


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


@dataclass(frozen=True)
class Explanation:
    """Every predicate's verdict on one event; several branches where the pattern has ``$or``."""

    matched: bool
    branches: tuple[BranchVerdict, ...]

    def reason(self) -> str:
        """Why not, in a sentence about the branch that came nearest; empty where it matched."""
        if self.matched:
            return ""
        nearest = min(self.branches, key=lambda branch: sum(not field.yes for field in branch.fields))
        refusals = [_sentence(field) for field in nearest.fields if not field.yes]
        return "; ".join(refusals) or "no single element of an array satisfies all fields"


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
    verdicts = tuple(
        Verdict(
            field.path,
            predicate.operator,
            predicate.expected,
            actual,
            not actual if predicate.absent else any(predicate.accepts(leaf) for leaf in actual),
        )
        for predicate in field.predicates
    )
    # Beside arrays, `exists: false` can hold of the element that matched though others have a leaf.
    return FieldVerdict(field.path, branch_matched or any(verdict.yes for verdict in verdicts), verdicts)


def _sentence(field: FieldVerdict) -> str:
    wanted = " or ".join(_wish(verdict) for verdict in field.predicates)
    actual = field.predicates[0].actual
    shown = ", ".join(map(repr, actual)) if actual else "not there"
    return f"{field.path} is {shown}, wanted {wanted}"


def _wish(verdict: Verdict) -> str:
    return repr(verdict.expected) if verdict.operator == "equals" else f"{verdict.operator} {verdict.expected!r}"
