"""What a statement is made of once it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any


@dataclass(frozen=True, slots=True)
class Name:
    """A key of the payload, or of the element that a nested query is looking at."""

    name: str


@dataclass(frozen=True, slots=True)
class Star:
    """The whole payload."""


@dataclass(frozen=True, slots=True)
class Member:
    base: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str  # in lower case
    arguments: tuple[Expression, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Cast:
    value: Expression
    type: str  # in lower case
    position: int


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str  # "NOT" or "-"
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Case:
    value: Expression
    branches: tuple[tuple[Expression, Expression], ...]
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectLiteral:
    items: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One of the things selected; `path` is where it goes in the result, empty for a plain `*`."""

    value: Expression
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """`SELECT items`, or `SELECT VALUE value` with a single item."""

    items: tuple[Item, ...]
    is_value: bool


@dataclass(frozen=True, slots=True)
class NestedQuery:
    selection: Selection
    source: Expression
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Query:
    selection: Selection
    topic_filter: str | None
    where: Expression | None
    where_text: str


Expression = (
    Literal | Name | Star | Member | Call | Cast | Unary | Binary | Case | ArrayLiteral | ObjectLiteral | NestedQuery
)


def paths(node: Any) -> Iterator[tuple[str, Expression]]:
    """The attributes that an expression looks at, as they are written; not those within nested queries."""
    if (path := _path(node)) is not None:
        yield path, node
    elif isinstance(node, tuple):
        for item in node:
            yield from paths(item)
    elif is_dataclass(node) and not isinstance(node, NestedQuery):
        for member in fields(node):
            yield from paths(getattr(node, member.name))


def _path(node: Any) -> str | None:
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member) and (base := _path(node.base)) is not None:
        return f"{base}.{node.name}"
    return None
