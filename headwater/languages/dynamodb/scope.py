"""What the compilers of one expression share: names resolved, values noted, checks that wait for the values.

A compiled form depends on the text and the names only, so that it can be kept; what depends on the values of a request
(are they there, are they of a type that the function takes) is left in ``checks`` for `Compiled.bind`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.reserved import RESERVED_WORDS
from headwater.languages.dynamodb.syntax import Parts, Path, Value
from headwater.languages.dynamodb.values import AttributeValue, Item, kind

Names: TypeAlias = Mapping[str, str]
Values: TypeAlias = Mapping[str, AttributeValue]
Reader: TypeAlias = Callable[[Item, Values], AttributeValue | None]
Check: TypeAlias = Callable[[Values], None]

MAX_PATH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """The part that all compiled expressions have; names and values are the placeholders used."""

    kind: str
    names: frozenset[str]
    values: frozenset[str]
    checks: tuple[Check, ...]
    paths: tuple[Parts, ...]

    def bind(self, values: Values) -> None:
        """Refuses values that are missing or of the wrong type, with AWS's message."""
        if not self.values <= values.keys():
            missing = min(self.values - values.keys())
            raise ValidationException(
                f"Invalid {self.kind}: An expression attribute value used in expression is not defined; "
                f"attribute value: {missing}"
            )
        for check in self.checks:
            try:
                check(values)
            except ValidationException as error:
                raise ValidationException(f"Invalid {self.kind}: {error}") from None


class Scope:
    """Collects what one expression refers to while it is compiled."""

    def __init__(self, names: Names) -> None:
        self.definitions = names
        self.names: set[str] = set()
        self.values: set[str] = set()
        self.checks: list[Check] = []
        self.paths: list[Parts] = []

    def path(self, path: Path) -> Parts:
        """The path with names in place of their placeholders."""
        parts = tuple([self._name(part) if isinstance(part, str) else part for part in path.parts])
        if len(parts) > MAX_PATH:
            raise ValidationException(f"The document path has too many nesting elements; nesting levels: {len(parts)}")
        self.paths.append(parts)
        return parts

    def value(self, value: Value) -> str:
        self.values.add(value.name)
        return value.name

    def require_kind(self, function: str, value: Value, allowed: Iterable[str]) -> None:
        """Refuses, once the values are known, one whose type the function does not take."""
        name, allowed = value.name, frozenset(allowed)

        def check(values: Values) -> None:
            if (actual := kind(values[name])) not in allowed:
                raise incorrect_operand(function, actual)

        self.checks.append(check)

    def _name(self, part: str) -> str:
        if part[0] != "#":
            return part
        if part not in self.definitions:
            raise ValidationException(
                f"An expression attribute name used in the document path is not defined; attribute name: {part}"
            )
        self.names.add(part)
        return self.definitions[part]


def refuse_reserved(paths: Iterable[Path]) -> None:
    for path in paths:
        for part in path.parts:
            if isinstance(part, str) and part.upper() in RESERVED_WORDS:
                raise ValidationException(f"Attribute name is a reserved keyword; reserved keyword: {part}")


def incorrect_operand(function: str, actual: str) -> ValidationException:
    return ValidationException(
        f"Incorrect operand type for operator or function; operator or function: {function}, operand type: {actual}"
    )


def wrong_count(function: str, count: int) -> ValidationException:
    return ValidationException(
        "Incorrect number of operands for operator or function; "
        f"operator or function: {function}, number of operands: {count}"
    )


def path_required(function: str) -> ValidationException:
    return ValidationException(f"Operator or function requires a document path; operator or function: {function}")


def path_reader(parts: Parts) -> Reader:
    """A function that finds what the path leads to in an item, or None."""
    head, rest = str(parts[0]), parts[1:]
    if not rest:
        return lambda item, values: item.get(head)

    def read(item: Item, values: Values) -> AttributeValue | None:
        value = item.get(head)
        for part in rest:
            if value is None:
                return None
            if isinstance(part, str):
                value = value["M"].get(part) if "M" in value else None
            else:
                members = value.get("L", ())
                value = members[part] if part < len(members) else None
        return value

    return read


def value_reader(name: str) -> Reader:
    return lambda item, values: values[name]
