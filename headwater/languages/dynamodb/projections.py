"""Projection expressions to a function from an item to the part of it that the paths lead to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.parser import parse_projection
from headwater.languages.dynamodb.scope import Compiled, Names, Scope, refuse_reserved
from headwater.languages.dynamodb.syntax import Parts, path_text
from headwater.languages.dynamodb.values import AttributeValue, Item

Select: TypeAlias = Callable[[Item], Item]
# What of a value is wanted: all of it (None), or these members of the map or list.
Tree: TypeAlias = "dict[Any, Tree] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledProjection(Compiled):
    select: Select


def compile_projection(text: str, names: Names) -> CompiledProjection:
    try:
        paths = parse_projection(text)
        refuse_reserved(paths)
        scope = Scope(names)
        resolved = [scope.path(path) for path in paths]
        refuse_overlaps(resolved)
    except ValidationException as error:
        raise ValidationException(f"Invalid ProjectionExpression: {error}") from None
    return CompiledProjection(
        kind="ProjectionExpression",
        names=frozenset(scope.names),
        values=frozenset(),
        checks=(),
        paths=tuple(resolved),
        select=selection(resolved),
    )


def refuse_overlaps(paths: Iterable[Parts]) -> None:
    """No path may be, or lead into, what another one names; nor may two take one value for a map and for a list."""
    seen: list[Parts] = []
    conflict = None
    for path in paths:
        for other in seen:
            problem = _clash(other, path)
            if problem == "overlap":
                raise _two_paths("overlap", other, path)
            if problem and conflict is None:
                conflict = _two_paths("conflict", other, path)
        seen.append(path)
    if conflict is not None:
        raise conflict


def _clash(one: Parts, two: Parts) -> str | None:
    for first, second in zip(one, two, strict=False):
        if type(first) is not type(second):
            return "conflict"
        if first != second:
            return None
    return "overlap"


def _two_paths(problem: str, one: Parts, two: Parts) -> ValidationException:
    return ValidationException(
        f"Two document paths {problem} with each other; must remove or rewrite one of these paths; "
        f"path one: {path_text(one)}, path two: {path_text(two)}"
    )


def selection(paths: Iterable[Parts]) -> Select:
    """A function that copies an item down to what the paths (which do not overlap) lead to."""
    tree: dict[Any, Tree] = {}
    for path in paths:
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})  # type: ignore[assignment]  # no overlap: never None
        node[path[-1]] = None
    if all(wanted is None for wanted in tree.values()):
        heads = tuple(tree)
        return lambda item: {name: item[name] for name in heads if name in item}
    return lambda item: _members(item, tree)


def _members(members: dict[str, AttributeValue], tree: dict[Any, Tree]) -> dict[str, AttributeValue]:
    found = {}
    for name, wanted in tree.items():
        if name in members and (part := _part(members[name], wanted)) is not None:
            found[name] = part
    return found


def _part(value: AttributeValue, tree: Tree) -> AttributeValue | None:
    if tree is None:
        return value
    if "M" in value:
        found = _members(value["M"], tree)
        return {"M": found} if found else None
    if "L" in value:
        elements = value["L"]
        indexes = sorted([index for index in tree if isinstance(index, int) and index < len(elements)])
        parts = [part for index in indexes if (part := _part(elements[index], tree[index])) is not None]
        return {"L": parts} if parts else None
    return None
