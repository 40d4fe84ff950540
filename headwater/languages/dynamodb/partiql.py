"""PartiQL as DynamoDB speaks it: a statement's text and parameters to what it asks for.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Attribute = dict[str, Any]
"""A value as DynamoDB's API has it: ``{"S": "text"}``."""
Path = tuple[str | int, ...]


class StatementError(Exception):
    """The text is no statement; worded as DynamoDB words it."""


class Condition(NamedTuple):
    """``kind``: AND, OR, NOT (of conditions), a comparison, BETWEEN, IN, or a function's name (of operands)."""

    kind: str
    parts: tuple[Condition | Operand, ...]


class Operand(NamedTuple):
    """A path, a value, ``size(path)``, or in SET another operation of two operands."""

    path: Path | None = None
    value: Attribute | None = None
    function: str = ""
    arguments: tuple[Operand, ...] = ()


@dataclass
class Statement:
    """``kind``: SELECT, INSERT, UPDATE, DELETE or EXISTS. ``paths`` None: all attributes. ``sets`` are pairs of a path
    and what it becomes. ``returning``: as ReturnValues names it."""

    kind: str
    table: str = ""
    index: str = ""
    paths: list[Path] | None = None
    where: Condition | None = None
    order: list[tuple[Path, bool]] = field(default_factory=list)
    item: dict[str, Attribute] = field(default_factory=dict)
    sets: list[tuple[Path, Operand]] = field(default_factory=list)
    removes: list[Path] = field(default_factory=list)
    returning: str = ""


_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^']|'')*')|(?P<name>"(?:[^"]|"")*")|(?P<number>[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)"""
    r"""|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign><<|>>|<>|!=|<=|>=|[-+=<>(){}\[\],.:*?;]))"""
)
_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_TESTS = ("begins_with", "contains", "attribute_type")


class Token(NamedTuple):
    kind: str
    text: str


def parse(text: str, parameters: Sequence[Attribute] = ()) -> Statement:
    """Raises StatementError."""
    parser = _Parser(_tokens(text), list(parameters))
    try:
        statement = parser.statement()
    except RecursionError:
        raise StatementError("Statement wasn't well formed, can't be processed: it is nested too deeply") from None
    parser.end()
    return statement


def _tokens(text: str) -> list[Token]:
    tokens, place = [], 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            raise StatementError(
                f"Statement wasn't well formed, can't be processed: Unexpected character at {place + 1}"
            )
        place = found.end()
        kind = str(found.lastgroup)
        tokens.append(Token(kind, found[kind]))
    return [token for token in tokens if token != Token("sign", ";")]


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


