"""The trees of DynamoDB's expressions. Source: Expression reference (Developer Guide, Expressions.*.html)."""

from typing import NamedTuple, TypeAlias

Parts: TypeAlias = tuple[str | int, ...]


class Path(NamedTuple):
    """A document path: attribute names and list indexes. Until resolved, a part may be a ``#placeholder``."""

    parts: Parts


class Value(NamedTuple):
    """A value given with the request, by its ``:placeholder``."""

    name: str


class Call(NamedTuple):
    function: str
    arguments: "tuple[Operand, ...]"


class Arithmetic(NamedTuple):
    operator: str
    left: "Operand"
    right: "Operand"


class Comparison(NamedTuple):
    operator: str
    left: "Operand"
    right: "Operand"


class Between(NamedTuple):
    operand: "Operand"
    lower: "Operand"
    upper: "Operand"


class In(NamedTuple):
    operand: "Operand"
    options: "tuple[Operand, ...]"


class Not(NamedTuple):
    condition: "Condition"


class And(NamedTuple):
    left: "Condition"
    right: "Condition"


class Or(NamedTuple):
    left: "Condition"
    right: "Condition"


class Action(NamedTuple):
    """One clause of an update expression: section SET, REMOVE, ADD or DELETE; REMOVE has no operand."""

    section: str
    path: Path
    operand: "Operand | None"


Operand: TypeAlias = Path | Value | Call | Arithmetic
Condition: TypeAlias = Comparison | Between | In | Call | Not | And | Or


def path_text(parts: Parts) -> str:
    """A path as AWS's messages show it: ``[a, [0], b]``."""
    return f"[{', '.join([f'[{part}]' if isinstance(part, int) else part for part in parts])}]"
