"""Recursive descent over the three grammars: conditions, updates, projections.

Parsers build trees and refuse only what is no sentence; what a sentence may not say is checked by the compilers.
"""

from collections.abc import Callable
from typing import TypeVar

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.lexer import Cursor
from headwater.languages.dynamodb.syntax import (
    Action,
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Condition,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
)

# Deeper nesting than anyone writes; keeps hostile input from exhausting the interpreter's stack.
MAX_DEPTH = 100

_T = TypeVar("_T")
_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_CONDITION_WORDS = ("BETWEEN", "IN", "AND", "OR", "NOT")
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")


def parse_condition(text: str) -> Condition:
    """The tree of a condition, filter or key condition expression."""
    return _ConditionParser(text).parse()


def parse_update(text: str) -> tuple[list[Action], str | None]:
    """The clauses of an update expression in order, and the first section that occurs twice."""
    return _UpdateParser(text).parse()


def parse_projection(text: str) -> list[Path]:
    return _ProjectionParser(text).parse()


class _Parser(Cursor):
    """What the grammars share: paths, values and calls."""

    keywords: tuple[str, ...] = ()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0

    def descend(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ValidationException("The expression is nested too deeply;")

    def path(self) -> Path:
        return self.path_from((self.attribute(),))

    def path_from(self, parts: tuple[str | int, ...]) -> Path:
        while True:
            if self.take("."):
                parts = (*parts, self.attribute())
            elif self.take("["):
                parts = (*parts, int(self.expect_kind("index").text))
                self.expect("]")
            else:
                return Path(parts)

    def attribute(self) -> str:
        if self.token.kind == "name":
            return self.advance().text
        if self.token.kind != "word" or self.at_word(*self.keywords):
            raise self.error()
        return self.advance().text

    def operand(self) -> Operand:
        if self.token.kind == "value":
            return Value(self.advance().text)
        if self.token.kind == "word" and not self.at_word(*self.keywords):
            following = self.tokens[self.position + 1]
            if following.kind == "symbol" and following.text == "(":
                return self.call()
        return self.path()

    def call(self) -> Call:
        function = self.advance().text
        self.descend()
        self.expect("(")
        arguments = [self.argument()]
        while self.take(","):
            arguments.append(self.argument())
        self.expect(")")
        self.depth -= 1
        return Call(function, tuple(arguments))

    def argument(self) -> Operand:
        raise NotImplementedError


class _ProjectionParser(_Parser):
    def parse(self) -> list[Path]:
        paths = [self.path()]
        while self.take(","):
            paths.append(self.path())
        self.expect_kind("end")
        return paths


class _ConditionParser(_Parser):
    keywords = _CONDITION_WORDS

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.groups: dict[int, int] = {}  # where a parenthesis opens: where it closes
        self.redundant = False

    def parse(self) -> Condition:
        condition = self.disjunction(bare=False)
        self.expect_kind("end")
        if self.redundant:
            raise ValidationException("The expression has redundant parentheses;")
        return condition  # type: ignore[return-value]  # without `bare` it is no mere operand

    def disjunction(self, bare: bool) -> Condition | Operand:
        """``bare``: inside parentheses, where a lone operand may stand, to be compared after they close."""
        left = self.conjunction(bare)
        while self.at_word("OR"):
            self.advance()
            left = Or(left, self.conjunction(bare=False))  # type: ignore[arg-type]
        return left

    def conjunction(self, bare: bool) -> Condition | Operand:
        left = self.negation(bare)
        while self.at_word("AND"):
            self.advance()
            left = And(left, self.negation(bare=False))  # type: ignore[arg-type]
        return left

    def negation(self, bare: bool) -> Condition | Operand:
        if not self.at_word("NOT"):
            return self.primary(bare)
        self.advance()
        self.descend()
        condition = Not(self.negation(bare=False))  # type: ignore[arg-type]
        self.depth -= 1
        return condition

    def primary(self, bare: bool) -> Condition | Operand:
        if not self.at("("):
            return self.relation(self.operand(), bare)
        inner = self.group(lambda: self.disjunction(bare=True))
        if isinstance(inner, Path):
            inner = self.path_from(inner.parts)
        if isinstance(inner, Path | Value | Call):
            return self.relation(inner, bare)
        return inner

    def relation(self, left: Operand, bare: bool) -> Condition | Operand:
        if self.token.kind == "symbol" and self.token.text in _COMPARATORS:
            return Comparison(self.advance().text, left, self.argument())
        if self.at_word("BETWEEN"):
            self.advance()
            lower = self.argument()
            if not self.at_word("AND"):
                raise self.error()
            self.advance()
            return Between(left, lower, self.argument())
        if self.at_word("IN"):
            self.advance()
            self.expect("(")
            options = [self.argument()]
            while self.take(","):
                options.append(self.argument())
            self.expect(")")
            return In(left, tuple(options))
        if isinstance(left, Call) or (bare and self.at(")")):
            return left
        raise self.error()

    def argument(self) -> Operand:
        if not self.at("("):
            return self.operand()
        inner: Operand = self.group(self.argument)
        return self.path_from(inner.parts) if isinstance(inner, Path) else inner

    def group(self, inside: Callable[[], _T]) -> _T:
        """What stands in parentheses; notes where a pair of them is all that another pair holds."""
        start = self.position
        self.descend()
        self.expect("(")
        inner = inside()
        self.expect(")")
        self.depth -= 1
        end = self.position - 1
        self.redundant |= self.groups.get(start + 1) == end - 1
        self.groups[start] = end
        return inner


class _UpdateParser(_Parser):
    keywords = _SECTIONS

    def parse(self) -> tuple[list[Action], str | None]:
        actions: list[Action] = []
        sections: list[str] = []
        repeated = None
        while self.token.kind != "end" or not sections:
            if not self.at_word(*_SECTIONS):
                raise self.error()
            section = self.advance().text.upper()
            if section in sections and repeated is None:
                repeated = section
            sections.append(section)
            actions.append(self.action(section))
            while self.take(","):
                actions.append(self.action(section))
        return actions, repeated

    def action(self, section: str) -> Action:
        path = self.path()
        if section == "REMOVE":
            return Action(section, path, None)
        if section == "SET":
            self.expect("=")
            return Action(section, path, self.assigned())
        return Action(section, path, Value(self.expect_kind("value").text))

    def assigned(self) -> Operand:
        if self.at("("):
            self.descend()
            self.advance()
            inner = self.assigned()
            self.expect(")")
            self.depth -= 1
            left = inner
            if isinstance(inner, Arithmetic):
                return inner
        else:
            left = self.operand()
        if self.at("+") or self.at("-"):
            return Arithmetic(self.advance().text, left, self.argument())
        return left

    def argument(self) -> Operand:
        if not self.at("("):
            return self.operand()
        self.descend()
        self.advance()
        inner = self.argument()
        self.expect(")")
        self.depth -= 1
        return inner