class _Parser:
    """Recursive descent, one method for each kind of phrase."""

    def __init__(self, tokens: list[Token], parameters: list[Attribute]) -> None:
        self._tokens = tokens
        self._parameters = parameters
        self._place = 0

    # ---- tokens

    def _peek(self, ahead: int = 0) -> Token:
        place = self._place + ahead
        return self._tokens[place] if place < len(self._tokens) else Token("end", "")

    def _next(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _is(self, *words: str) -> bool:
        """Whether these words, or signs, come next."""
        coming = [self._peek(ahead) for ahead in range(len(words))]
        return all(
            t.kind in ("word", "sign") and t.text.upper() == w.upper() for t, w in zip(coming, words, strict=True)
        )

    def _take(self, *words: str) -> bool:
        if not self._is(*words):
            return False
        self._place += len(words)
        return True

    def _expect(self, *words: str) -> None:
        if not self._take(*words):
            raise self._error(f"Expected {' '.join(words)}")

    def _error(self, text: str) -> StatementError:
        near = self._peek().text or "the end"
        return StatementError(f"Statement wasn't well formed, can't be processed: {text} at {near}")

    def end(self) -> None:
        if self._peek().kind != "end":
            raise self._error("Unexpected token")
        if self._parameters:
            raise StatementError("Number of parameters in request and statement don't match.")

    # ---- statements

    def statement(self) -> Statement:
        if self._take("EXISTS"):
            self._expect("(")
            inner = self.statement()
            self._expect(")")
            inner.kind = "EXISTS"
            return inner
        for word, method in (
            ("SELECT", self._select),
            ("INSERT", self._insert),
            ("UPDATE", self._update),
            ("DELETE", self._delete),
        ):
            if self._take(word):
                return method()
        raise self._error("Unexpected keyword")

    def _select(self) -> Statement:
        made = Statement("SELECT")
        if not self._take("*"):
            made.paths = [self._path()]
            while self._take(","):
                made.paths.append(self._path())
        self._expect("FROM")
        made.table = self._name()
        if self._take("."):
            made.index = self._name()
        made.where = self._where()
        if self._take("ORDER", "BY"):
            made.order.append(self._ordering())
            while self._take(","):
                made.order.append(self._ordering())
        return made

    def _ordering(self) -> tuple[Path, bool]:
        path = self._path()
        descending = self._take("DESC")
        if not descending:
            self._take("ASC")
        return path, descending

    def _insert(self) -> Statement:
        self._expect("INTO")
        made = Statement("INSERT", self._name())
        self._expect("VALUE")
        value = self._value()
        if "M" not in value:
            raise self._error("Expected a map")
        made.item = value["M"]
        return made

    def _update(self) -> Statement:
        made = Statement("UPDATE", self._name())
        while self._is("SET") or self._is("REMOVE"):
            if self._take("REMOVE"):
                made.removes.append(self._path())
                continue
            self._take("SET")
            made.sets.append(self._assignment())
            while self._take(","):
                made.sets.append(self._assignment())
        if not made.sets and not made.removes:
            raise self._error("Expected SET or REMOVE")
        made.where = self._where()
        made.returning = self._returning()
        return made

    def _assignment(self) -> tuple[Path, Operand]:
        path = self._path()
        self._expect("=")
        left = self._operand()
        for sign in ("+", "-"):
            if self._take(sign):
                return path, Operand(function=sign, arguments=(left, self._operand()))
        number = self._peek()
        if number.kind == "number" and number.text[0] in "+-":  # ``n +1``
            self._place += 1
            return path, Operand(function="+", arguments=(left, Operand(value={"N": number.text.lstrip("+")})))
        return path, left

    def _delete(self) -> Statement:
        self._expect("FROM")
        made = Statement("DELETE", self._name())
        made.where = self._where()
        made.returning = self._returning()
        return made

    def _returning(self) -> str:
        if not self._take("RETURNING"):
            return ""
        for scope in ("ALL", "MODIFIED"):
            for age in ("OLD", "NEW"):
                if self._take(scope, age, "*"):
                    return f"{'ALL' if scope == 'ALL' else 'UPDATED'}_{age}"
        raise self._error("Expected ALL or MODIFIED, OLD or NEW")

    def _name(self) -> str:
        token = self._next()
        if token.kind not in ("name", "word"):
            self._place -= 1
            raise self._error("Expected a name")
        return _unquoted(token.text) if token.kind == "name" else token.text

    def _path(self) -> Path:
        steps: list[str | int] = [self._name()]
        while True:
            if self._take("."):
                steps.append(self._name())
            elif self._is("[") and self._peek(1).kind == "number":
                self._place += 1
                steps.append(int(self._next().text))
                self._expect("]")
            else:
                return tuple(steps)

    # ---- conditions

    def _where(self) -> Condition | None:
        return self._any() if self._take("WHERE") else None

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._take("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Condition("OR", tuple(parts))

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Condition("AND", tuple(parts))

    def _one(self) -> Condition:
        if self._take("NOT"):
            return Condition("NOT", (self._one(),))
        if self._is("("):
            self._place += 1
            inner = self._any()
            self._expect(")")
            return inner
        for name in _TESTS:
            if self._take(name, "("):
                arguments = [self._operand()]
                while self._take(","):
                    arguments.append(self._operand())
                self._expect(")")
                return Condition(name, tuple(arguments))
        return self._comparison(self._operand())

    def _comparison(self, left: Operand) -> Condition:
        if self._take("IS"):
            negated = self._take("NOT")
            missing = self._take("MISSING")
            if missing:
                return Condition("attribute_exists" if negated else "attribute_not_exists", (left,))
            self._expect("NULL")
            null = Condition("attribute_type", (left, Operand(value={"S": "NULL"})))
            return Condition("NOT", (null,)) if negated else null
        if self._take("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            return Condition("BETWEEN", (left, low, self._operand()))
        if self._take("IN"):
            closing = ")" if self._take("(") else "]"
            if closing == "]":
                self._expect("[")
            choices = [self._operand()]
            while self._take(","):
                choices.append(self._operand())
            self._expect(closing)
            return Condition("IN", (left, *choices))
        sign = self._next().text
        if sign not in _COMPARISONS:
            self._place -= 1
            raise self._error("Expected a comparison")
        return Condition("<>" if sign == "!=" else sign, (left, self._operand()))

    # ---- operands and values

    def _operand(self) -> Operand:
        token = self._peek()
        function = token.kind == "word" and self._peek(1) == Token("sign", "(")
        if function:
            name = self._next().text.lower()
            self._expect("(")
            arguments = [self._operand()]
            while self._take(","):
                arguments.append(self._operand())
            self._expect(")")
            return Operand(function=name, arguments=tuple(arguments))
        if token.kind == "name" or (token.kind == "word" and token.text.upper() not in ("TRUE", "FALSE", "NULL")):
            return Operand(path=self._path())
        return Operand(value=self._value())

    def _value(self) -> Attribute:
        token = self._next()
        if token.kind == "string":
            return {"S": _unquoted(token.text)}
        if token.kind == "number":
            return {"N": token.text.lstrip("+")}
        match token.text.upper():
            case "?" if self._parameters:
                return self._parameters.pop(0)
            case "?":
                raise StatementError("Number of parameters in request and statement don't match.")
            case "TRUE" | "FALSE":
                return {"BOOL": token.text.upper() == "TRUE"}
            case "NULL":
                return {"NULL": True}
            case "{":
                return {"M": self._members()}
            case "[":
                return {"L": self._items("]")}
            case "<<":
                return self._set()
        self._place -= 1
        raise self._error("Expected a value")

    def _members(self) -> dict[str, Attribute]:
        members: dict[str, Attribute] = {}
        while not self._take("}"):
            key = self._next()
            if key.kind not in ("string", "name"):
                raise self._error("Expected a key")
            self._expect(":")
            members[_unquoted(key.text)] = self._value()
            if not self._take(",") and not self._is("}"):
                raise self._error("Expected , or }")
        return members

    def _items(self, closing: str) -> list[Attribute]:
        items: list[Attribute] = []
        while not self._take(closing):
            items.append(self._value())
            if not self._take(",") and not self._is(closing):
                raise self._error(f"Expected , or {closing}")
        return items

    def _set(self) -> Attribute:
        items = self._items(">>")
        kinds = {kind for item in items for kind in item}
        if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
            raise self._error("Expected values of one type")
        kind = kinds.pop()
        return {f"{kind}S": [item[kind] for item in items]}
